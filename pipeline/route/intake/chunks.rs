//! Chunks of a topic claimed by a worker, and its readers: one a topic, kept between chunks.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::kafka::{Broker, BrokerError, DescribedTopic, PartitionChunk, Reader};
use crate::step::{StageError, Worker};
use crate::store::Lease;

/// A chunk of a topic in a generation, and the lease on its partition.
pub struct ClaimedChunk {
    pub(crate) lease: Lease,
    pub(crate) generation: i64,
    pub(crate) chunk: PartitionChunk,
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
        let Some(broker) = &self.kafka else {
            return Ok(None);
        };
        tokio::task::block_in_place(|| self.read_at(broker, topic, ask)).map(Some)
    }

    fn read_at<T>(
        &self,
        broker: &Broker,
        topic: &str,
        ask: impl FnOnce(&mut Reader) -> Result<T, BrokerError>,
    ) -> Result<T, StageError> {
        let mut readers = self.readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !readers.contains_key(topic) {
            readers.insert(topic.into(), Reader::connect(broker, topic)?);
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
