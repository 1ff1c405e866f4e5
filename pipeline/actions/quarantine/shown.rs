//! One message of the quarantine with everything that helps to decide it: why it stands there, the message masked,
//! what it conflicts with, and what was done to it. The command and the pages show this same value.
//!
//! Invariant: nothing is opened before it is recorded who opened it and why.

use cardline_core::domain::message::{self, DecodeDefect};
use serde::Serialize;

use crate::actions::outcome::Instruction;
use crate::crypto::keys::RecordOf;
use crate::quarantine::operation_record::TracedOperation;
use crate::quarantine::quarantine_list::place;
use crate::quarantine::quarantined::{Neighbour, QuarantinedRecord};
use crate::quarantine::redaction::{MaskedValue, differences, masked};
use crate::route::rules_in_words::rule_in_words;
use crate::step::{StageError, Worker};
use crate::store::Stamp;
use crate::time::rfc3339_stored;

/// Everything a person sees of one message.
#[derive(Serialize)]
pub struct MessageShown {
    pub id: i64,
    pub outcome: String,
    pub from: String,
    pub came_at: String,
    pub event_id: Option<String>,
    pub application_id: Option<String>,
    pub revision: Option<i64>,
    /// Whether it still stands in the quarantine.
    pub held: bool,
    pub why: Vec<Reason>,
    pub message: Vec<MaskedValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Conflict>,
    pub neighbours: Vec<Neighbour>,
    #[serde(rename = "acts")]
    pub operations: Vec<ShownOperation>,
    /// The message in plain text, once it was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revealed: Option<String>,
    #[serde(skip)]
    encrypted: Vec<u8>,
}

/// One finding, or the reason, with its rule's words.
#[derive(Clone, Serialize)]
pub struct Reason {
    pub rule: String,
    /// Every field it was found at.
    pub fields: Vec<String>,
    pub severity: String,
    pub what: String,
    pub why: String,
    pub fix: String,
}

/// The message that came first, and where this one differs.
#[derive(Serialize)]
pub struct Conflict {
    pub first: Neighbour,
    pub differences: Vec<Differing>,
}

/// A value in which the two differ, masked; `None`: not there.
#[derive(Clone, Serialize)]
pub struct Differing {
    pub path: String,
    pub first: Option<String>,
    pub this: Option<String>,
}

/// What was done to the message; the reason is opened for whoever may read the ledger's keys.
#[derive(Clone, Serialize)]
pub struct ShownOperation {
    pub at: String,
    pub what: String,
    pub by: String,
    pub operation: Option<String>,
    pub reason: Option<String>,
}

/// One message within the scope of who asks, masked; `None`: they see none of this id.
///
/// # Errors
/// The ledger cannot be read, or the keys do not open a record.
pub async fn show_message(worker: &Worker, id: i64) -> Result<Option<MessageShown>, StageError> {
    let Some(record) = worker.ledger.quarantined_record(id).await? else { return Ok(None) };
    let bytes = worker.keys.decrypt_of(RecordOf::Message(id), &record.encrypted)?;
    let is_event = record.source == worker.config.topics.events;
    let defect = if is_event { None } else { message::decode(&bytes).err() };
    Ok(Some(MessageShown {
        id,
        from: place(&record.source, record.partition, record.position),
        came_at: rfc3339_stored(record.at),
        held: record.act == 0,
        why: reasons(&record, defect),
        message: masked(&bytes).into_iter().map(MaskedValue::from).collect(),
        conflict: conflict(worker, &record, &bytes).await?,
        neighbours: worker.ledger.neighbours_of(&record).await?,
        operations: operations(worker, id).await?,
        revealed: None,
        outcome: record.outcome,
        event_id: record.event_id,
        application_id: record.application_id,
        revision: record.revision,
        encrypted: record.encrypted,
    }))
}

/// Opens the message, once that is recorded. `false`, and nothing was opened: who asks had as many opened alone today
/// as they may, and a second person must approve more.
///
/// # Errors
/// The ledger cannot be written, or the keys do not open the message.
pub async fn reveal_message(
    worker: &Worker,
    shown: &mut MessageShown,
    by: Instruction<'_>,
) -> Result<bool, StageError> {
    let reason = worker.keys.encrypt(by.reason.as_bytes())?;
    let limit = worker.config.alone_a_day.value as i64;
    let why = Stamp { at: by.at, actor: by.actor, reason: "" };
    if !worker.ledger.record_reveal(shown.id, reason, limit, why).await? {
        return Ok(false);
    }
    shown.operations = operations(worker, shown.id).await?;
    let plain = worker.keys.decrypt_of(RecordOf::Message(shown.id), &shown.encrypted)?;
    shown.revealed = Some(String::from_utf8_lossy(&plain).into_owned());
    Ok(true)
}

async fn conflict(worker: &Worker, record: &QuarantinedRecord, message: &[u8]) -> Result<Option<Conflict>, StageError> {
    if record.outcome != "conflicting" {
        return Ok(None);
    }
    let Some((first, encrypted)) = worker.ledger.rival_of(record).await? else { return Ok(None) };
    let found = differences(&worker.keys.decrypt_of(RecordOf::Message(first.id), &encrypted)?, message);
    let differing = found.into_iter().map(|d| Differing { path: d.path, first: d.first, this: d.other });
    Ok(Some(Conflict { first, differences: differing.collect() }))
}

/// The reason of the message and every finding, each in the words of its rule. A message that cannot be
/// read has its defect named: where, and what was expected there.
fn reasons(record: &QuarantinedRecord, defect: Option<DecodeDefect>) -> Vec<Reason> {
    let mut list: Vec<Reason> = Vec::new();
    if let Some(code) = &record.reason
        && !record.findings.iter().any(|(rule, ..)| rule == code)
    {
        let (fields, more) = match &defect {
            Some(defect) if defect.code() == code => match defect {
                DecodeDefect::Shape { path, .. } => (vec![path.clone()], defect.to_string()),
                other => (Vec::new(), other.to_string()),
            },
            _ => (Vec::new(), String::new()),
        };
        list.push(reason(code, fields, "error", &more));
    }
    for severity in ["error", "warning", "note"] {
        for (rule, field, _) in record.findings.iter().filter(|finding| finding.2 == severity) {
            match list.iter_mut().find(|known| known.rule == *rule) {
                Some(known) => known.fields.push(field.clone()),
                None => list.push(reason(rule, vec![field.clone()], severity, "")),
            }
        }
    }
    list
}

fn reason(rule: &str, fields: Vec<String>, severity: &str, more: &str) -> Reason {
    let (what, why, fix) = rule_in_words(rule).map_or(("", "", ""), |text| (text.what, text.why, text.fix));
    let what = if more.is_empty() { what.to_owned() } else { format!("{what} Here: {more}.") };
    Reason { rule: rule.into(), fields, severity: severity.into(), what, why: why.into(), fix: fix.into() }
}

async fn operations(worker: &Worker, message: i64) -> Result<Vec<ShownOperation>, StageError> {
    let told = |operation: TracedOperation| {
        let reason = operation.reason.map(|encrypted| worker.keys.decrypt(&encrypted)).transpose()?;
        let reason = reason.map(|plain| String::from_utf8_lossy(&plain).into_owned());
        let TracedOperation { at, what, by, operation, .. } = operation;
        Ok(ShownOperation { at: rfc3339_stored(at), what, by, operation, reason })
    };
    worker.ledger.operations_on(message).await?.into_iter().map(told).collect()
}
