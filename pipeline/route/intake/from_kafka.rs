//! Intake from the topic of approved applications.

use jiff::Timestamp;

use super::ahead;
use super::check::check_messages;
use super::chunks::ClaimedChunk;
use crate::kafka::PartitionChunk;
use crate::metrics;
use crate::route::intake::settle::{ArrivingMessage, ChunkSource, IntakeCounts};
use crate::step::{Claim, StageError, Step, Whole, Worker};
use crate::store::{Lease, Stamp};
use crate::time::local_date;

/// The step; one chunk of one partition at a time.
pub struct FromKafka;

/// The chunk, checked.
pub struct Worked {
    lease: Lease,
    source: ChunkSource,
    messages: Vec<ArrivingMessage>,
}

impl Step for FromKafka {
    type Unit = Whole;
    type Claimed<'s> = ClaimedChunk;
    type Worked<'s> = Worked;

    async fn units(&self, _: &Worker, _: Timestamp) -> Result<Vec<Whole>, StageError> {
        Ok(vec![Whole])
    }

    async fn claim(&self, worker: &Worker, _: &Whole, now: Timestamp) -> Result<Claim<ClaimedChunk>, StageError> {
        Ok(worker.claim_chunk("intake", &worker.config.topics.applications, now).await?.into())
    }

    fn work(&self, worker: &Worker, claimed: ClaimedChunk, now: Timestamp) -> Result<Worked, StageError> {
        let source = source_of(worker.config.topics.applications.clone(), claimed.generation, &claimed.chunk);
        let messages = match ahead::taken(worker, &claimed.chunk, now) {
            Some(checked) => checked,
            None => check_messages(worker, &claimed.chunk.messages, now)?,
        };
        Ok(Worked { lease: claimed.lease, source, messages })
    }

    /// The chunk is settled while the next one of its partition is read and checked.
    async fn settle(&self, worker: &Worker, worked: Worked, now: Timestamp) -> Result<(), StageError> {
        let why = Stamp { at: now, actor: "intake", reason: "taken in from Kafka" };
        let settled = worker.ledger.settle_chunk(&worked.lease, &worked.source, worked.messages, why, local_date(now));
        let counts = ahead::check_while(worker, now, settled).await?;
        count("applications", &counts);
        tracing::debug!(received = counts.received, accepted = counts.accepted, "chunk settled");
        Ok(())
    }

    fn forget(&self, worker: &Worker) {
        ahead::forget(worker);
        worker.forget_topic(&worker.config.topics.applications);
    }
}

/// Counts settled messages for the metrics.
pub(crate) fn count(stream: &str, counts: &IntakeCounts) {
    for (outcome, messages) in counts.by_outcome() {
        metrics::add(&metrics::MESSAGES, &[stream, outcome], messages.max(0) as u64);
    }
}

/// Where a chunk came from.
pub(crate) fn source_of(topic: String, generation: i64, chunk: &PartitionChunk) -> ChunkSource {
    ChunkSource {
        topic,
        partition: chunk.partition,
        first: chunk.messages.first().map_or(chunk.stored, |m| m.position),
        next: chunk.next,
        stored: Some(chunk.stored),
        generation,
    }
}
