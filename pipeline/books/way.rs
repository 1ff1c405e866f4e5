//! One card's whole way as people see it: where it is, whose turn it is until when, and how it came there. The
//! command, the pages and the programs of others are shown this same value.
//!
//! Nothing personal stands in it: no record is decrypted.

use std::path::Path;

use cardline_core::domain::calendar::Calendar;
use cardline_core::state_machines::is_owed;
use jiff::civil::Date;
use serde::Serialize;

use super::trace::{Trace, TracedCount, TracedFile, TracedMailing, TracedMove};
use crate::quarantine::operation_record::TracedOperation;
use crate::reference::tables::calendar_on;
use crate::step::StageError;
use crate::store::Ledger;
use crate::time::rfc3339_stored;

/// The whole way.
#[derive(Serialize)]
pub struct CardWay {
    pub application_id: String,
    pub card_number: Option<String>,
    /// The card's place; before there is a card, the application's state.
    pub state: String,
    pub application: String,
    /// Where the card is; none before there is one.
    #[serde(skip)]
    pub place: Option<String>,
    pub social: String,
    pub account: String,
    pub revision: i64,
    pub promise_on: String,
    pub due_on: String,
    /// The day was reckoned in a year that has no calendar yet.
    pub due_provisional: bool,
    pub owner: String,
    /// The lane it waits in, or waited in.
    pub lane: String,
    /// Code of the point or outlet where it is or will be collected.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub point: String,
    /// The person was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<ErasedPerson>,
    pub findings: Vec<WayFinding>,
    /// Why its photo cannot be used, or not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_fault: Option<String>,
    /// The last count of its carton in the city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted_in_city: Option<WayCount>,
    /// How it was sent by mail the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailed: Option<WayMailing>,
    pub moves: Vec<WayMove>,
    pub files: Vec<WayFile>,
    #[serde(rename = "acts")]
    pub operations: Vec<WayOperation>,
}

impl CardWay {
    /// Whether somebody owes the next step by its day.
    pub fn is_owed(&self) -> bool {
        is_owed(&self.application, self.place.as_deref(), &self.social, &self.account)
    }
}

/// A count of the carton with the card on its way, beside the cards that travelled in it.
#[derive(Clone, Serialize)]
pub struct WayCount {
    pub at: String,
    pub counted: i64,
    pub expected: i64,
}

/// A letter with the card: when it was sent, by which carrier, and under which of its numbers.
#[derive(Clone, Serialize)]
pub struct WayMailing {
    pub at: String,
    pub carrier: String,
    pub tracking: String,
}

/// When a person was erased, and on which ground.
#[derive(Clone, Serialize)]
pub struct ErasedPerson {
    pub at: String,
    pub ground: String,
}

/// What a rule found at a field of its message.
#[derive(Clone, Serialize)]
pub struct WayFinding {
    pub rule: String,
    pub field: String,
    pub severity: String,
}

/// One move, alone or with the set it travelled with.
#[derive(Clone, Serialize)]
pub struct WayMove {
    pub at: String,
    pub from: String,
    pub to: String,
    pub by: String,
    pub reason: String,
    pub life: String,
    /// The set it moved with, or `application` where it moved alone.
    pub with: String,
}

/// A file it had a row in.
#[derive(Clone, Serialize)]
pub struct WayFile {
    #[serde(skip)]
    pub id: i64,
    #[serde(skip)]
    pub name: String,
    pub partner: String,
    pub kind: String,
    pub direction: String,
    pub sequence: Option<i64>,
    pub rows: i64,
    pub sha256: String,
    /// Where the file lies at the partner's folder.
    pub path: String,
    pub row: i64,
}

/// What was done to one of its messages in the quarantine.
#[derive(Clone, Serialize)]
pub struct WayOperation {
    pub at: String,
    pub what: String,
    pub by: String,
    pub operation: Option<String>,
    pub message: i64,
}

/// The way of a card, by application id, card number or card identifier, as known on a day; `None`: there is no such
/// card within the scope of who asks. `data` is the folder in which the partners' folders are.
///
/// # Errors
/// The ledger cannot be read, or its calendar is wrong.
pub async fn card_way(ledger: &Ledger, data: &Path, key: &str, today: Date) -> Result<Option<CardWay>, StageError> {
    let Some(trace) = ledger.trace(key).await? else { return Ok(None) };
    let due_provisional = is_provisional(&trace, &calendar_on(ledger, today).await?);
    let erased = ledger.erased(&trace.application_id).await?;
    let erased = erased.map(|(at, ground)| ErasedPerson { at: rfc3339_stored(at), ground });
    Ok(Some(CardWay { erased, due_provisional, ..shown(trace, data) }))
}

/// Whether the day rests on a year without a calendar. The promise counts natural days and never does.
fn is_provisional(trace: &Trace, calendar: &Calendar) -> bool {
    let due: Option<Date> = trace.due_on.parse().ok();
    trace.due_on != trace.promise_on && due.is_some_and(|due| calendar.is_working_day(due).provisional)
}

fn shown(trace: Trace, data: &Path) -> CardWay {
    let findings = trace.findings.into_iter().map(|(rule, field, severity)| WayFinding { rule, field, severity });
    CardWay {
        application_id: trace.application_id,
        card_number: trace.card_number,
        state: trace.place.clone().unwrap_or_else(|| trace.state.clone()),
        application: trace.state,
        place: trace.place,
        social: trace.social,
        account: trace.account,
        revision: trace.revision,
        promise_on: trace.promise_on,
        due_on: trace.due_on,
        due_provisional: false,
        owner: trace.owner,
        lane: trace.lane,
        point: trace.point,
        erased: None,
        findings: findings.collect(),
        photo_fault: trace.photo_fault,
        counted_in_city: trace.counted_in_city.map(|TracedCount { at, counted, expected }| WayCount {
            at: rfc3339_stored(at),
            counted,
            expected,
        }),
        mailed: trace.mailed.map(|TracedMailing { at, carrier, tracking }| WayMailing {
            at: rfc3339_stored(at),
            carrier,
            tracking,
        }),
        moves: trace.moves.into_iter().map(moved).collect(),
        files: trace.files.into_iter().map(|file| filed(file, data)).collect(),
        operations: trace.operations.into_iter().map(operated).collect(),
    }
}

fn moved(m: TracedMove) -> WayMove {
    let at = rfc3339_stored(m.at);
    WayMove { at, from: m.from, to: m.to, by: m.by, reason: m.reason, life: m.life, with: m.with }
}

fn operated(operation: TracedOperation) -> WayOperation {
    let TracedOperation { at, what, by, operation, message, .. } = operation;
    WayOperation { at: rfc3339_stored(at), what, by, operation, message }
}

fn filed(f: TracedFile, data: &Path) -> WayFile {
    let folder = if f.direction == "out" { "to" } else { "from/archive" };
    let path = data.join("partners").join(&f.partner).join(folder).join(&f.name);
    let path = std::path::absolute(&path).unwrap_or(path).display().to_string();
    let TracedFile { id, name, partner, kind, direction, sequence, rows, sha256, row } = f;
    WayFile { id, name, partner, kind, direction, sequence, rows, sha256, path, row }
}
