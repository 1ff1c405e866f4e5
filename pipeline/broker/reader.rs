//! Messages in: bounded chunks of one partition each, from the position the database holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cardline_core::domain::limits::MAX_MESSAGE_BYTES;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use sha2::{Digest, Sha256};

use super::BrokerError;
use super::topic::{DescribedTopic, describe};
use crate::ledger::TopicIdentity;
use crate::limits::{BROKER_SILENCE_SECONDS, CHUNK_BYTES, CHUNK_MESSAGES};

/// How long an end must stay one before control records are believed to fill the rest.
const END_QUIET: Duration = Duration::from_millis(500);
/// How long they are believed to: a slow broker may have been taken for a quiet one.
const END_BELIEVED: Duration = Duration::from_secs(30);

/// One message as it came.
pub struct RawMessage {
    pub position: i64,
    pub bytes: Bytes,
    /// Of one that is too long only the beginning is kept, one byte more than is allowed, and the
    /// digest of the whole.
    whole: Option<[u8; 32]>,
}

impl RawMessage {
    /// A message in its whole length.
    pub fn new(position: i64, bytes: Bytes) -> RawMessage {
        RawMessage { position, bytes, whole: None }
    }

    /// The same, of any length; what is too long is cut before it is copied.
    fn copied(position: i64, bytes: &[u8]) -> RawMessage {
        match bytes.get(..=MAX_MESSAGE_BYTES) {
            None => RawMessage::new(position, Bytes::copy_from_slice(bytes)),
            Some(beginning) => RawMessage {
                position,
                bytes: Bytes::copy_from_slice(beginning),
                whole: Some(Sha256::digest(bytes).into()),
            },
        }
    }

    /// SHA-256 of all its bytes.
    pub fn digest(&self) -> Vec<u8> {
        self.whole.map_or_else(|| Sha256::digest(&self.bytes).to_vec(), |whole| whole.to_vec())
    }
}

/// The messages a partition has: from the first still kept to the one that will come next.
pub struct PartitionRange {
    pub partition: i64,
    pub low: i64,
    pub high: i64,
}

/// A bounded run of messages of one partition.
pub struct PartitionChunk {
    /// The topic it was read from.
    pub identity: TopicIdentity,
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
    /// Where the stored positions stand when everything handed out was settled.
    expected: BTreeMap<i32, i64>,
    /// Next offset to be read from the broker, per partition.
    reading: BTreeMap<i32, i64>,
    waiting: BTreeMap<i32, VecDeque<RawMessage>>,
    bytes: usize,
    /// The topic the positions were assigned on.
    identity: Option<TopicIdentity>,
    /// Partitions that hold no message between where reading stands and this end, only control records;
    /// and since when that is believed.
    empty_until: BTreeMap<i32, (i64, Instant)>,
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
            expected: BTreeMap::new(),
            reading: BTreeMap::new(),
            waiting: BTreeMap::new(),
            bytes: 0,
            identity: None,
            empty_until: BTreeMap::new(),
        })
    }

    fn failed(&self, source: KafkaError) -> BrokerError {
        BrokerError::Kafka { servers: self.servers.clone(), source }
    }

    /// Partitions of the topic, in order; none if the broker does not have it.
    pub fn partitions(&self) -> Result<Vec<i64>, BrokerError> {
        Ok(self.describe()?.map(|topic| topic.partitions).unwrap_or_default())
    }

    /// The topic as the broker has it now; `None` if it does not have it.
    pub fn describe(&self) -> Result<Option<DescribedTopic>, BrokerError> {
        describe(self.asker.client(), &self.topic).map_err(|e| self.failed(e))
    }

    /// What the broker keeps of a partition.
    pub fn range(&self, partition: i64) -> Result<PartitionRange, BrokerError> {
        let patience = Duration::from_secs(BROKER_SILENCE_SECONDS);
        let (low, high) =
            self.asker.fetch_watermarks(&self.topic, partition as i32, patience).map_err(|e| self.failed(e))?;
        Ok(PartitionRange { partition, low, high })
    }

    /// Forgets what was read ahead, after a chunk could not be settled.
    pub fn reset(&mut self) {
        self.expected.clear();
        self.reading.clear();
        self.waiting.clear();
        self.bytes = 0;
        self.identity = None;
        self.empty_until.clear();
    }

    /// The next chunk beyond the stored positions, or `None` when everything there is was taken.
    pub fn next_chunk(&mut self, stored: &[(i64, i64)]) -> Result<Option<PartitionChunk>, BrokerError> {
        match self.ready(stored)?.first() {
            Some(partition) => self.take(*partition, stored),
            None => Ok(None),
        }
    }

    /// Partitions with messages beyond the stored positions, the fullest first.
    pub fn ready(&mut self, stored: &[(i64, i64)]) -> Result<Vec<i64>, BrokerError> {
        // A chunk handed out and not settled, or settled by somebody else, is read anew.
        let stands: BTreeMap<i32, i64> = stored.iter().map(|(partition, next)| (*partition as i32, *next)).collect();
        let doubted = self.empty_until.values().any(|(_, since)| since.elapsed() > END_BELIEVED);
        if self.expected != stands || doubted && self.waiting.values().all(VecDeque::is_empty) {
            self.assign(stored)?;
        }
        if self.waiting.values().all(VecDeque::is_empty) {
            self.fill(stored)?;
        }
        let mut ready: Vec<(usize, i64)> =
            self.waiting.iter().filter(|(_, w)| !w.is_empty()).map(|(p, w)| (w.len(), i64::from(*p))).collect();
        ready.sort_unstable_by(|a, b| b.cmp(a));
        Ok(ready.into_iter().map(|(_, partition)| partition).collect())
    }

    /// The chunk of a partition that is ready.
    pub fn take(&mut self, partition: i64, stored: &[(i64, i64)]) -> Result<Option<PartitionChunk>, BrokerError> {
        let partition = partition as i32;
        let messages: Vec<RawMessage> = self.waiting.remove(&partition).unwrap_or_default().into();
        if messages.is_empty() {
            return Ok(None);
        }
        self.bytes -= messages.iter().map(|m| m.bytes.len()).sum::<usize>();
        let from = stored.iter().find(|(p, _)| *p == i64::from(partition)).map_or(0, |(_, next)| *next);
        let next = messages.last().map_or(from, |m| m.position + 1);
        self.expected.insert(partition, next);
        let identity = self.identity.clone().ok_or_else(|| self.made_anew())?;
        Ok(Some(PartitionChunk { identity, partition: i64::from(partition), stored: from, next, messages }))
    }

    fn made_anew(&self) -> BrokerError {
        BrokerError::MadeAnew { topic: self.topic.clone() }
    }

    fn assign(&mut self, stored: &[(i64, i64)]) -> Result<(), BrokerError> {
        self.reset();
        self.identity = self.describe()?.map(|topic| topic.identity);
        let mut list = TopicPartitionList::new();
        for (partition, next) in stored {
            list.add_partition_offset(&self.topic, *partition as i32, Offset::Offset(*next))
                .map_err(|e| self.failed(e))?;
            self.reading.insert(*partition as i32, *next);
            self.expected.insert(*partition as i32, *next);
        }
        self.consumer.assign(&list).map_err(|e| self.failed(e))
    }

    /// Reads until every partition's end, or until a chunk's bound.
    fn fill(&mut self, stored: &[(i64, i64)]) -> Result<(), BrokerError> {
        let ends = self.ends(stored)?;
        self.read_until(ends)?;
        // Read before it is known from what: only now it is certain that it was one topic all along.
        let found = self.describe()?.map(|topic| topic.identity);
        if found.is_none() || found != self.identity {
            return Err(self.made_anew());
        }
        Ok(())
    }

    /// The ends of the partitions that have more; a position outside of what is there is an error.
    fn ends(&self, stored: &[(i64, i64)]) -> Result<BTreeMap<i32, i64>, BrokerError> {
        let mut ends: BTreeMap<i32, i64> = BTreeMap::new();
        for (partition, next) in stored {
            let PartitionRange { low, high, .. } = self.range(*partition)?;
            if *next < low || *next > high {
                return Err(BrokerError::OutOfRange {
                    topic: self.topic.clone(),
                    partition: *partition,
                    stored: *next,
                    low,
                    high,
                });
            }
            let partition = *partition as i32;
            let is_empty = self.empty_until.get(&partition).is_some_and(|(end, _)| *end == high);
            if self.reading.get(&partition).is_some_and(|at| *at < high) && !is_empty {
                ends.insert(partition, high);
            }
        }
        Ok(ends)
    }

    fn read_until(&mut self, mut ends: BTreeMap<i32, i64>) -> Result<(), BrokerError> {
        let patience = Duration::from_secs(BROKER_SILENCE_SECONDS);
        let (mut last, mut trouble) = (Instant::now(), None);
        let mut at_end: BTreeSet<i32> = BTreeSet::new();
        let mut count = 0;
        while !ends.is_empty() && count < CHUNK_MESSAGES && self.bytes < CHUNK_BYTES {
            match self.consumer.poll(Duration::from_millis(100)) {
                None if last.elapsed() > patience => {
                    if let Some(source) = trouble {
                        return Err(self.failed(source));
                    }
                    let partition = ends.keys().next().map_or(0, |p| i64::from(*p));
                    return Err(BrokerError::Silent {
                        topic: self.topic.clone(),
                        partition,
                        seconds: BROKER_SILENCE_SECONDS,
                    });
                }
                // What is left are control records, which are no messages. An end told before the last
                // messages came would be such an end too, hence the quiet before it is believed.
                // The library tells an end once, so it is remembered.
                None if last.elapsed() > END_QUIET => {
                    let empty = ends.extract_if(.., |partition, _| at_end.contains(partition));
                    self.empty_until.extend(empty.map(|(partition, end)| (partition, (end, Instant::now()))));
                }
                None => {}
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    at_end.insert(partition);
                }
                // The position is none of the broker's: the next look says so in our words.
                Some(Err(source @ KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset))) => {
                    return Err(self.failed(source));
                }
                Some(Err(source)) if last.elapsed() > patience => return Err(self.failed(source)),
                // The library connects again by itself, and tells of troubles that are long over.
                Some(Err(source)) => trouble = Some(source),
                Some(Ok(message)) => {
                    last = Instant::now();
                    at_end.remove(&message.partition());
                    let (partition, position) = (message.partition(), message.offset());
                    if self.reading.get(&partition).is_some_and(|at| position < *at) {
                        continue;
                    }
                    self.reading.insert(partition, position + 1);
                    if ends.get(&partition).is_some_and(|end| position + 1 >= *end) {
                        ends.remove(&partition);
                    }
                    let raw = RawMessage::copied(position, message.payload().unwrap_or_default());
                    self.bytes += raw.bytes.len();
                    count += 1;
                    self.waiting.entry(partition).or_default().push_back(raw);
                }
            }
        }
        Ok(())
    }
}
