//! Messages that touch nothing known: no event, application or person of theirs is known, and none
//! comes twice in the chunk. Nothing of the ledger has a say about them, so they are written as they are.

use std::collections::{HashMap, HashSet};

use cardline_core::domain::outcomes::MessageOutcome;
use jiff::civil::Date;

use super::applications::{Draft, NewApplications};
use super::{ArrivingMessage, IntakeCounts, Key, Numbered};
use crate::bulk_row;
use crate::quarantine::quarantined::looked_at_by;
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
    let mut rows = Kept::default();
    for message in messages {
        let id = ids.next().ok_or_else(|| LedgerError::Shape("application id".into()))?;
        rows.push(message, id, today);
    }
    tx.insert_alike(OfChunk { chunk }, rows.messages).await?;
    tx.insert(rows.findings).await?;
    rows.applications.keep(tx, chunk, why, today).await?;
    Ok(rows.counts)
}

/// The rows of one chunk.
#[derive(Default)]
struct Kept {
    messages: Vec<NewMessage>,
    findings: Vec<NewFinding>,
    applications: NewApplications,
    counts: IntakeCounts,
}

impl Kept {
    fn push(&mut self, Numbered { id, mac, message: m }: Numbered, application: i64, today: Date) {
        if let Some(facts) = m.facts {
            let mut told = HashSet::new();
            for f in m.findings {
                if told.insert((f.rule, f.field.clone())) {
                    self.findings.push(NewFinding { message: id, rule: f.rule, field: f.field, severity: f.severity });
                }
            }
            let draft = Draft::of(application, id, (m.application_id.clone(), m.revision), facts);
            self.applications.push(m.outcome == MessageOutcome::Accepted, draft);
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
            sealed: m.encrypted,
        });
    }
}
