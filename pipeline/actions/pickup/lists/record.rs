//! What a point without network handed over, recorded line by line from the list that came back.
//!
//! Each line becomes the event that a point with network would have sent, under an id of its list and number: sent
//! twice, it has one effect. A line that does not fit the list or where its card is now is refused and told
//! (`judge.rs`), and the others are recorded. Every line has one result, and so has every card of the list.

use std::collections::BTreeSet;

use cardline_core::domain::reference::PointKind;
use serde::Serialize;
use serde_json::json;

use super::cells::operation_of;
use super::judge::{Handed, Judge, RecordedLine};
use super::reading::read;
use crate::actions::outcome::{Instruction, while_passing};
use crate::actions::pickup::operation_name;
use crate::actions::pickup::refusal::{PickupError, PickupRefusal};
use crate::kafka::RawMessage;
use crate::route::distribution::list_cards::{ListedCard, list_named, listed_cards};
use crate::route::distribution::pickup_act::{NewPickupAct, record_pickup_act};
use crate::route::intake::settle::{ChunkSource, LIST};
use crate::route::servicing::settle::waves::settle_events_in;
use crate::route::servicing::{event_dates, read_event};
use crate::step::{StageError, Worker};
use crate::store::{Stamp, Tx};
use crate::time::{instant, local_date};

/// What became of a list that came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordReport {
    pub list: String,
    pub point: String,
    pub name: String,
    pub recorded: usize,
    pub before: usize,
    pub still_there: usize,
    pub left: usize,
    pub refused: usize,
    pub absent: usize,
    pub lines: Vec<RecordedLine>,
    pub dry_run: bool,
}

/// Records what a list says was handed over, or says what would be recorded.
///
/// # Errors
/// The file is no list or a list of no point within the scope of who acts, or the ledger cannot be read or written.
pub async fn record_list(
    worker: &Worker,
    bytes: &[u8],
    dry_run: bool,
    by: Instruction<'_>,
) -> Result<RecordReport, PickupError> {
    while_passing(|| attempt(worker, bytes, dry_run, by)).await
}

async fn attempt(
    worker: &Worker,
    bytes: &[u8],
    dry_run: bool,
    by: Instruction<'_>,
) -> Result<RecordReport, PickupError> {
    let (list, said) = read(bytes).map_err(PickupRefusal::NoList)?;
    let mut tx = worker.ledger.begin().await?;
    let unknown = || PickupRefusal::NoSuchList { list: list.clone() };
    let operation = operation_of(&list).ok_or_else(unknown)?;
    let (act, point) = list_named(&mut tx, operation).await?.ok_or_else(unknown)?;
    // The point may have closed since; a list of which who acts sees no card is none for them.
    let listed = listed_cards(&mut tx, act).await?;
    if listed.is_empty() {
        return Err(unknown().into());
    }
    let name = worker.reference.collected_at(&point).map(|(name, _)| name.to_owned()).unwrap_or_default();
    let today = local_date(by.at);
    let rules = event_dates(worker, today);
    let judge = Judge { worker, list: &list, point: &point, listed: &listed, rules: &rules, today };
    let (mut lines, mut handed) = (Vec::new(), Vec::new());
    for (line, says) in said {
        let (said, event) = judge.line(line, says, &lines)?;
        lines.push(said);
        handed.extend(event);
    }
    lines.extend(absent(&listed, &lines));
    let report = report(list, point, name, lines, dry_run);
    if dry_run || handed.is_empty() {
        return Ok(report);
    }
    settle(&mut tx, worker, &report, handed, by).await?;
    tx.commit().await?;
    Ok(report)
}

fn report(list: String, point: String, name: String, lines: Vec<RecordedLine>, dry_run: bool) -> RecordReport {
    let count = |result: &str| lines.iter().filter(|line| line.result == result).count();
    let [recorded, before, still_there, left, refused, absent] =
        ["recorded", "before", "still-there", "left", "refused", "absent"].map(count);
    RecordReport { list, point, name, recorded, before, still_there, left, refused, absent, lines, dry_run }
}

/// Settles the events as a chunk of their own, and records who brought them.
async fn settle(
    tx: &mut Tx,
    worker: &Worker,
    report: &RecordReport,
    handed: Vec<Handed>,
    by: Instruction<'_>,
) -> Result<(), PickupError> {
    // A line of a list is recorded once, so that no two acts record the same.
    let numbers: Vec<i64> = handed.iter().map(|handed| handed.told.no).collect();
    let operation = operation_name(&json!(["record", report.list, numbers]));
    let people: BTreeSet<&[u8]> = handed.iter().map(|handed| handed.person.as_slice()).collect();
    let act = NewPickupAct {
        at: by.at,
        actor: by.actor.into(),
        what: "record",
        operation,
        place: report.point.clone(),
        points: 1,
        cards: handed.len() as i64,
        people: people.len() as i64,
        reason: worker.keys.encrypt(by.reason.as_bytes())?,
        ..NewPickupAct::default()
    };
    let id = record_pickup_act(tx, &act).await?;
    let lines: Vec<i64> = handed.iter().map(|handed| handed.line as i64).collect();
    let read = |handed: Handed| {
        let raw = RawMessage::new(handed.line as i64, event(worker, report, &handed, by).into());
        read_event(&worker.keys, &raw, by.at)
    };
    let events = handed.into_iter().map(read).collect::<Result<_, _>>()?;
    let source = ChunkSource::again(LIST, id, &lines);
    let why = Stamp { at: by.at, actor: by.actor, reason: "from a list of the point" };
    let counts = settle_events_in(tx, &source, events, &event_dates(worker, local_date(by.at)), why).await?;
    if counts.accepted != act.cards {
        let told = format!(
            "{} of {} hand-overs could be settled, so nothing was recorded; the name of who records must be one word of letters, digits and hyphens",
            counts.accepted, act.cards
        );
        return Err(StageError::Shape(told).into());
    }
    Ok(())
}

/// Cards of the list that no line of the file names.
fn absent(listed: &[ListedCard], lines: &[RecordedLine]) -> Vec<RecordedLine> {
    let named: BTreeSet<&str> = lines.iter().map(|line| line.application_id.as_str()).collect();
    let missing = listed.iter().filter(|card| !named.contains(card.application_id.as_str()));
    let line = |card: &ListedCard| RecordedLine {
        line: 0,
        application_id: card.application_id.clone(),
        result: "absent",
        column: String::new(),
        reason: "no line of the file that can be read names this card of the list".into(),
    };
    missing.map(line).collect()
}

/// The event that the point would have sent. Paper has no digest: what was shown is named by its kind.
fn event(worker: &Worker, report: &RecordReport, handed: &Handed, by: Instruction<'_>) -> Vec<u8> {
    let told = &handed.told;
    let kind = worker.reference.point(&report.point).map_or("bank_outlet", |point| match point.kind {
        PointKind::Village => "village",
        PointKind::Community => "community",
        PointKind::ServiceCentre => "service_centre",
        PointKind::Employer | PointKind::Post => "other",
    });
    let evidence: Vec<_> = told.shown.iter().map(|kind| json!({ "kind": kind, "sha256": "" })).collect();
    let event = json!({
        "schema": "card.event.v1",
        "event_id": handed.event_id,
        "type": "card.collected",
        "at": instant(told.on, 12, 0).min(by.at).to_string(),
        "actor": by.actor,
        "application_id": told.application_id,
        "by": told.by,
        "place": { "kind": kind, "code": report.point },
        "evidence": evidence,
    });
    event.to_string().into_bytes()
}
