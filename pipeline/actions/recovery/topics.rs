//! The topics we read, as positions stand and as the broker has them; and going on, after a person has
//! looked, with a topic that was recreated or has lost messages.
//!
//! Invariant: nobody but a person skips a message, and it is recorded who, when and why, and what.

use jiff::Timestamp;

use super::refusal::{RecoveryError, RecoveryRefusal};
use crate::kafka::generations::Jump;
use crate::kafka::{BrokerError, DescribedTopic, PartitionRange};
use crate::step::{StageError, Worker};
use crate::store::Stamp;
use crate::store::topic_identity::TopicIdentity;

/// How a partition stands, in order of precedence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The broker does not have it.
    Gone,
    /// Positions are of another topic of that name.
    MadeAnew,
    /// Messages were deleted before they were read, or the end is before the position.
    Lost,
    Ok,
}

impl Standing {
    /// As people see it.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Gone => "gone",
            Standing::MadeAnew => "made anew",
            Standing::Lost => "messages lost",
            Standing::Ok => "ok",
        }
    }
}

/// One partition: where we stand, and what the broker has.
pub struct PartitionView {
    pub partition: i64,
    /// `None`: never read.
    pub stored: Option<i64>,
    pub range: Option<PartitionRange>,
    pub standing: Standing,
}

impl PartitionView {
    /// Messages not yet read.
    pub fn behind(&self) -> Option<i64> {
        let range = self.range.as_ref()?;
        (self.standing == Standing::Ok).then(|| range.high - self.stored.unwrap_or(0))
    }
}

/// A topic we read.
pub struct TopicView {
    pub topic: String,
    /// The generation of the stored positions; 0: never read.
    pub generation: i64,
    pub found: Option<TopicIdentity>,
    pub partitions: Vec<PartitionView>,
}

impl TopicView {
    /// Whether intake stopped for a person.
    pub fn is_stopped(&self) -> bool {
        self.partitions.iter().any(|partition| partition.standing != Standing::Ok)
    }
}

impl Worker {
    /// A topic that is to be read; `None` without a broker. One that the broker does not have is an error:
    /// nobody would see that nothing comes any more.
    pub(crate) async fn topic_to_read(&self, topic: &str) -> Result<Option<DescribedTopic>, StageError> {
        let Some(broker) = &self.kafka else { return Ok(None) };
        if let Some(found) = self.describe(topic)? {
            return Ok(Some(found));
        }
        let missing = BrokerError::NoTopic { servers: broker.servers().into(), topic: topic.into() };
        let known = self.ledger.newest_generation(topic).await?.is_some();
        Err(if known { missing.of_a_known_topic() } else { missing }.into())
    }
}

/// Looks at a topic on both sides; changes nothing.
pub async fn look(worker: &Worker, topic: &str) -> Result<TopicView, RecoveryError> {
    if worker.kafka.is_none() {
        return Err(RecoveryRefusal::NoKafka.into());
    }
    let found = worker.describe(topic)?;
    let known = worker.ledger.newest_generation(topic).await?;
    let stored = worker.ledger.positions(topic, &[]).await?;
    let there = found.as_ref().map(|found| found.partitions.clone()).unwrap_or_default();
    let ranges = worker.read(topic, |reader| reader.ranges(&there))?;
    let made_anew = matches!((&found, &known), (Some(found), Some(known)) if found.identity != known.identity);
    let mut partitions: Vec<PartitionView> = ranges
        .unwrap_or_default()
        .into_iter()
        .map(|range| {
            let stored = stored.iter().find(|(p, _)| *p == range.partition).map(|(_, next)| *next);
            let at = stored.unwrap_or(0);
            let standing = match () {
                () if made_anew => Standing::MadeAnew,
                () if at < range.low || at > range.high => Standing::Lost,
                () => Standing::Ok,
            };
            PartitionView { partition: range.partition, stored, range: Some(range), standing }
        })
        .collect();
    let gone = stored.iter().filter(|(p, _)| !there.contains(p));
    partitions.extend(gone.map(|(p, next)| PartitionView {
        partition: *p,
        stored: Some(*next),
        range: None,
        standing: Standing::Gone,
    }));
    let generation = known.map_or(0, |known| known.number);
    Ok(TopicView { topic: topic.into(), generation, found: found.map(|found| found.identity), partitions })
}

/// Where each partition would go on: where it stands, or at the first message the broker has.
pub fn jumps(view: &TopicView) -> Vec<Jump> {
    let jump = |p: &PartitionView| {
        let range = p.range.as_ref()?;
        let begins_at = if p.standing == Standing::Ok { p.stored.unwrap_or(0) } else { range.low };
        Some(Jump { partition: p.partition, left_at: p.stored, begins_at })
    };
    view.partitions.iter().filter_map(jump).collect()
}

/// Goes on as [`jumps`] says, in a new generation; returns its number.
pub async fn accept(
    worker: &Worker,
    view: &TopicView,
    actor: &str,
    reason: &str,
    now: Timestamp,
) -> Result<i64, RecoveryError> {
    let TopicView { topic, generation, .. } = view;
    let found = view.found.as_ref().ok_or_else(|| RecoveryRefusal::NoSuchTopic { topic: topic.clone() })?;
    if !view.is_stopped() {
        return Err(RecoveryRefusal::NothingLost { topic: topic.clone() }.into());
    }
    let why = Stamp { at: now, actor, reason: "accepted" };
    let encrypted = worker.keys.encrypt(reason.as_bytes())?;
    let number = worker.ledger.accept_topic(topic, *generation, found, &jumps(view), why, encrypted).await?;
    worker.forget_topic(topic);
    Ok(number)
}
