//! Intake from an NDJSON file: the same path as Kafka, one line a message, in bounded memory. The
//! next chunk is read and checked while the one before it is settled.

use std::path::Path;
use std::sync::mpsc::sync_channel;

use jiff::Timestamp;
use tokio::runtime::Handle;

use super::check::check_messages;
use super::lines::Lines;
use crate::kafka::RawMessage;
use crate::limits::CHUNKS_WAITING;
use crate::route::intake::settle::{ArrivingMessage, ChunkSource, IntakeCounts};
use crate::step::{StageError, Worker};
use crate::store::Stamp;
use crate::time::local_date;

/// A chunk of a file that was checked.
pub(crate) struct CheckedChunk {
    pub source: ChunkSource,
    pub messages: Vec<ArrivingMessage>,
    /// Bytes of its lines.
    pub bytes: u64,
}

/// Takes in a file. A line longer than a message may be is quarantined by its beginning; the same
/// file again gives repeats only. `told` hears after every chunk how many bytes of all were taken in.
pub async fn from_file(
    worker: &Worker,
    path: &Path,
    now: Timestamp,
    mut told: impl FnMut(u64, u64),
) -> Result<IntakeCounts, StageError> {
    let lines = Lines::open(path)?;
    let (mut counts, mut done, all) = (IntakeCounts::default(), 0, lines.bytes);
    let work = format!("intake/file/{}", worker.name());
    let why = Stamp { at: now, actor: "intake", reason: "taken in from a file" };
    each_checked(worker, path, lines, now, async |chunk| {
        let Some(lease) = worker.lease(&work, now).await? else {
            return Err(StageError::Shape("another intake of a file is running under this worker's name".into()));
        };
        let settled = worker.ledger.settle_chunk(&lease, &chunk.source, chunk.messages, why, local_date(now)).await?;
        counts.add(settled);
        done += chunk.bytes;
        told(done, all);
        Ok(())
    })?;
    Ok(counts)
}

/// Reads and checks chunk by chunk on a thread of its own, and hands each to `settle`, in order.
pub(crate) fn each_checked(
    worker: &Worker,
    path: &Path,
    mut lines: Lines,
    now: Timestamp,
    mut settle: impl AsyncFnMut(CheckedChunk) -> Result<(), StageError>,
) -> Result<(), StageError> {
    let (sender, receiver) = sync_channel(CHUNKS_WAITING);
    let runtime = Handle::current();
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let failed = lines.each_chunk(
                    path,
                    |chunk| checked(worker, chunk, now),
                    |checked| {
                        // Nobody waits any more when settling failed.
                        sender.send(Ok(checked)).is_ok()
                    },
                );
                if let Err(e) = failed {
                    let _nobody_waits = sender.send(Err(e));
                }
            });
            receiver.into_iter().try_for_each(|checked| runtime.block_on(settle(checked?)))
        })
    })
}

fn checked(worker: &Worker, messages: &[RawMessage], now: Timestamp) -> Result<CheckedChunk, StageError> {
    let at = |message: Option<&RawMessage>| message.map_or(0, |message| message.position);
    let source = ChunkSource {
        topic: "file".into(),
        partition: 0,
        first: at(messages.first()),
        next: at(messages.last()) + 1,
        stored: None,
        generation: 1,
    };
    let bytes = messages.iter().map(|message| message.bytes.len() as u64 + 1).sum();
    Ok(CheckedChunk { source, messages: check_messages(worker, messages, now)?, bytes })
}
