//! The next chunk of a partition is read and checked while the one before it is settled: the worker's cores
//! and the database work at the same time.
//!
//! What was checked ahead is only kept, never relied on: it is used if exactly that chunk is claimed next, on
//! the same day, and thrown away otherwise. Not here: who may take the chunk, and where it stands.

use std::any::Any;
use std::future::Future;
use std::sync::PoisonError;

use jiff::Timestamp;
use jiff::civil::Date;

use super::check::Checks;
use super::chunks::asked;
use crate::kafka::{PartitionChunk, Reader};
use crate::route::intake::settle::ArrivingMessage;
use crate::step::Worker;
use crate::store::topic_identity::TopicIdentity;
use crate::time::local_date;

/// A chunk that was checked before it was claimed.
pub struct CheckedAhead {
    of: (TopicIdentity, i64, i64, i64),
    /// Rules look at the day.
    day: Date,
    messages: Vec<ArrivingMessage>,
}

/// Settles, and reads and checks ahead meanwhile, on a thread for what blocks: who settles may wait for
/// somebody of the same task. Only the settling can fail: what goes wrong ahead, a panic too, is met again,
/// and told, when that chunk is claimed.
pub(crate) async fn check_while<T, E>(
    worker: &Worker,
    now: Timestamp,
    settle: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    if worker.is_stopping() {
        return settle.await;
    }
    let (checks, topic) = (Checks::of(worker, now), worker.config.topics.applications.clone());
    let (readers, slot) = (worker.readers.clone(), worker.ahead.clone());
    let ahead = tokio::task::spawn_blocking(move || {
        let mut readers = readers.lock().unwrap_or_else(PoisonError::into_inner);
        let read = asked(&mut readers, &topic, Reader::read_ahead);
        // The check needs no reader.
        drop(readers);
        let checked = read.and_then(Result::ok).flatten().and_then(|chunk| {
            // One core is quicker than the database that settles, which needs the others.
            let messages = checks.one_by_one(&chunk.messages).ok()?;
            Some(Box::new(CheckedAhead { of: identity(&chunk), day: local_date(now), messages }) as Box<dyn Any + Send>)
        });
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = checked;
    });
    let settled = settle.await;
    ahead.await.ok();
    settled
}

/// What was checked of this chunk, if it was.
pub(crate) fn taken(worker: &Worker, chunk: &PartitionChunk, now: Timestamp) -> Option<Vec<ArrivingMessage>> {
    let ahead = worker.ahead.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    let ahead = ahead.downcast::<CheckedAhead>().ok()?;
    (ahead.of == identity(chunk) && ahead.day == local_date(now)).then_some(ahead.messages)
}

/// Throws away what was checked.
pub(crate) fn forget(worker: &Worker) {
    *worker.ahead.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

fn identity(chunk: &PartitionChunk) -> (TopicIdentity, i64, i64, i64) {
    (chunk.identity.clone(), chunk.partition, chunk.stored, chunk.next)
}
