//! Messages in: bounded chunks of one partition each, from the position the database holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::BrokerError;
use crate::limits::{BROKER_SILENCE_SECONDS, CHUNK_BYTES, CHUNK_MESSAGES};

/// How long an end must stay one before control records are believed to fill the rest.
const END_QUIET: Duration = Duration::from_millis(500);

/// One message as it came.
pub struct RawMessage {
    pub position: i64,
    pub bytes: Bytes,
}

/// A bounded run of messages of one partition.
pub struct PartitionChunk {
    pub partition: i64,
    /// The stored position it starts from.
    pub stored: i64,
    /// The position after its last message.
    pub next: i64,
    pub messages: Vec<RawMessage>,
}

/// Reads one topic. Everything here blocks; call it where blocking is allowed.
pub struct Reader {
    servers: String,
    topic: String,
    consumer: BaseConsumer,
    /// Asks for ends and partitions on a connection of its own: on the reading one a question waits
    /// behind every fetch that is under way.
    asker: BaseConsumer,
    /// Next offset to be read from the broker, per partition.
    reading: BTreeMap<i32, i64>,
    waiting: BTreeMap<i32, VecDeque<RawMessage>>,
    bytes: usize,
}

impl Reader {
    /// Connects; nothing is read before positions are known.
    pub fn connect(servers: &str, topic: &str) -> Result<Reader, BrokerError> {
        let mut settings = ClientConfig::new();
        settings
            .set("bootstrap.servers", servers)
            // Required by the library; no group is joined and no offset committed.
            .set("group.id", "cardline")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed")
            .set("fetch.wait.max.ms", "20")
            .set("queued.min.messages", "10000")
            .set("queued.max.messages.kbytes", "16384");
        let connect = || settings.create().map_err(|source| BrokerError::Kafka { servers: servers.into(), source });
        let (consumer, asker) = (connect()?, connect()?);
        Ok(Reader {
            servers: servers.into(),
            topic: topic.into(),
            consumer,
            asker,
            reading: BTreeMap::new(),
            waiting: BTreeMap::new(),
            bytes: 0,
        })
    }

    fn failed(&self, source: KafkaError) -> BrokerError {
        BrokerError::Kafka { servers: self.servers.clone(), source }
    }

    /// Partitions of the topic, in order; none if the broker does not have it.
    pub fn partitions(&self) -> Result<Vec<i64>, BrokerError> {
        let metadata = self
            .asker
            .fetch_metadata(Some(&self.topic), Duration::from_secs(BROKER_SILENCE_SECONDS))
            .map_err(|e| self.failed(e))?;
        let found = metadata.topics().iter().find(|t| t.name() == self.topic && t.error().is_none());
        let mut partitions: Vec<i64> =
            found.map(|t| t.partitions().iter().map(|p| i64::from(p.id())).collect()).unwrap_or_default();
        partitions.sort_unstable();
        Ok(partitions)
    }

    /// Forgets what was read ahead, after a chunk could not be settled.
    pub fn reset(&mut self) {
        self.reading.clear();
        self.waiting.clear();
        self.bytes = 0;
    }

    /// The next chunk beyond the stored positions, or `None` when everything there is was taken.
    pub fn next_chunk(&mut self, stored: &[(i64, i64)]) -> Result<Option<PartitionChunk>, BrokerError> {
        let agrees = stored.iter().all(|(partition, next)| {
            let partition = *partition as i32;
            let at = self
                .waiting
                .get(&partition)
                .and_then(|w| w.front().map(|m| m.position))
                .or(self.reading.get(&partition).copied());
            at == Some(*next)
                || at.is_some_and(|at| at > *next && self.waiting.get(&partition).is_none_or(VecDeque::is_empty))
        });
        if !agrees || self.reading.len() != stored.len() {
            self.assign(stored)?;
        }
        if self.waiting.values().all(VecDeque::is_empty) {
            self.fill(stored)?;
        }
        let Some((&partition, _)) = self.waiting.iter().filter(|(_, w)| !w.is_empty()).max_by_key(|(_, w)| w.len())
        else {
            return Ok(None);
        };
        let messages: Vec<RawMessage> = self.waiting.remove(&partition).unwrap_or_default().into();
        self.bytes -= messages.iter().map(|m| m.bytes.len()).sum::<usize>();
        let from = stored.iter().find(|(p, _)| *p == i64::from(partition)).map_or(0, |(_, next)| *next);
        let next = messages.last().map_or(from, |m| m.position + 1);
        Ok(Some(PartitionChunk { partition: i64::from(partition), stored: from, next, messages }))
    }

    fn assign(&mut self, stored: &[(i64, i64)]) -> Result<(), BrokerError> {
        self.reset();
        let mut list = TopicPartitionList::new();
        for (partition, next) in stored {
            list.add_partition_offset(&self.topic, *partition as i32, Offset::Offset(*next))
                .map_err(|e| self.failed(e))?;
            self.reading.insert(*partition as i32, *next);
        }
        self.consumer.assign(&list).map_err(|e| self.failed(e))
    }

    /// Reads until every partition's end, or until a chunk's bound.
    fn fill(&mut self, stored: &[(i64, i64)]) -> Result<(), BrokerError> {
        let patience = Duration::from_secs(BROKER_SILENCE_SECONDS);
        let mut ends: BTreeMap<i32, i64> = BTreeMap::new();
        for (partition, next) in stored {
            let partition = *partition as i32;
            let (low, high) =
                self.asker.fetch_watermarks(&self.topic, partition, patience).map_err(|e| self.failed(e))?;
            if *next < low || *next > high {
                return Err(BrokerError::OutOfRange {
                    topic: self.topic.clone(),
                    partition: i64::from(partition),
                    stored: *next,
                    low,
                    high,
                });
            }
            if self.reading.get(&partition).is_some_and(|at| *at < high) {
                ends.insert(partition, high);
            }
        }
        let mut last = Instant::now();
        let mut at_end: BTreeSet<i32> = BTreeSet::new();
        let mut count = 0;
        while !ends.is_empty() && count < CHUNK_MESSAGES && self.bytes < CHUNK_BYTES {
            match self.consumer.poll(Duration::from_millis(100)) {
                None if last.elapsed() > patience => {
                    let partition = ends.keys().next().map_or(0, |p| i64::from(*p));
                    return Err(BrokerError::Silent {
                        topic: self.topic.clone(),
                        partition,
                        seconds: BROKER_SILENCE_SECONDS,
                    });
                }
                // What is left are control records, which are no messages. An end told before the last
                // messages came would be such an end too, hence the quiet before it is believed.
                None if last.elapsed() > END_QUIET => ends.retain(|partition, _| !at_end.contains(partition)),
                None => {}
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    at_end.insert(partition);
                }
                Some(Err(source)) => {
                    return Err(BrokerError::Kafka { servers: self.servers.clone(), source });
                }
                Some(Ok(message)) => {
                    last = Instant::now();
                    at_end.remove(&message.partition());
                    let (partition, position) = (message.partition(), message.offset());
                    let bytes = Bytes::copy_from_slice(message.payload().unwrap_or_default());
                    if self.reading.get(&partition).is_some_and(|at| position < *at) {
                        continue;
                    }
                    self.reading.insert(partition, position + 1);
                    if ends.get(&partition).is_some_and(|end| position + 1 >= *end) {
                        ends.remove(&partition);
                    }
                    self.bytes += bytes.len();
                    count += 1;
                    self.waiting.entry(partition).or_default().push_back(RawMessage { position, bytes });
                }
            }
        }
        Ok(())
    }
}
