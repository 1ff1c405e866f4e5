//! Where partitions begin and end: two questions for all of a topic, however many there are.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use super::broker::Broker;
use super::heard::{Heard, is_refused};
use super::reach::reach;
use super::topic::{DescribedTopic, describe};
use super::{BrokerError, Operation};
use crate::limits::BROKER_SILENCE_SECONDS;

/// The messages a partition has: from the first still kept to the one that will come next.
pub struct PartitionRange {
    pub partition: i64,
    pub low: i64,
    pub high: i64,
}

/// The first and the end offset of a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionEnd {
    pub partition: i64,
    pub first: i64,
    pub end: i64,
}

/// Asks a broker about its topics. Everything here blocks.
pub struct Ends {
    broker: Broker,
    asker: BaseConsumer<Heard>,
}

impl Ends {
    /// Connects; nothing is read.
    pub fn connect(broker: &Broker) -> Result<Ends, BrokerError> {
        reach(broker.servers())?;
        let asker = broker
            .client()?
            // Required by the library; no group is joined.
            .set("group.id", "cardline")
            .create_with_context(Heard::default())
            .map_err(|source| broker.unmade(source))?;
        Ok(Ends { broker: broker.clone(), asker })
    }

    /// The topic as the broker has it, and what we may do with it; `None` if it does not have it.
    pub fn describe(&self, topic: &str) -> Result<Option<DescribedTopic>, BrokerError> {
        // What was heard before is no answer to this.
        self.asker.context().taken();
        describe(self.asker.client(), topic, || is_refused(&self.asker)).map_err(|source| self.failed(topic, source))
    }

    /// First and end of each partition of a topic; none if the broker does not have it.
    pub fn of(&self, topic: &str) -> Result<Vec<PartitionEnd>, BrokerError> {
        let Some(found) = self.describe(topic)? else { return Ok(Vec::new()) };
        let ranges = ranges(&self.asker, topic, &found.partitions).map_err(|source| self.failed(topic, source))?;
        let end =
            |range: PartitionRange| PartitionEnd { partition: range.partition, first: range.low, end: range.high };
        Ok(ranges.into_iter().map(end).collect())
    }

    fn failed(&self, topic: &str, source: KafkaError) -> BrokerError {
        let heard = self.asker.context().taken();
        BrokerError::of(&self.broker, topic, Operation::Read, source, heard)
    }
}

/// What the broker keeps of each of these partitions, in their order.
pub(super) fn ranges(
    asker: &BaseConsumer<Heard>,
    topic: &str,
    partitions: &[i64],
) -> Result<Vec<PartitionRange>, KafkaError> {
    if partitions.is_empty() {
        return Ok(Vec::new());
    }
    let (lows, highs) =
        (offsets(asker, topic, partitions, Offset::Beginning)?, offsets(asker, topic, partitions, Offset::End)?);
    let range = |((partition, low), high): ((&i64, i64), i64)| PartitionRange { partition: *partition, low, high };
    Ok(partitions.iter().zip(lows).zip(highs).map(range).collect())
}

/// The first or the end offset of each partition. The question for a time has both as special times.
fn offsets(
    asker: &BaseConsumer<Heard>,
    topic: &str,
    partitions: &[i64],
    which: Offset,
) -> Result<Vec<i64>, KafkaError> {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for partition in partitions {
        list.add_partition_offset(topic, *partition as i32, which)?;
    }
    let told = asker.offsets_for_times(list, Duration::from_secs(BROKER_SILENCE_SECONDS))?;
    let offset = |partition: &i64| {
        let found = told.find_partition(topic, *partition as i32);
        let found = found.ok_or(KafkaError::MetadataFetch(rdkafka::error::RDKafkaErrorCode::UnknownPartition))?;
        found.error()?;
        match found.offset() {
            Offset::Offset(offset) => Ok(offset),
            _ => Err(KafkaError::MetadataFetch(rdkafka::error::RDKafkaErrorCode::OffsetNotAvailable)),
        }
    };
    partitions.iter().map(offset).collect()
}
