//! Dry run of intake: the whole outcome of a file, or of what waits on the topic, changing nothing.
//! Everything is done as intake does it, in one transaction that is never committed.

use std::path::Path;

use jiff::Timestamp;

use super::check::check_messages;
use super::from_file::each_checked;
use super::from_kafka::source_of;
use super::lines::Lines;
use crate::route::intake::rehearsal::Rehearsed;
use crate::step::{StageError, Worker};
use crate::store::Stamp;
use crate::time::local_date;

const REASON: &str = "rehearsed";

/// What intake of a file would do now.
pub async fn rehearse_file(
    worker: &Worker,
    path: &Path,
    now: Timestamp,
    mut told: impl FnMut(u64, u64),
) -> Result<Rehearsed, StageError> {
    let lines = Lines::open(path)?;
    let (mut done, all) = (0, lines.bytes);
    let why = Stamp { at: now, actor: "intake", reason: REASON };
    let mut rehearsal = worker.ledger.rehearse().await?;
    each_checked(worker, path, lines, now, async |chunk| {
        rehearsal.settle(&chunk.source, chunk.messages, why, local_date(now)).await?;
        done += chunk.bytes;
        told(done, all);
        Ok(())
    })?;
    Ok(rehearsal.end().await?)
}

/// What intake of everything that waits on the topic would do now.
pub async fn rehearse_topic(worker: &Worker, now: Timestamp) -> Result<Rehearsed, StageError> {
    let topic = worker.config.topics.applications.clone();
    let why = Stamp { at: now, actor: "intake", reason: REASON };
    let mut rehearsal = worker.ledger.rehearse().await?;
    let Some(found) = worker.topic_to_read(&topic).await? else {
        return Ok(rehearsal.end().await?);
    };
    let generation = worker.ledger.generation(&topic, &found.identity).await?.unwrap_or(1);
    let mut positions = rehearsal.positions(&topic, &found.partitions).await?;
    while let Some(chunk) = worker.chunk_beyond(&topic, &positions)? {
        positions.iter_mut().filter(|(p, _)| *p == chunk.partition).for_each(|(_, next)| *next = chunk.next);
        let checked = tokio::task::block_in_place(|| check_messages(worker, &chunk.messages, now))?;
        rehearsal.settle(&source_of(topic.clone(), generation, &chunk), checked, why, local_date(now)).await?;
    }
    // What was read ahead here was not taken in.
    worker.forget_topic(&topic);
    Ok(rehearsal.end().await?)
}
