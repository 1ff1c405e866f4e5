//! Messages that touch nothing known: no event, application or person of theirs is known, and none
//! comes twice in the chunk. Nothing of the ledger has a say about them, so they are written as they are.

use std::collections::{HashMap, HashSet};

use cardline_core::domain::outcomes::MessageOutcome;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{ArrivingFacts, ArrivingMessage, IntakeCounts, Key, Numbered, REJECTED, REJECTION};
use crate::bulk_row;
use crate::quarantine::quarantined::looked_at_by;
use crate::store::row_macs::catalog::{APPLICATION, MESSAGE};
use crate::store::row_macs::{Field, RowKey};
use crate::store::{LedgerError, Stamp, Tx};

bulk_row! {
    /// What a message is known by.
    struct ArrivingKey<'a> in "arriving_key" {
        position: i64,
        event_id: Option<&'a str>,
        application_id: Option<&'a str>,
        person: Option<&'a [u8]>,
    }
}

bulk_row! {
    struct NewMessage in "message" {
        id: i64,
        position: i64,
        event_id: Option<String>,
        application_id: Option<String>,
        revision: Option<i64>,
        digest: Vec<u8>,
        outcome: MessageOutcome,
        reason: Option<String>,
        due_on: Option<Date>,
        mac: Option<i64>,
        sealed: Vec<u8>,
    }
}

bulk_row! {
    /// The same in all messages of a chunk.
    struct OfChunk in "message" { chunk: i64 }
}

bulk_row! {
    struct NewFinding in "finding" { message: i64, rule: &'static str, field: String, severity: &'static str }
}

bulk_row! {
    struct NewApplication in "application" {
        id: i64,
        message: i64,
        application_id: Option<String>,
        revision: Option<i64>,
        person: Vec<u8>,
        kind: &'static str,
        lane: &'static str,
        region: String,
        bank: String,
        outlet: String,
        method: &'static str,
        point: String,
        approved_on: Date,
        promise_on: Date,
        due_on: Date,
        photo: Option<String>,
        mac: Option<i64>,
    }
}

bulk_row! {
    /// The same in all new applications of an outcome; the open ones wait in a queue.
    struct OfOutcome in "application" {
        chunk: i64,
        state: &'static str,
        social: &'static str,
        financial: &'static str,
        owner: &'static str,
        queue: Option<&'static str>,
        returned_on: Option<Date>,
        open: bool,
        live: bool,
    }
}

bulk_row! {
    struct Rejection in "move" { subject: i64 }
}

bulk_row! {
    /// The same in all moves of rejected applications.
    struct OfRejections<'a> in "move" {
        at: Timestamp,
        life: &'static str,
        scope: &'static str,
        from_state: &'static str,
        to_state: &'static str,
        count: i64,
        actor: &'a str,
        reason: &'static str,
    }
}

/// Of which messages the ledger knows the event, the application or the person. Each question is a look
/// into one index: with the LIMIT and OFFSET that change nothing, PostgreSQL asks it for each message, and
/// does not read a whole index into a hash table instead.
const IS_KNOWN: &str =
    "EXISTS (SELECT 1 FROM message m WHERE m.event_id = arriving_key.event_id AND m.outcome IN ('accepted', 'rejected', 'waiting') LIMIT 1 OFFSET 0)
    OR EXISTS (SELECT 1 FROM message m WHERE m.event_id = arriving_key.event_id AND m.outcome = 'conflicting' LIMIT 1 OFFSET 0)
    OR EXISTS (SELECT 1 FROM message m WHERE m.application_id = arriving_key.application_id AND m.outcome IN ('accepted', 'rejected', 'waiting') LIMIT 1 OFFSET 0)
    OR EXISTS (SELECT 1 FROM application a WHERE a.application_id = arriving_key.application_id LIMIT 1 OFFSET 0)
    OR EXISTS (SELECT 1 FROM application a WHERE a.person = arriving_key.person AND a.open LIMIT 1 OFFSET 0)
    OR EXISTS (SELECT 1 FROM application a WHERE a.person = arriving_key.person AND a.live LIMIT 1 OFFSET 0)
    OR EXISTS (SELECT 1 FROM person_alias p WHERE p.key = arriving_key.person LIMIT 1 OFFSET 0)";

/// Divides messages into those that touch nothing, and the others; each keep their order.
pub(super) async fn divide(
    tx: &mut Tx,
    messages: Vec<Numbered>,
) -> Result<(Vec<Numbered>, Vec<Numbered>), LedgerError> {
    let mut times: HashMap<Key<&[u8]>, u32> = HashMap::with_capacity(3 * messages.len());
    for key in messages.iter().flat_map(Numbered::keys) {
        *times.entry(key).or_default() += 1;
    }
    let alone: Vec<bool> = messages.iter().map(|m| m.keys().all(|key| times.get(&key) == Some(&1))).collect();
    let keys: Vec<ArrivingKey> = messages.iter().map(|m| arriving_key(&m.message)).collect();
    let known: Vec<(i64,)> =
        tx.rows_given(keys, |given| format!("SELECT position FROM {given} WHERE {IS_KNOWN}")).await?;
    let known: HashSet<i64> = known.into_iter().map(|(position,)| position).collect();
    let (mut fresh, mut seen) = (Vec::with_capacity(messages.len()), Vec::new());
    for (message, alone) in messages.into_iter().zip(alone) {
        let is_fresh = alone && is_first(&message.message) && !known.contains(&message.message.position);
        if is_fresh { fresh.push(message) } else { seen.push(message) }
    }
    Ok((fresh, seen))
}

fn arriving_key(m: &ArrivingMessage) -> ArrivingKey<'_> {
    ArrivingKey {
        position: m.position,
        event_id: m.event_id.as_deref(),
        application_id: m.application_id.as_deref(),
        person: m.facts.as_ref().map(|facts| &*facts.person),
    }
}

/// Whether a message names nothing that was before it: no earlier revision, no previous card.
fn is_first(message: &ArrivingMessage) -> bool {
    let named = message.facts.as_ref().is_some_and(|facts| facts.previous_number.is_some());
    !named && matches!(message.revision, None | Some(1))
}

/// Writes fresh messages; returns their counts. Each that is accepted is a new application.
pub(super) async fn keep(
    tx: &mut Tx,
    chunk: i64,
    messages: Vec<Numbered>,
    why: Stamp<'_>,
    today: Date,
) -> Result<IntakeCounts, LedgerError> {
    if messages.is_empty() {
        return Ok(IntakeCounts::default());
    }
    let mut ids = tx.take_ids("application", messages.len() as i64).await?.into_iter();
    let mut rows = Kept::in_chunk(chunk, tx.row_key());
    for message in messages {
        let id = ids.next().ok_or_else(|| LedgerError::Shape("application id".into()))?;
        rows.push(message, id, today);
    }
    tx.insert_alike(OfChunk { chunk }, rows.messages).await?;
    tx.insert(rows.findings).await?;
    let new = OfOutcome {
        chunk,
        state: "accepted",
        social: "sealed",
        financial: "sealed",
        owner: "bureau operator",
        queue: Some("account"),
        returned_on: None,
        open: true,
        live: false,
    };
    // Its applicant has it, and no card comes of it yet.
    let refused = OfOutcome {
        chunk: 0,
        state: "rejected",
        owner: "applicant",
        queue: None,
        returned_on: Some(today),
        open: false,
        ..new
    };
    tx.insert_alike(new, rows.accepted).await?;
    tx.insert_alike(refused, rows.rejected).await?;
    let moved = OfRejections {
        at: why.at,
        life: REJECTION.life(),
        scope: "application",
        from_state: REJECTION.from(),
        to_state: REJECTION.to(),
        count: 1,
        actor: why.actor,
        reason: REJECTED,
    };
    tx.insert_alike(moved, rows.rejections).await?;
    Ok(rows.counts)
}

/// The rows of one chunk, each covered by the key.
#[derive(Default)]
struct Kept {
    chunk: i64,
    key: Option<RowKey>,
    messages: Vec<NewMessage>,
    findings: Vec<NewFinding>,
    accepted: Vec<NewApplication>,
    rejected: Vec<NewApplication>,
    rejections: Vec<Rejection>,
    counts: IntakeCounts,
}

impl Kept {
    fn in_chunk(chunk: i64, key: Option<RowKey>) -> Kept {
        Kept { chunk, key, ..Kept::default() }
    }

    fn push(&mut self, Numbered { id, message: m }: Numbered, application: i64, today: Date) {
        let mac = self.key.as_ref().map(|key| covered(key, id, self.chunk, &m));
        if let Some(facts) = m.facts {
            let mut told = HashSet::new();
            for f in m.findings {
                if told.insert((f.rule, f.field.clone())) {
                    self.findings.push(NewFinding { message: id, rule: f.rule, field: f.field, severity: f.severity });
                }
            }
            let accepted = m.outcome == MessageOutcome::Accepted;
            let mut new = new_application(application, id, (m.application_id.clone(), m.revision), facts, accepted);
            new.mac = self.key.as_ref().map(|key| new.covered(key));
            if accepted {
                self.accepted.push(new);
            } else {
                self.rejected.push(new);
                self.rejections.push(Rejection { subject: application });
            }
        }
        self.counts.count(m.outcome, 1);
        self.messages.push(NewMessage {
            id,
            mac,
            position: m.position,
            event_id: m.event_id,
            application_id: m.application_id,
            revision: m.revision,
            digest: m.digest,
            outcome: m.outcome,
            due_on: m.reason.is_some().then(|| looked_at_by(today)),
            reason: m.reason,
            sealed: bound(self.key.as_ref(), id, m.encrypted),
        });
    }
}

/// A message's record, bound to its row.
fn bound(key: Option<&RowKey>, id: i64, record: Vec<u8>) -> Vec<u8> {
    match key {
        Some(key) => key.bound(MESSAGE.table, id, record),
        None => record,
    }
}

/// The digest of a message's row, as the catalogue of covered rows has it.
fn covered(key: &RowKey, id: i64, chunk: i64, m: &ArrivingMessage) -> i64 {
    let mac = key.mac(MESSAGE.table).field(id).field(chunk).field(m.position).field(m.event_id.as_ref());
    mac.field(m.application_id.as_ref()).field(m.revision).field(&m.digest).field(Field::Null).end()
}

impl NewApplication {
    /// The digest of an application's row, as the catalogue of covered rows has it.
    fn covered(&self, key: &RowKey) -> i64 {
        let mac = key.mac(APPLICATION.table).field(self.id).field(self.application_id.as_ref()).field(self.revision);
        let mac = mac.field(self.message).field(&self.person).field(self.kind).field(self.lane).field(&self.region);
        let mac =
            mac.field(&self.bank).field(&self.outlet).field(self.method).field(&self.point).field(self.photo.as_ref());
        mac.field(&self.approved_on.to_string()).field(Field::Null).field(Field::Null).end()
    }
}

fn new_application(
    id: i64,
    message: i64,
    (application_id, revision): (Option<String>, Option<i64>),
    f: ArrivingFacts,
    accepted: bool,
) -> NewApplication {
    let (due_on, photo) = if accepted { (f.promise_on, Some(f.photo)) } else { (f.correct_by, None) };
    NewApplication {
        id,
        message,
        application_id,
        revision,
        person: f.person,
        kind: f.kind,
        lane: f.lane,
        region: f.region,
        bank: f.bank,
        outlet: f.outlet,
        method: f.method,
        point: f.point,
        approved_on: f.approved_on,
        promise_on: f.promise_on,
        due_on,
        photo,
        mac: None,
    }
}
