//! Opening pickup windows by a notice, extending and closing them: what it touches is shown first, and exactly that is carried
//! out.
//!
//! An operation is named by the digest of its shipments, each with the day it has, the day it gets and what was done to
//! it last. Who collected
//! meanwhile does not change it; a window that was opened, moved or ended does. Where days only move later it takes no
//! second person; closing earlier than people were told does.

use std::collections::{BTreeMap, BTreeSet};

use cardline_core::domain::staff::DualControl;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};

use super::about::{Change, PlaceAct};
use super::days::{WindowChange, moved_windows};
use super::places::{Place, place_of};
use super::refusal::{LeftOut, PickupError, PickupRefusal, refuse_unconfirmed};
use super::{act_under_way, has_second, operation_name};
use crate::actions::dual_control::{ABOUT, Second, Wanted, second_person};
use crate::actions::outcome::{ActionError, Instruction, Outcome, while_passing};
use crate::limits::{WINDOW_DAYS_AHEAD, WINDOWS_PER_ACT};
use crate::route::distribution::pickup_act::{NewPickupAct, subject};
use crate::route::distribution::window_acts::{
    MovedWindow, RecordedPickupAct, lying_at, people_of, recorded_act, settle_act,
};
use crate::step::{StageError, Worker};
use crate::store::Tx;
use crate::time::local_date;

/// What a person asks for.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The digits of an area, or the code of a point or outlet.
    pub place: &'a str,
    pub change: WindowChange,
    /// The operation as previewed.
    pub confirm: Option<&'a str>,
    pub dry_run: bool,
}

/// What an operation touches.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct WindowReport {
    /// The name it is confirmed by.
    pub operation: String,
    /// `open-window`, `extend-window` or `close-window`.
    pub act: &'static str,
    pub place: String,
    pub name: String,
    /// The digits of where it lies.
    #[serde(skip)]
    pub area: String,
    pub points: i64,
    pub shipments: i64,
    /// Cards that still lie there.
    pub cards: i64,
    /// Whose they are.
    pub people: i64,
    pub left_out: LeftOut,
    /// What moves, by point and days; empty where it was carried out before.
    pub windows: Vec<WindowRow>,
    pub second_person: bool,
    pub dry_run: bool,
    pub done: bool,
    pub done_before: bool,
}

impl WindowReport {
    /// What the second person sees of it.
    fn about(&self) -> PlaceAct {
        let from = || self.windows.iter().filter_map(|row| row.from.as_ref());
        let change = Change::LastDay {
            from_earliest: from().min().cloned().unwrap_or_default(),
            from_latest: from().max().cloned().unwrap_or_default(),
            becomes: self.windows.iter().map(|row| &row.to).max().cloned().unwrap_or_default(),
        };
        PlaceAct {
            place: self.place.clone(),
            name: self.name.clone(),
            change,
            points: self.points,
            shipments: self.shipments,
            cards: self.cards,
            people: self.people,
        }
    }
}

/// Windows of one point that move from one day to another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct WindowRow {
    pub point: String,
    pub name: String,
    /// The last day before; none where they are opened.
    pub from: Option<String>,
    pub to: String,
    /// Whether the new last day is a day off.
    pub day_off: bool,
    /// Whether its year has no calendar yet.
    pub provisional: bool,
    pub shipments: i64,
    pub cards: i64,
}

/// Previews or carries out a change of pickup windows. Confirmed again, it changes nothing.
///
/// # Errors
/// The place is not within the scope of who acts, the day is not possible, nothing moves, what was confirmed is not what
/// would be done now, or the ledger cannot be read or written.
pub async fn move_windows(worker: &Worker, ask: Ask<'_>, by: Instruction<'_>) -> Result<WindowReport, PickupError> {
    while_passing(|| attempt(worker, ask, by)).await
}

/// A preview is the same transaction, and not committed: it sees all that the act would see.
async fn attempt(worker: &Worker, ask: Ask<'_>, by: Instruction<'_>) -> Result<WindowReport, PickupError> {
    let mut tx = worker.ledger.begin().await?;
    let place = place_of(&mut tx, worker, ask.place).await?;
    if let (Some(id), false) = (ask.confirm, ask.dry_run)
        && let Some(recorded) = recorded_act(&mut tx, id).await?
    {
        let second_person = ask.change.needs_second() && has_second(worker);
        return Ok(WindowReport { second_person, ..was_carried_out(ask, id, place, recorded)? });
    }
    let Place { name, area, points } = place;
    let planned = plan(&mut tx, worker, ask, points, by.at).await?;
    let report = planned.report(worker, ask, (name, area));
    if ask.dry_run {
        return Ok(report);
    }
    refuse_unconfirmed(ask.confirm, &report.operation, report.cards)?;
    if ask.change.needs_second() && by.approval.is_none() && tx.user().is_some() {
        return Err(PickupRefusal::NeedsSecond { id: report.operation }.into());
    }
    let act = NewPickupAct {
        at: by.at,
        actor: by.actor.into(),
        what: report.act,
        operation: report.operation.clone(),
        place: ask.place.into(),
        last_day: ask.change.last_day(),
        working_days: ask.change.working_days(),
        points: report.points,
        shipments: report.shipments,
        cards: report.cards,
        people: report.people,
        reason: worker.keys.encrypt(by.reason.as_bytes())?,
        approval: by.approval,
        moved_to: None,
    };
    let progress = worker.ledger.progress_of(act_under_way(worker, report.act, ask.place, by));
    settle_act(&mut tx, &act, &planned.moved, &progress).await?;
    tx.commit().await?;
    progress.finish(&report.operation).await;
    Ok(WindowReport { done: true, ..report })
}

/// Asks for a second person where the change needs one and is what was previewed.
pub async fn asks_second(worker: &Worker, ask: Ask<'_>, by: Instruction<'_>) -> Result<Second, PickupError> {
    if !ask.change.needs_second() || ask.confirm.is_none() {
        return Ok(Second::NotNeeded);
    }
    let report = move_windows(worker, Ask { dry_run: true, ..ask }, by).await;
    let report = match report {
        Ok(report) if ask.confirm == Some(&report.operation) => report,
        // The act itself says why not, or that it was done before.
        Ok(_) | Err(ActionError::Refused(_)) => return Ok(Second::NotNeeded),
        Err(failed) => return Err(failed),
    };
    let (place, last) = (ask.place, ask.change.last_day());
    let wanted = Wanted {
        action: DualControl::CloseWindows,
        subject: &subject(place, None, &report.operation),
        request: json!({ "place": place, "last": last, "operation": report.operation, "reason": by.reason, ABOUT: report.about() }),
        count: report.shipments,
        bank: worker.ledger.viewer().map_or("", |viewer| &viewer.scope.bank),
        area: &report.area,
        reason: by.reason,
    };
    Ok(second_person(worker, &wanted, by.at).await?)
}

/// The closing that a second person gave, for its maker.
pub(in crate::actions) async fn close_approved(
    worker: &Worker,
    request: &Value,
    by: Instruction<'_>,
) -> Result<Outcome, PickupError> {
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    let last = text("last").parse().map_err(|_| StageError::Shape("the day of an approval".into()))?;
    let (place, confirm) = (text("place"), Some(text("operation")));
    let ask = Ask { place, change: WindowChange::Close { last }, confirm, dry_run: false };
    let report = move_windows(worker, ask, by).await?;
    let what = vec![report.operation];
    Ok(if report.done_before { Outcome::Before(what) } else { Outcome::Done(what) })
}

/// What would be done now.
struct Planned {
    moved: Vec<MovedWindow>,
    left_out: LeftOut,
    people: i64,
}

async fn plan(
    tx: &mut Tx,
    worker: &Worker,
    ask: Ask<'_>,
    points: Vec<String>,
    at: Timestamp,
) -> Result<Planned, PickupError> {
    let today = local_date(at);
    refuse_day(ask.change, today)?;
    let lying = lying_at(tx, points, WINDOWS_PER_ACT + 1).await?;
    if lying.len() as i64 > WINDOWS_PER_ACT {
        return Err(PickupRefusal::TooMany { most: WINDOWS_PER_ACT }.into());
    }
    let (moved, left_out) = moved_windows(ask.change, lying, &worker.calendar, today);
    if moved.is_empty() {
        return Err(PickupRefusal::NothingMoves { place: ask.place.into(), left_out }.into());
    }
    let people = people_of(tx, &moved).await?;
    Ok(Planned { moved, left_out, people })
}

fn refuse_day(change: WindowChange, today: Date) -> Result<(), PickupRefusal> {
    let Some(day) = change.last_day() else { return Ok(()) };
    let farthest = today.saturating_add(jiff::Span::new().days(WINDOW_DAYS_AHEAD));
    if day < today {
        return Err(PickupRefusal::DayPassed { day });
    }
    if matches!(change, WindowChange::Close { .. }) && day == today {
        return Err(PickupRefusal::TooSoon { day });
    }
    if day > farthest { Err(PickupRefusal::TooFar { day }) } else { Ok(()) }
}

impl Planned {
    fn report(&self, worker: &Worker, ask: Ask<'_>, (name, area): (String, String)) -> WindowReport {
        let points: BTreeSet<&str> = self.moved.iter().map(|window| window.shipment.point.as_str()).collect();
        WindowReport {
            operation: self.operation(ask),
            act: ask.change.what(),
            place: ask.place.into(),
            name,
            area,
            points: points.len() as i64,
            shipments: self.moved.len() as i64,
            cards: self.moved.iter().map(|window| window.shipment.cards).sum(),
            people: self.people,
            left_out: self.left_out,
            windows: self.rows(worker),
            second_person: ask.change.needs_second() && has_second(worker),
            dry_run: ask.dry_run,
            done: false,
            done_before: false,
        }
    }

    /// The name of exactly this.
    fn operation(&self, ask: Ask<'_>) -> String {
        let moved: Vec<_> =
            self.moved.iter().map(|w| (w.shipment.id, &w.shipment.was, w.becomes, w.shipment.last_act)).collect();
        let (last_day, working_days) = (ask.change.last_day(), ask.change.working_days());
        let shown = json!([ask.change.what(), ask.place, last_day, working_days, moved]);
        operation_name(&shown)
    }

    fn rows(&self, worker: &Worker) -> Vec<WindowRow> {
        let mut rows: BTreeMap<(&str, &str, Date), (i64, i64)> = BTreeMap::new();
        for MovedWindow { shipment, becomes } in &self.moved {
            let (shipments, cards) = rows.entry((&shipment.point, &shipment.was, *becomes)).or_default();
            *shipments += 1;
            *cards += shipment.cards;
        }
        let row = |((point, was, to), (shipments, cards)): ((&str, &str, Date), (i64, i64))| {
            let day = worker.calendar.is_working_day(to);
            WindowRow {
                point: point.into(),
                name: worker.reference.collected_at(point).map(|(name, _)| name).unwrap_or_default().into(),
                from: (!was.is_empty()).then(|| was.into()),
                to: to.to_string(),
                day_off: !day.working,
                provisional: day.provisional,
                shipments,
                cards,
            }
        };
        rows.into_iter().map(row).collect()
    }
}

/// The report of an act that was recorded under the name that is confirmed, if it is the same act.
fn was_carried_out(
    ask: Ask<'_>,
    id: &str,
    Place { name, area, .. }: Place,
    recorded: RecordedPickupAct,
) -> Result<WindowReport, PickupError> {
    let last_day = ask.change.last_day().map(|day| day.to_string());
    let same = recorded.what == ask.change.what()
        && recorded.place == ask.place
        && recorded.last_day == last_day
        && recorded.working_days == ask.change.working_days();
    if !same {
        return Err(PickupRefusal::OtherOperation { id: id.into() }.into());
    }
    Ok(WindowReport {
        operation: id.into(),
        act: ask.change.what(),
        place: recorded.place,
        name,
        area,
        points: recorded.points,
        shipments: recorded.shipments,
        cards: recorded.cards,
        people: recorded.people,
        left_out: LeftOut::default(),
        windows: Vec::new(),
        second_person: false,
        dry_run: false,
        done: false,
        done_before: true,
    })
}
