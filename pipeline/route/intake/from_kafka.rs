//! Intake from the topic of approved applications.

use std::collections::HashMap;

use jiff::Timestamp;

use super::ahead;
use super::check::check_messages;
use crate::kafka::{BrokerError, DescribedTopic, PartitionChunk, Reader};
use crate::metrics;
use crate::route::intake::settle::{ArrivingMessage, ChunkSource, IntakeCounts};
use crate::step::{Claim, StageError, Step, Whole, Worker};
use crate::store::{Lease, Why};
use crate::time::local_date;

/// The step; one chunk of one partition at a time.
pub struct FromKafka;

/// A chunk of a topic in a generation, and the lease on its partition.
pub struct ClaimedChunk {
    pub(crate) lease: Lease,
    pub(crate) generation: i64,
    pub(crate) chunk: PartitionChunk,
}

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
        let why = Why { at: now, actor: "intake", reason: "taken in from Kafka" };
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

impl Worker {
    /// The next chunk of a topic beyond the database's positions, of a partition that no other worker
    /// has now; `None` without a broker. Another topic under the same name is an error.
    pub(crate) async fn claim_chunk(
        &self,
        stage: &str,
        topic: &str,
        now: Timestamp,
    ) -> Result<Option<ClaimedChunk>, StageError> {
        let Some(found) = self.topic_to_read(topic).await? else {
            return Ok(None);
        };
        let generation = self.ledger.begun_generation(topic, &found.identity, now).await.inspect_err(|_| {
            // A reader of a topic that is gone collects troubles meanwhile.
            self.drop_reader(topic);
        })?;
        let stored = self.ledger.positions(topic, &found.partitions).await?;
        for look in Reader::LOOKS {
            for (partition, _) in self.read(topic, |reader| look(reader, &stored))?.unwrap_or_default() {
                if let Some((lease, chunk)) = self.claim_of(stage, topic, partition, &found, now).await? {
                    return Ok(Some(ClaimedChunk { lease, generation, chunk }));
                }
            }
        }
        Ok(None)
    }

    /// The next chunk of one partition, unless another worker has it now. The position is looked up
    /// under the lease: it may have moved meanwhile.
    async fn claim_of(
        &self,
        stage: &str,
        topic: &str,
        partition: i64,
        found: &DescribedTopic,
        now: Timestamp,
    ) -> Result<Option<(Lease, PartitionChunk)>, StageError> {
        let Some(lease) = self.lease(&format!("{stage}/{topic}/{partition}"), now).await? else {
            return Ok(None);
        };
        let stored = self.ledger.known_positions(topic).await?;
        let from = stored.iter().find(|(p, _)| *p == partition).map_or(0, |(_, next)| *next);
        let Some(chunk) = self.read(topic, |reader| reader.take(partition, from))?.flatten() else {
            self.ledger.give_back(&lease).await?;
            return Ok(None);
        };
        if chunk.identity != found.identity {
            self.drop_reader(topic);
            return Err(BrokerError::MadeAnew { topic: topic.into() }.into());
        }
        Ok(Some((lease, chunk)))
    }

    /// A topic as the broker has it; `None` without a broker, or where the broker does not have it.
    pub(crate) fn describe(&self, topic: &str) -> Result<Option<DescribedTopic>, StageError> {
        Ok(self.read(topic, |reader| reader.describe())?.flatten())
    }

    /// The next chunk of a topic beyond some positions.
    pub(crate) fn chunk_beyond(
        &self,
        topic: &str,
        positions: &[(i64, i64)],
    ) -> Result<Option<PartitionChunk>, StageError> {
        Ok(self.read(topic, |reader| reader.next_chunk(positions))?.flatten())
    }

    /// Asks the topic's reader something; `None` without a broker.
    pub(crate) fn read<T>(
        &self,
        topic: &str,
        ask: impl FnOnce(&mut Reader) -> Result<T, BrokerError>,
    ) -> Result<Option<T>, StageError> {
        let Some(servers) = &self.kafka else {
            return Ok(None);
        };
        tokio::task::block_in_place(|| self.read_at(servers, topic, ask)).map(Some)
    }

    fn read_at<T>(
        &self,
        servers: &str,
        topic: &str,
        ask: impl FnOnce(&mut Reader) -> Result<T, BrokerError>,
    ) -> Result<T, StageError> {
        let mut readers = self.readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !readers.contains_key(topic) {
            readers.insert(topic.into(), Reader::connect(servers, topic)?);
        }
        Ok(asked(&mut readers, topic, ask).ok_or_else(|| StageError::Shape("reader".into()))??)
    }

    fn drop_reader(&self, topic: &str) {
        self.readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(topic);
    }

    /// Forgets what was read ahead of a topic, so that it is read again from the stored positions.
    pub(crate) fn forget_topic(&self, topic: &str) {
        let mut readers = self.readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(reader) = readers.get_mut(topic) {
            reader.reset();
        }
    }
}

/// Asks the reader of a topic something, if there is one. After an error it is dropped: a new one has no
/// troubles of the old one in its queue.
pub(crate) fn asked<T>(
    readers: &mut HashMap<String, Reader>,
    topic: &str,
    ask: impl FnOnce(&mut Reader) -> Result<T, BrokerError>,
) -> Option<Result<T, BrokerError>> {
    let result = ask(readers.get_mut(topic)?);
    if result.is_err() {
        readers.remove(topic);
    }
    Some(result)
}
