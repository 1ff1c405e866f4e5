//! Handing a point on to another, as when it closes: everything that is there, on its way there, or would come there goes
//! to the other point in one act, which is shown first and takes two persons.
//!
//! An operation is named by the digest of its cards and cartons, and of what was done to them last. A card that is handed out, or accepted for the point,
//! between the preview and the act makes it another operation.

use std::collections::BTreeMap;

use cardline_core::domain::staff::DualControl;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};

use super::about::{Change, PlaceAct};
use super::places::one_point;
use super::refusal::{PickupError, PickupRefusal, refuse_unconfirmed};
use super::take_over::table_of_both;
use super::{act_under_way, has_second, operation_name};
use crate::actions::dual_control::{ABOUT, Second, Wanted, second_person};
use crate::actions::outcome::{ActionError, Instruction, Outcome, while_passing};
use crate::custody::shipment_regions::regions_of;
use crate::limits::{REASSIGNED_CARDS, WINDOWS_PER_ACT};
use crate::reference::effect::settle_no_need;
use crate::route::distribution::pickup_act::{NewPickupAct, subject};
use crate::route::distribution::reassign::{
    SentOn, cartons_of_point, claims_of_cards, last_reassignment, settle_reassignment,
};
use crate::route::distribution::window_acts::recorded_act;
use crate::route::unfinished::{CardOfPoint, cards_of_point};
use crate::step::Worker;
use crate::store::{Stamp, Tx};
use crate::time::local_date;

/// Its word in records.
const REASSIGN: &str = "reassign";

/// What a person asks for.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The code of the point or outlet that is handed on; it may have closed.
    pub from: &'a str,
    /// The one that takes over.
    pub to: &'a str,
    /// The operation as previewed.
    pub confirm: Option<&'a str>,
    pub dry_run: bool,
}

/// What an operation touches.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReassignReport {
    /// The name it is confirmed by.
    pub operation: String,
    pub act: &'static str,
    pub from: String,
    /// Empty where it is no point any more.
    pub from_name: String,
    pub to: String,
    pub to_name: String,
    /// Cartons that go on their way again.
    pub shipments: i64,
    /// Cards that are at the point or would come there.
    pub cards: i64,
    /// Whose they are.
    pub people: i64,
    /// Where these cards are now; empty where it was carried out before.
    pub places: Vec<PlaceRow>,
    /// The last day on which a carton is at the other point; none where no carton goes.
    pub due_on: Option<String>,
    pub second_person: bool,
    pub dry_run: bool,
    pub done: bool,
    pub done_before: bool,
}

/// How many cards are in one state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PlaceRow {
    pub state: String,
    pub cards: i64,
}

impl ReassignReport {
    /// What the second person sees of it.
    fn about(&self) -> PlaceAct {
        PlaceAct {
            place: self.from.clone(),
            name: self.from_name.clone(),
            change: Change::Point { to: self.to.clone(), to_name: self.to_name.clone() },
            points: 1,
            shipments: self.shipments,
            cards: self.cards,
            people: self.people,
        }
    }
}

/// Previews or carries out handing a point on. Confirmed again, it changes nothing.
///
/// # Errors
/// A point is not within the scope of who acts, the other one cannot take over, nothing is there, what was confirmed is
/// not what would be done now, a second person did not give it, or the ledger cannot be read or written.
pub async fn reassign(worker: &Worker, ask: Ask<'_>, by: Instruction<'_>) -> Result<ReassignReport, PickupError> {
    while_passing(|| attempt(worker, ask, by)).await
}

/// A preview is the same transaction, and not committed.
async fn attempt(worker: &Worker, ask: Ask<'_>, by: Instruction<'_>) -> Result<ReassignReport, PickupError> {
    let mut tx = worker.ledger.begin().await?;
    let to_name = one_point(&mut tx, worker, ask.to).await?;
    if let (Some(id), false) = (ask.confirm, ask.dry_run)
        && let Some(before) = done_before(&mut tx, worker, ask, id).await?
    {
        return Ok(ReassignReport { to_name, ..before });
    }
    let planned = plan(&mut tx, worker, ask, local_date(by.at)).await?;
    let report = ReassignReport { to_name, ..planned.report(worker, ask) };
    if ask.dry_run {
        return Ok(report);
    }
    refuse_unconfirmed(ask.confirm, &report.operation, report.cards)?;
    if by.approval.is_none() && tx.user().is_some() {
        return Err(PickupRefusal::NeedsSecond { id: report.operation }.into());
    }
    let act = NewPickupAct {
        at: by.at,
        actor: by.actor.into(),
        what: REASSIGN,
        operation: report.operation.clone(),
        place: ask.from.into(),
        points: 1,
        shipments: report.shipments,
        cards: report.cards,
        people: report.people,
        reason: worker.keys.encrypt(by.reason.as_bytes())?,
        approval: by.approval,
        moved_to: Some(ask.to.into()),
        ..NewPickupAct::default()
    };
    let progress = worker.ledger.progress_of(act_under_way(worker, report.act, ask.from, by));
    settle_reassignment(&mut tx, &act, &planned.cards, &planned.cartons, &progress).await?;
    let why = Stamp { at: by.at, actor: by.actor, reason: "its cards were handed on" };
    settle_no_need(&mut tx, planned.table, ask.from, why).await?;
    tx.commit().await?;
    progress.finish(&report.operation).await;
    Ok(ReassignReport { done: true, ..report })
}

/// What would be done now.
struct Planned {
    cards: Vec<CardOfPoint>,
    cartons: Vec<SentOn>,
    people: i64,
    /// The last act by which one of the points was handed on.
    last: i64,
    /// The reference table of both points.
    table: &'static str,
}

async fn plan(tx: &mut Tx, worker: &Worker, ask: Ask<'_>, today: Date) -> Result<Planned, PickupError> {
    let cards = cards_of_point(tx, ask.from, REASSIGNED_CARDS + 1).await?;
    let outside: i64 = cards.iter().map(|card| card.outside).sum();
    if cards.len() as i64 == outside {
        // Whether there are cards that who acts does not see is not told.
        return Err(PickupRefusal::NothingToHandOn { point: ask.from.into() }.into());
    }
    if outside > 0 {
        return Err(PickupRefusal::CardsOfOthers { point: ask.from.into() }.into());
    }
    if cards.len() as i64 > REASSIGNED_CARDS {
        return Err(PickupRefusal::TooManyCards { most: REASSIGNED_CARDS }.into());
    }
    let ids: Vec<i64> = cards.iter().map(|card| card.id).collect();
    let (claims, people) = claims_of_cards(tx, &ids).await?;
    let table = table_of_both(worker, (ask.from, ask.to), &claims, today)
        .map_err(|why| PickupRefusal::CannotTakeOver { to: ask.to.into(), why })?;
    let lying = cartons_of_point(tx, ask.from).await?;
    if lying.len() as i64 > WINDOWS_PER_ACT {
        return Err(PickupRefusal::TooMany { most: WINDOWS_PER_ACT }.into());
    }
    if lying.iter().any(|carton| carton.outside > 0) {
        return Err(PickupRefusal::CardsOfOthers { point: ask.from.into() }.into());
    }
    let transit = worker.by_region(today, |policy| policy.transit_working_days);
    let mut cartons = Vec::new();
    for carton in lying {
        let due_on = transit.least(&regions_of(tx, carton.id).await?);
        cartons.push(SentOn { carton, due_on });
    }
    let last = last_reassignment(tx, (ask.from, ask.to)).await?;
    Ok(Planned { cards, cartons, people, last, table })
}

impl Planned {
    fn report(&self, worker: &Worker, ask: Ask<'_>) -> ReassignReport {
        let mut places: BTreeMap<&str, i64> = BTreeMap::new();
        for card in &self.cards {
            *places.entry(&card.state).or_default() += 1;
        }
        let row = |(state, cards): (&str, i64)| PlaceRow { state: state.into(), cards };
        let name = worker.reference.collected_at(ask.from).map_or("", |(name, _)| name);
        ReassignReport {
            operation: self.operation(ask),
            act: REASSIGN,
            from: ask.from.into(),
            from_name: name.into(),
            to: ask.to.into(),
            to_name: String::new(),
            shipments: self.cartons.len() as i64,
            cards: self.cards.len() as i64,
            people: self.people,
            places: places.into_iter().map(row).collect(),
            due_on: self.cartons.iter().map(|sent_on| sent_on.due_on).max().map(|day| day.to_string()),
            second_person: has_second(worker),
            dry_run: ask.dry_run,
            done: false,
            done_before: false,
        }
    }

    /// The name of exactly this.
    fn operation(&self, ask: Ask<'_>) -> String {
        let cards: Vec<_> = self.cards.iter().map(|card| card.id).collect();
        // The day of a carton is reckoned when it goes: a second person may give it on another one.
        let carton = |sent_on: &SentOn| (sent_on.carton.id, sent_on.carton.was.clone(), sent_on.carton.last_act);
        let cartons: Vec<_> = self.cartons.iter().map(carton).collect();
        operation_name(&json!([REASSIGN, ask.from, ask.to, self.last, cards, cartons]))
    }
}

/// The report of an act that was recorded under the name that is confirmed, if it is the same act.
async fn done_before(
    tx: &mut Tx,
    worker: &Worker,
    ask: Ask<'_>,
    id: &str,
) -> Result<Option<ReassignReport>, PickupError> {
    let Some(recorded) = recorded_act(tx, id).await? else { return Ok(None) };
    if recorded.what != REASSIGN || recorded.place != ask.from || recorded.moved_to.as_deref() != Some(ask.to) {
        return Err(PickupRefusal::OtherOperation { id: id.into() }.into());
    }
    let nothing = Planned { cards: Vec::new(), cartons: Vec::new(), people: recorded.people, last: 0, table: "" };
    let (shipments, cards) = (recorded.shipments, recorded.cards);
    let report = nothing.report(worker, ask);
    Ok(Some(ReassignReport { operation: id.into(), shipments, cards, done_before: true, ..report }))
}

/// Asks for a second person, where the operation is what was previewed.
pub async fn asks_second(worker: &Worker, ask: Ask<'_>, by: Instruction<'_>) -> Result<Second, PickupError> {
    let report = match reassign(worker, Ask { dry_run: true, ..ask }, by).await {
        Ok(report) if ask.confirm == Some(&report.operation) => report,
        // The act itself says why not, or that it was done before.
        Ok(_) | Err(ActionError::Refused(_)) => return Ok(Second::NotNeeded),
        Err(failed) => return Err(failed),
    };
    let wanted = Wanted {
        action: DualControl::ReassignPoint,
        subject: &subject(ask.from, Some(ask.to), &report.operation),
        request: json!({ "from": ask.from, "to": ask.to, "operation": report.operation, "reason": by.reason, ABOUT: report.about() }),
        count: report.cards,
        bank: worker.ledger.viewer().map_or("", |viewer| &viewer.scope.bank),
        area: worker.ledger.viewer().map_or("", |viewer| &viewer.scope.area),
        reason: by.reason,
    };
    Ok(second_person(worker, &wanted, by.at).await?)
}

/// What a second person gave, for its maker.
pub(in crate::actions) async fn reassign_approved(
    worker: &Worker,
    request: &Value,
    by: Instruction<'_>,
) -> Result<Outcome, PickupError> {
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    let ask = Ask { from: text("from"), to: text("to"), confirm: Some(text("operation")), dry_run: false };
    let report = reassign(worker, ask, by).await?;
    let what = vec![report.operation];
    Ok(if report.done_before { Outcome::Before(what) } else { Outcome::Done(what) })
}
