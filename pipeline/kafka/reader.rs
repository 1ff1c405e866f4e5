//! Messages in: bounded chunks of one partition each, from the position the database holds.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::broker::Broker;
use super::chunk::{PartitionChunk, RawMessage};
use super::ends::{PartitionRange, ranges};
use super::heard::{Heard, is_refused};
use super::reach::reach;
use super::topic::{DescribedTopic, describe};
use super::{BrokerError, Operation};
use crate::limits::{BROKER_SILENCE_SECONDS, CHUNK_BYTES, CHUNK_MESSAGES};
use crate::store::topic_identity::TopicIdentity;

/// How long an end must stay one before control records are believed to fill the rest.
const END_QUIET: Duration = Duration::from_millis(500);
/// How long they are believed to: a slow broker may have been taken for a quiet one.
const END_BELIEVED: Duration = Duration::from_secs(30);

/// Chunks of one partition before the others have their turn.
const TURNS_IN_A_ROW: u64 = 8;

/// Reads one topic, one partition at a time: what other workers read is not fetched here too, and memory
/// does not depend on how many partitions there are. Everything here blocks; call it where blocking is
/// allowed.
pub struct Reader {
    broker: Broker,
    topic: String,
    /// The consumer of the partition that is read. It is assigned once and then ended: librdkafka aborts the process
    /// when a partition is stopped a second time before the first stop is answered (its issue 5573), which quick
    /// changes of one consumer's assignment bring about.
    consumer: Option<BaseConsumer<Heard>>,
    /// Asks for ends and partitions on a connection of its own: on the reading one a question waits
    /// behind every fetch that is under way.
    asker: BaseConsumer<Heard>,
    reading: Option<Reading>,
    /// The chunk after the one handed out last, read while that one was being settled.
    ahead: Option<PartitionChunk>,
    /// What of a partition holds no message, only control records.
    empty: BTreeMap<i64, Empty>,
    /// Chunks handed out.
    turn: u64,
    /// The last turn of each partition.
    turns: BTreeMap<i64, u64>,
}

/// Offsets from one to an end, and since when it is believed that no message is there.
struct Empty {
    from: i64,
    end: i64,
    since: Instant,
}

/// The partition that is being read.
struct Reading {
    /// The topic it was assigned on.
    identity: TopicIdentity,
    partition: i64,
    /// The offset read next; the stored position, once everything handed out is settled.
    next: i64,
    /// The turn at which it was begun.
    since: u64,
}

impl Reading {
    /// Whether it may go on before the others have their turn.
    fn has_turns(&self, turn: u64) -> bool {
        turn - self.since < TURNS_IN_A_ROW
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.consumer.iter().for_each(end);
        end(&self.asker);
    }
}

/// The library's own end looks only every 100 ms whether a consumer is closed, and a worker has several.
fn end(consumer: &BaseConsumer<Heard>) {
    if consumer.close_queue().is_ok() {
        while !consumer.closed() {
            consumer.poll(Duration::from_millis(1));
        }
    }
}

fn consumer_of(broker: &Broker) -> Result<BaseConsumer<Heard>, BrokerError> {
    let mut client = broker.client()?;
    client
        // Required by the library; no group is joined and no offset committed.
        .set("group.id", "cardline")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("auto.offset.reset", "error")
        .set("isolation.level", "read_committed");
    for (name, value) in [
        ("fetch.wait.max.ms", "20"),
        // A chunk ahead: twice as much made a worker 6 MB larger and nothing quicker.
        ("queued.min.messages", "3000"),
        ("queued.max.messages.kbytes", "6144"),
        // Once so much lies ready the library asks for no more for this long; by itself a whole second,
        // in which a quick worker has long taken all of it.
        ("fetch.queue.backoff.ms", "20"),
    ] {
        Broker::tune(&mut client, name, value);
    }
    client.create_with_context(Heard::default()).map_err(|source| broker.unmade(source))
}

/// A look for partitions with messages beyond their stored positions; gives those with the positions.
pub type Look = fn(&mut Reader, &[(i64, i64)]) -> Result<Vec<(i64, i64)>, BrokerError>;

impl Reader {
    /// Connects; nothing is read before positions are known.
    pub fn connect(broker: &Broker, topic: &str) -> Result<Reader, BrokerError> {
        reach(broker.servers())?;
        Ok(Reader {
            broker: broker.clone(),
            topic: topic.into(),
            consumer: None,
            asker: consumer_of(broker)?,
            reading: None,
            ahead: None,
            empty: BTreeMap::new(),
            turn: 0,
            turns: BTreeMap::new(),
        })
    }

    fn failed(&self, source: KafkaError) -> BrokerError {
        // A topic that is missing from the first is described as none; this one was there.
        let heard = self.consumer.as_ref().and_then(|consumer| consumer.context().taken());
        let heard = heard.or_else(|| self.asker.context().taken());
        BrokerError::of(&self.broker, &self.topic, Operation::Read, source, heard).of_a_known_topic()
    }

    /// Partitions of the topic, in order; none if the broker does not have it.
    pub fn partitions(&self) -> Result<Vec<i64>, BrokerError> {
        Ok(self.describe()?.map(|topic| topic.partitions).unwrap_or_default())
    }

    /// The topic as the broker has it now; `None` if it does not have it. One that we may not read is an error.
    pub fn describe(&self) -> Result<Option<DescribedTopic>, BrokerError> {
        // What was heard before is no answer to this.
        self.asker.context().taken();
        let found =
            describe(self.asker.client(), &self.topic, || is_refused(&self.asker)).map_err(|e| self.failed(e))?;
        match found {
            Some(found) if !found.may_read => {
                Err(BrokerError::NotAllowed { topic: self.topic.clone(), operation: Operation::Read })
            }
            found => Ok(found),
        }
    }

    /// What the broker keeps of a partition.
    pub fn range(&self, partition: i64) -> Result<PartitionRange, BrokerError> {
        let patience = Duration::from_secs(BROKER_SILENCE_SECONDS);
        let (low, high) =
            self.asker.fetch_watermarks(&self.topic, partition as i32, patience).map_err(|e| self.failed(e))?;
        Ok(PartitionRange { partition, low, high })
    }

    /// What the broker keeps of each of these partitions, in their order: two questions, however many there are.
    pub fn ranges(&self, partitions: &[i64]) -> Result<Vec<PartitionRange>, BrokerError> {
        ranges(&self.asker, &self.topic, partitions).map_err(|e| self.failed(e))
    }

    /// Forgets what was read ahead, after a chunk could not be settled.
    pub fn reset(&mut self) {
        self.reading = None;
        self.ahead = None;
        self.empty.clear();
    }

    /// The next chunk beyond the stored positions, or `None` when everything there is was taken.
    pub fn next_chunk(&mut self, stored: &[(i64, i64)]) -> Result<Option<PartitionChunk>, BrokerError> {
        for look in Reader::LOOKS {
            for (partition, from) in look(self, stored)? {
                if let Some(chunk) = self.take(partition, from)? {
                    return Ok(Some(chunk));
                }
            }
        }
        Ok(None)
    }

    /// Where the next chunk may come from, in order; the second look asks for every partition's end, and is
    /// needed only when the first gave nothing.
    pub const LOOKS: [Look; 2] = [Reader::going_on, Reader::behind];

    /// The partition being read, with its stored position, if that is where it was left and more has
    /// come: what is fetched ahead is used. After a while the others have their turn.
    fn going_on(&mut self, stored: &[(i64, i64)]) -> Result<Vec<(i64, i64)>, BrokerError> {
        let ahead = self.ahead.as_ref().map(|chunk| (chunk.partition, chunk.stored));
        if let Some(at) = ahead.filter(|at| stored.contains(at)) {
            return Ok(vec![at]);
        }
        let Some(reading) = &self.reading else { return Ok(Vec::new()) };
        let at = (reading.partition, reading.next);
        let goes_on = reading.has_turns(self.turn) && stored.contains(&at) && self.backlog(at.0, at.1)? > 0;
        Ok(Vec::from_iter(goes_on.then_some(at)))
    }

    /// Partitions with messages beyond their stored positions: who has waited longest for a turn first,
    /// then the fullest.
    fn behind(&mut self, stored: &[(i64, i64)]) -> Result<Vec<(i64, i64)>, BrokerError> {
        let mut behind = Vec::new();
        let partitions: Vec<i64> = stored.iter().map(|(partition, _)| *partition).collect();
        for (range, &(partition, from)) in self.ranges(&partitions)?.into_iter().zip(stored) {
            let backlog = self.backlog_in(&range, from)?;
            if backlog > 0 {
                let last = self.turns.get(&partition).copied().unwrap_or(0);
                behind.push((last, Reverse(backlog), partition, from));
            }
        }
        behind.sort_unstable();
        Ok(behind.into_iter().map(|(_, _, partition, from)| (partition, from)).collect())
    }

    /// Offsets between a position and the end, 0 where only control records are left; a position outside
    /// of what is there is an error.
    fn backlog(&mut self, partition: i64, from: i64) -> Result<i64, BrokerError> {
        let range = self.range(partition)?;
        self.backlog_in(&range, from)
    }

    fn backlog_in(&mut self, range: &PartitionRange, from: i64) -> Result<i64, BrokerError> {
        let &PartitionRange { partition, low, high } = range;
        if from < low || from > high {
            let topic = self.topic.clone();
            return Err(BrokerError::OutOfRange { topic, partition, stored: from, low, high });
        }
        let still = |empty: &Empty| empty.end == high && empty.since.elapsed() < END_BELIEVED;
        if self.empty.get(&partition).is_some_and(|empty| still(empty) && from >= empty.from) {
            return Ok(0);
        }
        self.empty.remove(&partition);
        Ok(high - from)
    }

    /// The next chunk of a partition from its stored position: until its end, or a chunk's bound. `None`
    /// when there were only control records.
    pub fn take(&mut self, partition: i64, from: i64) -> Result<Option<PartitionChunk>, BrokerError> {
        let chunk = match self.ahead.take() {
            Some(ahead) if (ahead.partition, ahead.stored) == (partition, from) => Some(ahead),
            _ => self.fetch(partition, from)?,
        };
        self.turn += 1;
        self.turns.insert(partition, self.turn);
        Ok(chunk)
    }

    /// The chunk after the one handed out last, for who has time while that one is settled; [`Reader::take`]
    /// gives it again. `None` when the others have their turn, or there is none.
    pub fn read_ahead(&mut self) -> Result<Option<PartitionChunk>, BrokerError> {
        let Some(reading) = self.reading.as_ref().filter(|reading| reading.has_turns(self.turn)) else {
            return Ok(None);
        };
        let (partition, from) = (reading.partition, reading.next);
        if self.backlog(partition, from)? > 0 {
            self.ahead = self.fetch(partition, from)?;
        }
        Ok(self.ahead.clone())
    }

    fn fetch(&mut self, partition: i64, from: i64) -> Result<Option<PartitionChunk>, BrokerError> {
        let reading = match self.reading.take() {
            // Chosen again after its turns were over: they begin again.
            Some(reading) if (reading.partition, reading.next) == (partition, from) => {
                Reading { since: if reading.has_turns(self.turn) { reading.since } else { self.turn }, ..reading }
            }
            // A chunk handed out and not settled, or settled by somebody else, is read again.
            _ => self.assign(partition, from)?,
        };
        let end = self.range(partition)?.high;
        let messages = self.read_until(partition, from, end)?;
        // Read before it is known from what: only now it is certain that it was one topic all along.
        if self.describe()?.is_none_or(|topic| topic.identity != reading.identity) {
            return Err(self.made_anew());
        }
        let next = messages.last().map_or(from, |m| m.position + 1);
        let identity = reading.identity.clone();
        // The library reports an end once: after one that was believed, reading begins again.
        self.reading = (!self.empty.contains_key(&partition)).then_some(Reading { next, ..reading });
        Ok((!messages.is_empty()).then_some(PartitionChunk { identity, partition, stored: from, next, messages }))
    }

    fn made_anew(&self) -> BrokerError {
        BrokerError::MadeAnew { topic: self.topic.clone() }
    }

    fn assign(&mut self, partition: i64, next: i64) -> Result<Reading, BrokerError> {
        let identity = self.describe()?.ok_or_else(|| self.made_anew())?.identity;
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, partition as i32, Offset::Offset(next)).map_err(|e| self.failed(e))?;
        if let Some(before) = self.consumer.take() {
            end(&before);
        }
        let consumer = consumer_of(&self.broker)?;
        consumer.assign(&list).map_err(|e| self.failed(e))?;
        self.consumer = Some(consumer);
        Ok(Reading { identity, partition, next, since: self.turn })
    }

    fn read_until(&mut self, partition: i64, from: i64, end: i64) -> Result<Vec<RawMessage>, BrokerError> {
        let patience = Duration::from_secs(BROKER_SILENCE_SECONDS);
        let (mut last, mut trouble, mut at_end) = (Instant::now(), None, false);
        let (mut next, mut bytes, mut messages) = (from, 0, Vec::new());
        let Some(consumer) = &self.consumer else { return Ok(messages) };
        while next < end && messages.len() < CHUNK_MESSAGES && bytes < CHUNK_BYTES {
            match consumer.poll(Duration::from_millis(100)) {
                None if last.elapsed() > patience => {
                    let silent = || BrokerError::Silent {
                        topic: self.topic.clone(),
                        partition,
                        seconds: BROKER_SILENCE_SECONDS,
                    };
                    return Err(trouble.map_or_else(silent, |source| self.failed(source)));
                }
                // What is left are control records, which are no messages. An end reported before the last
                // messages came would be such an end too, hence the quiet before it is believed.
                // The library reports an end once, so it is remembered.
                None if at_end && last.elapsed() > END_QUIET => {
                    self.empty.insert(partition, Empty { from: next, end, since: Instant::now() });
                    break;
                }
                None => {}
                Some(Err(KafkaError::PartitionEOF(ended))) => at_end |= i64::from(ended) == partition,
                Some(Err(source @ KafkaError::MessageConsumption(RDKafkaErrorCode::TopicAuthorizationFailed))) => {
                    return Err(self.failed(source));
                }
                // The position is none of the broker's: the next look says so in our words.
                Some(Err(source @ KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset))) => {
                    return Err(self.failed(source));
                }
                Some(Err(source)) if last.elapsed() > patience => return Err(self.failed(source)),
                // The library connects again by itself, and reports troubles that are long over.
                Some(Err(source)) => trouble = Some(source),
                Some(Ok(message)) => {
                    last = Instant::now();
                    if i64::from(message.partition()) != partition || message.offset() < next {
                        continue;
                    }
                    at_end = false;
                    next = message.offset() + 1;
                    let raw = RawMessage::copied(message.offset(), message.payload().unwrap_or_default());
                    bytes += raw.bytes.len();
                    messages.push(raw);
                }
            }
        }
        Ok(messages)
    }
}
