//! Messages nobody has seen the like of: no event, application or person of theirs is known, and none
//! comes twice in the chunk. Nothing of the ledger has a say about them, so they are written as they are.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use super::{ArrivingFacts, ArrivingMessage, IntakeCounts, Key, Numbered, REJECTED};
use crate::args;
use crate::ledger::LedgerError;
use crate::ledger::engine::{Arg, Tx};
use crate::ledger::moves::Why;
use crate::ledger::quarantine::looked_at_by;
use crate::ledger::stage::{Column, Stage, Target};

const ARRIVING_KEY: Stage = Stage {
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
        ("chunk", Column::Int),
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
};

const FINDING: Target = Target {
    table: "finding",
    columns: &[("message", Column::Int), ("rule", Column::Text), ("field", Column::Text), ("severity", Column::Text)],
};

const NEW_APPLICATION: Target = Target {
    table: "application",
    columns: &[
        ("id", Column::Int),
        ("application_id", Column::Text),
        ("revision", Column::Int),
        ("message", Column::Int),
        ("chunk", Column::Int),
        ("state", Column::Text),
        ("social", Column::Text),
        ("financial", Column::Text),
        ("person", Column::Bytes),
        ("kind", Column::Text),
        ("lane", Column::Text),
        ("region", Column::Text),
        ("bank", Column::Text),
        ("outlet", Column::Text),
        ("method", Column::Text),
        ("point", Column::Text),
        ("photo", Column::Text),
        ("approved_on", Column::Text),
        ("promise_on", Column::Text),
        ("returned_on", Column::Text),
        ("due_on", Column::Text),
        ("owner", Column::Text),
        ("queue", Column::Text),
        ("open", Column::Flag),
        ("live", Column::Flag),
    ],
};

const REJECTION: Target = Target {
    table: "move",
    columns: &[
        ("at", Column::Int),
        ("life", Column::Text),
        ("scope", Column::Text),
        ("subject", Column::Int),
        ("from_state", Column::Text),
        ("to_state", Column::Text),
        ("count", Column::Int),
        ("actor", Column::Text),
        ("reason", Column::Text),
    ],
};

/// Messages of which the ledger knows the event, the application or the person. Each question is a look
/// into one index: with the LIMIT and OFFSET that change nothing, PostgreSQL asks it for each message, and
/// does not read a whole index into a hash table instead.
const KNOWN: &str = "SELECT position FROM arriving_key k WHERE
       EXISTS (SELECT 1 FROM message m WHERE m.event_id = k.event_id AND m.outcome IN ('accepted', 'rejected', 'waiting') LIMIT 1 OFFSET 0)
    OR EXISTS (SELECT 1 FROM message m WHERE m.event_id = k.event_id AND m.outcome = 'conflicting' LIMIT 1 OFFSET 0)
    OR EXISTS (SELECT 1 FROM message m WHERE m.application_id = k.application_id AND m.outcome IN ('accepted', 'rejected', 'waiting') LIMIT 1 OFFSET 0)
    OR EXISTS (SELECT 1 FROM application a WHERE a.application_id = k.application_id LIMIT 1 OFFSET 0)
    OR EXISTS (SELECT 1 FROM application a WHERE a.person = k.person AND a.open LIMIT 1 OFFSET 0)
    OR EXISTS (SELECT 1 FROM application a WHERE a.person = k.person AND a.live LIMIT 1 OFFSET 0)
    OR EXISTS (SELECT 1 FROM person_alias p WHERE p.key = k.person LIMIT 1 OFFSET 0)";

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
    tx.stage(&ARRIVING_KEY, messages.iter().map(|m| keys(&m.message)).collect()).await?;
    let known: HashSet<i64> =
        tx.rows::<(i64,)>(KNOWN, args![]).await?.into_iter().map(|(position,)| position).collect();
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
        rows.push(chunk, message, id, why, today);
    }
    tx.insert(&MESSAGE, rows.messages).await?;
    tx.insert(&FINDING, rows.findings).await?;
    tx.insert(&NEW_APPLICATION, rows.applications).await?;
    tx.insert(&REJECTION, rows.rejections).await?;
    Ok(rows.counts)
}

/// The rows of one chunk.
#[derive(Default)]
struct Kept {
    messages: Vec<Vec<Arg>>,
    findings: Vec<Vec<Arg>>,
    applications: Vec<Vec<Arg>>,
    rejections: Vec<Vec<Arg>>,
    counts: IntakeCounts,
}

impl Kept {
    fn push(&mut self, chunk: i64, Numbered { id, message: m }: Numbered, application: i64, why: Why<'_>, today: Date) {
        let outcome = match m.verdict {
            "ok" => "accepted",
            other => other,
        };
        if let Some(facts) = m.facts {
            let accepted = outcome == "accepted";
            *(if accepted { &mut self.counts.accepted } else { &mut self.counts.rejected }) += 1;
            let mut told = HashSet::new();
            for f in m.findings {
                if told.insert((f.rule, f.field.clone())) {
                    self.findings.push(args![id, f.rule, f.field, f.severity]);
                }
            }
            if !accepted {
                let one = 1_i64;
                self.rejections.push(args![
                    why.at,
                    "application",
                    "application",
                    application,
                    "",
                    "rejected",
                    one,
                    why.actor,
                    REJECTED
                ]);
            }
            let mut row = args![application, m.application_id.clone(), m.revision, id];
            row.extend(if accepted { accepted_row(facts, chunk) } else { rejected_row(facts, today) });
            self.applications.push(row);
        } else {
            self.counts.quarantined += 1;
        }
        let due_on = m.reason.as_ref().map(|_| looked_at_by(today));
        self.messages.push(args![
            id,
            chunk,
            m.position,
            m.event_id,
            m.application_id,
            m.revision,
            m.digest,
            outcome,
            m.reason,
            due_on,
            m.sealed
        ]);
    }
}

/// The columns of [`NEW_APPLICATION`] from `chunk` on.
fn accepted_row(f: ArrivingFacts, chunk: i64) -> Vec<Arg> {
    args![
        chunk,
        "accepted",
        "sealed",
        "sealed",
        f.person,
        f.kind,
        f.lane,
        f.region,
        f.bank,
        f.outlet,
        f.method,
        f.point,
        f.photo,
        f.approved_on,
        f.promise_on,
        None::<Date>,
        f.promise_on,
        "bureau operator",
        "account",
        true,
        false
    ]
}

/// The same of one with an error: its applicant has it, and no card comes of it yet.
fn rejected_row(f: ArrivingFacts, today: Date) -> Vec<Arg> {
    args![
        0_i64,
        "rejected",
        "sealed",
        "sealed",
        f.person,
        f.kind,
        f.lane,
        f.region,
        f.bank,
        f.outlet,
        f.method,
        f.point,
        None::<String>,
        f.approved_on,
        f.promise_on,
        today,
        f.correct_by,
        "applicant",
        None::<String>,
        false,
        false
    ]
}
