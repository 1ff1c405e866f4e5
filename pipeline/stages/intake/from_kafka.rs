//! Intake from the topic of approved applications.

use jiff::Timestamp;

use super::check::check_messages;
use crate::broker::PartitionChunk;
use crate::ledger::{ArrivingMessage, ChunkSource, IntakeCounts, Lease, Why};
use crate::metrics;
use crate::stages::{StageError, Station, Step};
use crate::time::local_date;

/// The step; one chunk of one partition at a time.
pub struct FromKafka;

/// A chunk and the lease on its partition.
pub struct Claimed {
    lease: Lease,
    chunk: PartitionChunk,
}

/// The chunk, checked.
pub struct Worked {
    lease: Lease,
    source: ChunkSource,
    messages: Vec<ArrivingMessage>,
}

impl Step for FromKafka {
    type Claimed<'s> = Claimed;
    type Worked<'s> = Worked;

    async fn claim(&self, station: &Station, now: Timestamp) -> Result<Option<Claimed>, StageError> {
        let topic = station.config.topics.applications.clone();
        let Some(chunk) = station.next_chunk(&topic).await? else {
            return Ok(None);
        };
        match station.lease(&format!("intake/{topic}/{}", chunk.partition), now).await? {
            Some(lease) => Ok(Some(Claimed { lease, chunk })),
            None => {
                station.forget_topic(&topic);
                Ok(None)
            }
        }
    }

    fn work(&self, station: &Station, claimed: Claimed, now: Timestamp) -> Result<Worked, StageError> {
        let source = source_of(station.config.topics.applications.clone(), &claimed.chunk);
        let messages = check_messages(station, &claimed.chunk.messages, now)?;
        Ok(Worked { lease: claimed.lease, source, messages })
    }

    async fn settle(&self, station: &Station, worked: Worked, now: Timestamp) -> Result<(), StageError> {
        let why = Why { at: now, actor: "intake", reason: "taken in from Kafka" };
        let counts =
            station.ledger.settle_chunk(&worked.lease, &worked.source, worked.messages, why, local_date(now)).await?;
        count("applications", &counts);
        tracing::debug!(received = counts.received, accepted = counts.accepted, "chunk settled");
        Ok(())
    }

    fn forget(&self, station: &Station) {
        station.forget_topic(&station.config.topics.applications);
    }
}

/// Counts settled messages for the metrics.
pub(in crate::stages) fn count(stream: &str, counts: &IntakeCounts) {
    for (outcome, messages) in counts.by_outcome() {
        metrics::add(&metrics::MESSAGES, &[stream, outcome], messages.max(0) as u64);
    }
}

/// Where a chunk came from.
pub(super) fn source_of(topic: String, chunk: &PartitionChunk) -> ChunkSource {
    ChunkSource {
        topic,
        partition: chunk.partition,
        first: chunk.messages.first().map_or(chunk.stored, |m| m.position),
        next: chunk.next,
        stored: Some(chunk.stored),
    }
}

impl Station {
    /// The next chunk of a topic beyond the database's positions; `None` without a broker.
    pub(in crate::stages) async fn next_chunk(&self, topic: &str) -> Result<Option<PartitionChunk>, StageError> {
        let partitions = self.partitions(topic)?;
        if partitions.is_empty() {
            return Ok(None);
        }
        let stored = self.ledger.positions(topic, &partitions).await?;
        self.chunk_beyond(topic, &stored)
    }

    /// Partitions of a topic; none without a broker, or where the broker does not have it.
    pub(in crate::stages) fn partitions(&self, topic: &str) -> Result<Vec<i64>, StageError> {
        let Some(servers) = &self.kafka else {
            return Ok(Vec::new());
        };
        tokio::task::block_in_place(|| self.with_reader(servers, topic, |reader| reader.partitions()))
    }

    /// The next chunk of a topic beyond some positions.
    pub(super) fn chunk_beyond(
        &self,
        topic: &str,
        positions: &[(i64, i64)],
    ) -> Result<Option<PartitionChunk>, StageError> {
        let Some(servers) = &self.kafka else {
            return Ok(None);
        };
        tokio::task::block_in_place(|| self.with_reader(servers, topic, |reader| reader.next_chunk(positions)))
    }

    fn with_reader<T>(
        &self,
        servers: &str,
        topic: &str,
        read: impl FnOnce(&mut crate::broker::Reader) -> Result<T, crate::broker::BrokerError>,
    ) -> Result<T, StageError> {
        let mut readers = self.readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !readers.contains_key(topic) {
            readers.insert(topic.into(), crate::broker::Reader::connect(servers, topic)?);
        }
        let Some(reader) = readers.get_mut(topic) else {
            return Err(StageError::Shape("reader".into()));
        };
        let result = read(reader);
        if result.is_err() {
            reader.reset();
        }
        Ok(result?)
    }

    /// Forgets what was read ahead of a topic, so that it is read again from the stored positions.
    pub(in crate::stages) fn forget_topic(&self, topic: &str) {
        let mut readers = self.readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(reader) = readers.get_mut(topic) {
            reader.reset();
        }
    }
}
