//! Settling a chunk of applications: identity, repeats, conflicts, revisions, and the rules that only the
//! ledger can answer, set by set, in the transaction that moves the source's position.
//!
//! Most messages are the first of their event, their application and their person: one look says which,
//! and those are written as they are ([`fresh`]). What could touch something goes the longer way ([`seen`]).

mod applications;
pub mod fresh;
pub mod revisions;
pub(crate) mod rules;
pub mod seen;

use cardline_core::domain::outcomes::MessageOutcome;
use cardline_core::state_machines::{APPLICATION, CARD, SOCIAL};
use jiff::Timestamp;
use jiff::civil::Date;

use super::withdrawals::apply_early;
use crate::custody::containers::CHUNK;
use crate::messages::dead_letters;
use crate::store::leases::spend;
use crate::store::row_macs::{Field, RowKey, catalog};
use crate::store::transition::{Transition, move_filled};
use crate::store::{Lease, Ledger, LedgerError, Stamp, Tx};
use crate::{args, read_by_name, transition};

/// Why an application with an error is rejected, in its history.
const REJECTED: &str = "errors found at intake";
const REJECTION: Transition = transition!(APPLICATION, "" => "rejected");

/// Where a chunk came from. `first` and `next` are offsets of the partition, or lines of a file.
#[derive(Clone)]
pub struct ChunkSource {
    pub topic: String,
    pub partition: i64,
    pub first: i64,
    pub next: i64,
    /// The stored position this chunk starts from; `None` for a file, which has none.
    pub stored: Option<i64>,
    /// Of the topic's positions; a file has only one.
    pub generation: i64,
}

impl ChunkSource {
    /// Messages of the ledger itself, taken in again: positions are those messages' ids, and the
    /// partition is the operation that took them.
    pub(crate) fn again(topic: &str, operation: i64, ids: &[i64]) -> ChunkSource {
        let (first, last) = (ids.first().copied().unwrap_or(0), ids.last().copied().unwrap_or(-1));
        ChunkSource { topic: topic.into(), partition: operation, first, next: last + 1, stored: None, generation: 1 }
    }

    /// Whether its messages were in the ledger before.
    pub(crate) fn is_again(&self) -> bool {
        matches!(self.topic.as_str(), GAP | RETRY) && self.stored.is_none()
    }
}

/// Source of a message whose earlier revision has come.
pub(crate) const GAP: &str = "gap";
/// Source of messages of the quarantine, taken in again by a person.
pub(crate) const RETRY: &str = "retry";
/// Source of hand-overs that a person recorded from the list of a point.
pub(crate) const LIST: &str = "list";

/// One checked message, ready to be settled. Holds encrypted bytes only.
pub struct ArrivingMessage {
    pub position: i64,
    pub event_id: Option<String>,
    pub application_id: Option<String>,
    pub revision: Option<i64>,
    pub digest: Vec<u8>,
    /// Accepted, rejected or quarantined, before the ledger is asked.
    pub outcome: MessageOutcome,
    pub reason: Option<String>,
    pub encrypted: Vec<u8>,
    pub facts: Option<ArrivingFacts>,
    pub findings: Vec<ArrivingFinding>,
}

/// A message, the id it has in the ledger if it is kept, and the digest of its row if that is known.
struct Numbered {
    id: i64,
    mac: Option<i64>,
    message: ArrivingMessage,
}

impl ArrivingMessage {
    /// The digest of its row, as the catalogue of covered rows has it; it comes of no other message.
    fn covered(&self, key: &RowKey, id: i64, chunk: i64) -> i64 {
        let mac = key.mac(catalog::MESSAGE.table).field(id).field(chunk).field(self.position);
        let mac = mac.field(self.event_id.as_ref()).field(self.application_id.as_ref()).field(self.revision);
        mac.field(&self.digest).field(Field::Null).end()
    }
}

/// What a message could touch another by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key<T> {
    Event(T),
    Application(T),
    Person(T),
    Card(T),
}

impl Key<&[u8]> {
    fn owned(self) -> Key<Vec<u8>> {
        match self {
            Key::Event(key) => Key::Event(key.to_vec()),
            Key::Application(key) => Key::Application(key.to_vec()),
            Key::Person(key) => Key::Person(key.to_vec()),
            Key::Card(key) => Key::Card(key.to_vec()),
        }
    }
}

impl Numbered {
    fn keys(&self) -> impl Iterator<Item = Key<&[u8]>> {
        let ArrivingMessage { event_id, application_id, facts, .. } = &self.message;
        let number = facts.as_ref().and_then(|facts| facts.previous_number.as_ref());
        [
            event_id.as_ref().map(|id| Key::Event(id.as_bytes())),
            application_id.as_ref().map(|id| Key::Application(id.as_bytes())),
            facts.as_ref().map(|facts| Key::Person(&*facts.person)),
            number.map(|number| Key::Card(number.as_bytes())),
        ]
        .into_iter()
        .flatten()
    }
}

/// What the ledger keeps in plain text of an application.
#[derive(Clone)]
pub struct ArrivingFacts {
    pub person: Vec<u8>,
    pub kind: &'static str,
    pub lane: &'static str,
    pub region: String,
    pub bank: String,
    pub outlet: String,
    pub method: &'static str,
    pub point: String,
    pub photo: String,
    pub approved_on: Date,
    pub promise_on: Date,
    /// Of a renewal at sixteen: the holder's sixteenth birthday. Looked at, never kept.
    pub sixteen_on: Option<Date>,
    /// Last day on which a higher revision may correct it.
    pub correct_by: Date,
    pub previous_number: Option<String>,
    pub previous_reason: Option<&'static str>,
}

/// A finding as the ledger keeps it: the rule and the field, never the value.
pub struct ArrivingFinding {
    pub rule: &'static str,
    pub field: String,
    pub severity: &'static str,
}

/// How the messages of one or more chunks divided; `received` is the sum of the rest.
#[derive(Default, Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct IntakeCounts {
    #[serde(rename = "read")]
    pub received: i64,
    pub accepted: i64,
    pub rejected: i64,
    pub repeated: i64,
    pub conflicting: i64,
    pub quarantined: i64,
}

read_by_name!(IntakeCounts { received, accepted, rejected, repeated, conflicting, quarantined });

impl IntakeCounts {
    /// What became of them, by name.
    pub fn by_outcome(&self) -> [(&'static str, i64); 5] {
        use MessageOutcome::{Accepted, Conflicting, Quarantined, Rejected, Repeated};
        [
            (Accepted.word(), self.accepted),
            (Rejected.word(), self.rejected),
            (Repeated.word(), self.repeated),
            (Conflicting.word(), self.conflicting),
            (Quarantined.word(), self.quarantined),
        ]
    }

    /// Adds so many messages of an outcome. One that waits is counted with the quarantined: it stands there until
    /// the one before it comes.
    fn count(&mut self, outcome: MessageOutcome, messages: i64) {
        *match outcome {
            MessageOutcome::Accepted => &mut self.accepted,
            MessageOutcome::Rejected => &mut self.rejected,
            MessageOutcome::Repeated => &mut self.repeated,
            MessageOutcome::Conflicting => &mut self.conflicting,
            MessageOutcome::Quarantined | MessageOutcome::Waiting => &mut self.quarantined,
        } += messages;
    }

    /// Adds another chunk's counts.
    pub fn add(&mut self, other: IntakeCounts) {
        self.received += other.received;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.repeated += other.repeated;
        self.conflicting += other.conflicting;
        self.quarantined += other.quarantined;
    }
}

impl Ledger {
    /// Settles one chunk: everything or nothing, and only for the holder of the lease.
    pub async fn settle_chunk(
        &self,
        lease: &Lease,
        source: &ChunkSource,
        messages: Vec<ArrivingMessage>,
        why: Stamp<'_>,
        today: Date,
    ) -> Result<IntakeCounts, LedgerError> {
        let mut tx = self.begin().await?;
        let (counts, _) = settle_in(&mut tx, source, messages, why, today).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(counts)
    }
}

/// Settles a chunk inside a transaction; returns its counts and its id.
pub async fn settle_in(
    tx: &mut Tx,
    source: &ChunkSource,
    messages: Vec<ArrivingMessage>,
    why: Stamp<'_>,
    today: Date,
) -> Result<(IntakeCounts, i64), LedgerError> {
    move_offset(tx, source).await?;
    let chunk = open_chunk(tx, source, why.at).await?;
    let mut counts = IntakeCounts { received: messages.len() as i64, ..IntakeCounts::default() };
    let again = source.is_again();
    let messages = numbered(tx, chunk, again, messages).await?;
    let (fresh, seen) = if again { (Vec::new(), messages) } else { fresh::divide(tx, messages).await? };
    let kept = fresh::keep(tx, chunk, fresh, why, today).await?;
    counts.add(kept);
    let (divided, new) = seen::settle_seen(tx, chunk, seen, again, why, today).await?;
    counts.add(divided);
    for transition in [
        transition!(APPLICATION, "" => "accepted"),
        transition!(CARD, "" => "waiting_account"),
        transition!(SOCIAL, "" => "sealed"),
    ] {
        move_filled(tx, CHUNK.of(chunk), kept.accepted + new, transition, why).await?;
    }
    apply_early(tx, why).await?;
    // A file's sender sees what was not read; what is taken in again was told before.
    if source.stored.is_some() && counts.quarantined > 0 {
        dead_letters::queue(tx, chunk).await?;
    }
    close_chunk(tx, chunk, &counts).await?;
    Ok((counts, chunk))
}

/// Every message gets its id before it is known what becomes of it: nothing has to be looked up again to
/// know it. A repeat leaves a gap. Its record and its row's digest are made here, by this thread alone: the others
/// check the next chunk, and to wait for them takes longer.
async fn numbered(
    tx: &mut Tx,
    chunk: i64,
    again: bool,
    messages: Vec<ArrivingMessage>,
) -> Result<Vec<Numbered>, LedgerError> {
    let ids = tx.take_ids("message", messages.len() as i64).await?;
    let key = tx.row_key();
    let number = |(id, mut message): (i64, ArrivingMessage)| {
        let Some(key) = &key else { return Numbered { id, mac: None, message } };
        message.encrypted = key.bound(catalog::MESSAGE.table, id, message.encrypted);
        // What is taken in again says of which message it comes, and that is looked up.
        let mac = (!again).then(|| message.covered(key, id, chunk));
        Numbered { id, mac, message }
    };
    Ok(ids.into_iter().zip(messages).map(number).collect())
}

/// The source's position moves by compare-and-swap, first of all: it takes the lock, so that a late
/// owner waits here and then finds that it lost.
pub(crate) async fn move_offset(tx: &mut Tx, source: &ChunkSource) -> Result<(), LedgerError> {
    let Some(stored) = source.stored else {
        return Ok(());
    };
    let moved = tx
        .run(
            "UPDATE source_offset SET next = $4 WHERE topic = $1 AND partition = $2 AND next = $3 AND generation = $5",
            args![&source.topic, source.partition, stored, source.next, source.generation],
        )
        .await?;
    if moved == 0 {
        crate::metrics::add(&crate::metrics::FENCED, &["position"], 1);
        return Err(LedgerError::OffsetMoved {
            topic: source.topic.clone(),
            partition: source.partition,
            expected: stored,
        });
    }
    Ok(())
}

pub(crate) async fn open_chunk(tx: &mut Tx, source: &ChunkSource, at: Timestamp) -> Result<i64, LedgerError> {
    let id = tx
        .run_returning::<(i64,)>(
            "INSERT INTO chunk (source, partition, first, next, generation, at, received, accepted, rejected, repeated, conflicting, quarantined)
             VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0, 0, 0) RETURNING id",
            args![&source.topic, source.partition, source.first, source.next, source.generation, at],
        )
        .await?;
    id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("chunk id".into()))
}

pub(crate) async fn close_chunk(tx: &mut Tx, chunk: i64, counts: &IntakeCounts) -> Result<(), LedgerError> {
    tx.run(
        "UPDATE chunk SET received = $2, accepted = $3, rejected = $4, repeated = $5, conflicting = $6, quarantined = $7 WHERE id = $1",
        args![chunk, counts.received, counts.accepted, counts.rejected, counts.repeated, counts.conflicting, counts.quarantined],
    )
    .await?;
    tx.cover_one(&catalog::CHUNK, chunk).await
}
