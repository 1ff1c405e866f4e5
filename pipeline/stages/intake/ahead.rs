//! The next chunk of a partition is read and checked while the one before it is settled: the worker's cores
//! and the database work at the same time.
//!
//! What was checked ahead is only kept, never relied on: it is used if exactly that chunk is claimed next, on
//! the same day, and thrown away otherwise. Not here: who may take the chunk, and where it stands.

use std::future::Future;
use std::sync::PoisonError;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio::runtime::Handle;

use super::check::check_one_by_one;
use crate::broker::PartitionChunk;
use crate::ledger::{ArrivingMessage, TopicIdentity};
use crate::stages::Station;
use crate::time::local_date;

/// A chunk that was checked before it was claimed.
pub struct CheckedAhead {
    of: (TopicIdentity, i64, i64, i64),
    /// Rules look at the day.
    day: Date,
    messages: Vec<ArrivingMessage>,
}

/// Settles, and reads and checks ahead meanwhile. Only the settling can fail: what goes wrong ahead is met
/// again, and told, when that chunk is claimed.
pub(super) fn check_while<T: Send, E: Send>(
    station: &Station,
    now: Timestamp,
    settle: impl Future<Output = Result<T, E>> + Send,
) -> Result<T, E> {
    let runtime = Handle::current();
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let ahead = scope.spawn(|| check_ahead(station, now));
            let settled = runtime.block_on(settle);
            // A panic too is met again where the chunk is claimed.
            ahead.join().ok();
            settled
        })
    })
}

fn check_ahead(station: &Station, now: Timestamp) {
    if station.is_stopping() {
        return;
    }
    let Ok(Some(Some(chunk))) = station.read(&station.config.topics.applications, |reader| reader.read_ahead()) else {
        return;
    };
    // One core is quicker than the database that settles, which needs the others.
    let checked = check_one_by_one(station, &chunk.messages, now).map(|messages| CheckedAhead {
        of: identity(&chunk),
        day: local_date(now),
        messages,
    });
    *station.ahead.lock().unwrap_or_else(PoisonError::into_inner) = checked.ok();
}

/// What was checked of this chunk, if it was.
pub(super) fn taken(station: &Station, chunk: &PartitionChunk, now: Timestamp) -> Option<Vec<ArrivingMessage>> {
    let ahead = station.ahead.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    (ahead.of == identity(chunk) && ahead.day == local_date(now)).then_some(ahead.messages)
}

/// Throws away what was checked.
pub(super) fn forget(station: &Station) {
    *station.ahead.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

fn identity(chunk: &PartitionChunk) -> (TopicIdentity, i64, i64, i64) {
    (chunk.identity.clone(), chunk.partition, chunk.stored, chunk.next)
}
