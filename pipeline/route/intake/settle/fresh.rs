//! Messages nobody has seen the like of: no event, application or person of theirs is known, and none
//! comes twice in the chunk. Nothing of the ledger has a say about them, so they are written as they are.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use super::{ArrivingFacts, ArrivingMessage, IntakeCounts, Key, Numbered, REJECTED};
use crate::args;
use crate::quarantine::held::looked_at_by;
use crate::store::LedgerError;
use crate::store::Why;
use crate::store::bulk::{Column, StagingTable, Target};
use crate::store::{Arg, Tx};

const ARRIVING_KEY: StagingTable = StagingTable {
    name: "arriving_key",
    columns: &[
        ("position", Column::Int),
        ("event_id", Column::Text),
        ("application_id", Column::Text),
        ("person", Column::Bytes),
    ],
};

const MESSAGE: Target = Target {
    table: "message",
    columns: &[
        ("id", Column::Int),
        ("position", Column::Int),
        ("event_id", Column::Text),
        ("application_id", Column::Text),
        ("revision", Column::Int),
        ("digest", Column::Bytes),
        ("outcome", Column::Text),
        ("reason", Column::Text),
        ("due_on", Column::Text),
        ("sealed", Column::Bytes),
    ],
    alike: &[("chunk", Column::Int)],
};

const FINDING: Target = Target {
    table: "finding",
    columns: &[("message", Column::Int), ("rule", Column::Text), ("field", Column::Text), ("severity", Column::Text)],
    alike: &[],
};

const NEW_APPLICATION: Target = Target {
    table: "application",
    columns: &[
        ("id", Column::Int),
        ("message", Column::Int),
        ("application_id", Column::Text),
        ("revision", Column::Int),
        ("person", Column::Bytes),
        ("kind", Column::Text),
        ("lane", Column::Text),
        ("region", Column::Text),
        ("bank", Column::Text),
        ("outlet", Column::Text),
        ("method", Column::Text),
        ("point", Column::Text),
        ("approved_on", Column::Text),
        ("promise_on", Column::Text),
        ("due_on", Column::Text),
        ("photo", Column::Text),
    ],
    alike: &[
        ("chunk", Column::Int),
        ("state", Column::Text),
        ("social", Column::Text),
        ("financial", Column::Text),
        ("owner", Column::Text),
        ("queue", Column::Text),
        ("returned_on", Column::Text),
        ("open", Column::Flag),
        ("live", Column::Flag),
    ],
};

const REJECTION: Target = Target {
    table: "move",
    columns: &[("subject", Column::Int)],
    alike: &[
        ("at", Column::Int),
        ("life", Column::Text),
        ("scope", Column::Text),
        ("from_state", Column::Text),
        ("to_state", Column::Text),
        ("count", Column::Int),
        ("actor", Column::Text),
        ("reason", Column::Text),
    ],
};

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
    let keys = |m: &ArrivingMessage| {
        let person = m.facts.as_ref().map(|facts| facts.person.clone());
        args![m.position, m.event_id.clone(), m.application_id.clone(), person]
    };
    let given = messages.iter().map(|m| keys(&m.message)).collect();
    let known = tx
        .rows_given::<(i64,)>(&ARRIVING_KEY, given, |given| format!("SELECT position FROM {given} WHERE {IS_KNOWN}"))
        .await?;
    let known: HashSet<i64> = known.into_iter().map(|(position,)| position).collect();
    let (mut fresh, mut seen) = (Vec::with_capacity(messages.len()), Vec::new());
    for (message, alone) in messages.into_iter().zip(alone) {
        let is_fresh = alone && is_first(&message.message) && !known.contains(&message.message.position);
        if is_fresh { fresh.push(message) } else { seen.push(message) }
    }
    Ok((fresh, seen))
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
    why: Why<'_>,
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
    tx.insert(&MESSAGE, args![chunk], rows.messages).await?;
    tx.insert(&FINDING, args![], rows.findings).await?;
    let accepted = alike(chunk, "accepted", "bureau operator", Some("account"), None);
    tx.insert(&NEW_APPLICATION, accepted, rows.accepted).await?;
    // Its applicant has it, and no card comes of it yet.
    let rejected = alike(0, "rejected", "applicant", None, Some(today));
    tx.insert(&NEW_APPLICATION, rejected, rows.rejected).await?;
    let one = 1_i64;
    let moved = args![why.at, "application", "application", "", "rejected", one, why.actor, REJECTED];
    tx.insert(&REJECTION, moved, rows.rejections).await?;
    Ok(rows.counts)
}

/// What is alike in new applications; the open ones wait in a queue.
fn alike(chunk: i64, state: &str, owner: &str, queue: Option<&str>, returned_on: Option<Date>) -> Vec<Arg> {
    let (open, live) = (queue.is_some(), false);
    args![chunk, state, "sealed", "sealed", owner, queue.map(str::to_owned), returned_on, open, live]
}

/// The rows of one chunk.
#[derive(Default)]
struct Kept {
    messages: Vec<Vec<Arg>>,
    findings: Vec<Vec<Arg>>,
    accepted: Vec<Vec<Arg>>,
    rejected: Vec<Vec<Arg>>,
    rejections: Vec<Vec<Arg>>,
    counts: IntakeCounts,
}

impl Kept {
    fn push(&mut self, Numbered { id, message: m }: Numbered, application: i64, today: Date) {
        let outcome = match m.verdict {
            "ok" => "accepted",
            other => other,
        };
        if let Some(facts) = m.facts {
            let mut told = HashSet::new();
            for f in m.findings {
                if told.insert((f.rule, f.field.clone())) {
                    self.findings.push(args![id, f.rule, f.field, f.severity]);
                }
            }
            let accepted = outcome == "accepted";
            let mut row = args![application, id, m.application_id.clone(), m.revision];
            row.extend(rest(facts, accepted));
            if accepted {
                self.counts.accepted += 1;
                self.accepted.push(row);
            } else {
                self.counts.rejected += 1;
                self.rejected.push(row);
                self.rejections.push(args![application]);
            }
        } else {
            self.counts.quarantined += 1;
        }
        let due_on = m.reason.as_ref().map(|_| looked_at_by(today));
        self.messages.push(args![
            id,
            m.position,
            m.event_id,
            m.application_id,
            m.revision,
            m.digest,
            outcome,
            m.reason,
            due_on,
            m.encrypted
        ]);
    }
}

/// The columns of [`NEW_APPLICATION`] from `person` on.
fn rest(f: ArrivingFacts, accepted: bool) -> Vec<Arg> {
    let (due_on, photo) = if accepted { (f.promise_on, Some(f.photo)) } else { (f.correct_by, None) };
    args![
        f.person,
        f.kind,
        f.lane,
        f.region,
        f.bank,
        f.outlet,
        f.method,
        f.point,
        f.approved_on,
        f.promise_on,
        due_on,
        photo
    ]
}
