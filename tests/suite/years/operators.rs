//! What operators do when something happens: as their commands do it.

use cardline::actions::decisions::{Carried, give};
use cardline::actions::dual_control::Second;
use cardline::actions::imports::changed_lines::Asked;
use cardline::actions::imports::reference_file::rows;
use cardline::actions::imports::reference_import::{apply, plan};
use cardline::actions::outcome::{ActionError, Instruction};
use cardline::actions::pickup::reassign::{Ask, asks_second, reassign};
use cardline::actions::pickup::refusal::PickupRefusal;
use cardline::actions::quarantine::operations::{Ask as Retry, What, operate};
use cardline::actions::quarantine::refusal::QuarantineRefusal;
use cardline::actions::quarantine::repair::Repair;
use cardline::actions::recovery::after_restore::{accept, survey};
use cardline::args;
use cardline::quarantine::quarantined::Selection;
use cardline::route::ROUTE;
use cardline::store::Ledger;
use cardline::time::instant;
use cardline_core::card_states;
use cardline_core::domain::reference::{PointKind, Table};
use cardline_core::domain::staff::Role;
use cardline_world::CartonSent;
use cardline_world::play::tick;
use jiff::civil::{Date, Weekday};
use jiff::{Span, Timestamp};

use super::happenings::Happening;
use crate::conformance::arrivals::number;
use crate::conformance::people::users::{add, administered};
use crate::plays::Play;

/// A receipt that came before the manifest of its carton lies in the quarantine: it is taken in again every morning.
pub async fn take_in_what_came_too_early(play: &Play, today: Date) {
    let selection = Selection { code: "UNKNOWN-SHIPMENT".into(), ..Selection::default() };
    let mut retry = Retry {
        actor: "lin",
        reason: "its manifest is there now",
        selection,
        what: What::Retry(Repair::Nothing),
        confirm: None,
        dry_run: true,
        approval: None,
    };
    let at = instant(today, 7, 0);
    let shown = match operate(&play.worker, &retry, at).await {
        Err(ActionError::Refused(QuarantineRefusal::NothingChosen { .. })) => return,
        shown => shown.unwrap_or_else(|e| panic!("{e:?}")),
    };
    (retry.confirm, retry.dry_run) = (Some(shown.operation.as_str()), false);
    operate(&play.worker, &retry, at).await.unwrap_or_else(|e| panic!("{e:?}"));
}

/// Something happens, and people do what is to be done.
pub async fn meet(play: &mut Play, happening: Happening, today: Date) {
    let morning = instant(today, 8, 0);
    match happening {
        Happening::HalfARound => half_a_round(play, today).await,
        Happening::ClockHourBack => {
            tick(&play.worker, None, morning).await.unwrap();
            let back = morning.checked_sub(Span::new().hours(1)).unwrap();
            tick(&play.worker, None, back).await.unwrap();
        }
        Happening::ClockDaysBack => the_clock_jumps(play, later(today, -3), morning).await,
        Happening::ClockYearsAhead => the_clock_jumps(play, later(today, 730), morning).await,
        Happening::PointEnds => {
            if let Some((point, nearest)) = busiest(play).await {
                ends(play, &point, later(today, 7), morning).await;
                play.world.close(&point, &nearest);
            }
        }
        Happening::PointHandedOn => {
            if let Some((from, to)) = busiest(play).await {
                ends(play, &from, today, morning).await;
                hand_on(play, &from, &to, morning).await;
            }
        }
        Happening::HolidayDeclared => holiday(play, later(today, 14), morning).await,
    }
}

fn later(day: Date, days: i64) -> Date {
    day.saturating_add(Span::new().days(days))
}

/// Some of the steps run, then the worker is gone without a farewell; another one goes on.
async fn half_a_round(play: &mut Play, today: Date) {
    for step in ROUTE.iter().take(ROUTE.len() / 2) {
        step.run(&play.worker, instant(today, 7, 30)).await.unwrap();
    }
    play.start_on(today).await;
}

const MOVES: &str = "SELECT count(*) FROM move WHERE life <> 'reconciliation'";

/// Nothing is done at an instant that cannot be believed; a person accepts, and the clock is put right.
async fn the_clock_jumps(play: &mut Play, wrong: Date, right: Timestamp) {
    tick(&play.worker, None, right).await.unwrap();
    let moves = number(&play.worker.ledger, MOVES).await;
    let halted = tick(&play.worker, None, instant(wrong, 9, 0)).await;
    assert!(halted.is_err(), "{wrong} was believed at {right}");
    assert!(tick(&play.worker, None, right).await.is_err(), "nobody accepted it");
    assert_eq!(number(&play.worker.ledger, MOVES).await, moves, "work went on");
    let found = survey(&play.worker).await.unwrap();
    let by = Instruction { actor: "lin", reason: "the time server was wrong", at: right, approval: None };
    accept(&play.worker, found, by).await.unwrap_or_else(|e| panic!("{e:?}"));
    tick(&play.worker, None, right).await.unwrap();
}

/// The community to which most cards still come, and another one of its district that is open.
async fn busiest(play: &Play) -> Option<(String, String)> {
    const WAITING: &str = concat!(
        "SELECT a.point FROM card c JOIN application a ON a.id = c.id WHERE c.place IN (",
        card_states!(not_handed_out),
        ") AND a.method IN ('village', 'community') GROUP BY a.point ORDER BY count(DISTINCT c.place) DESC, count(*) DESC, a.point"
    );
    let mut tx = play.worker.ledger.read().await.unwrap();
    let waiting = tx.rows::<(String,)>(WAITING, args![]).await.unwrap();
    let open = |code: &str| play.worker.reference.point(code).filter(|point| point.kind != PointKind::ServiceCentre);
    let mut open = waiting.into_iter().map(|(code,)| code).filter(|code| open(code).is_some());
    Some((open.next()?, open.next()?))
}

/// A file says that a point ends on a day.
async fn ends(play: &mut Play, point: &str, on: Date, at: Timestamp) {
    let known = play.worker.reference.point(point).unwrap();
    let text = format!("code,name,region,kind,closed_on\n{point},{},{},community,{on}\n", known.name, known.region);
    import(play, Table::Points, &text, at).await;
}

/// The State Council declares a holiday: a Wednesday that is in force in two weeks' time.
async fn holiday(play: &mut Play, about: Date, at: Timestamp) {
    let wednesday = about.nth_weekday(1, Weekday::Wednesday).unwrap();
    let text = format!("date,name,is_off_day,weekday\n{wednesday},放假,true,3\n");
    import(play, Table::Calendar, &text, at).await;
}

async fn import(play: &mut Play, table: Table, text: &str, at: Timestamp) {
    let today = cardline::time::local_date(at);
    let asked = Asked { effective: today, complete: false, today };
    let file = rows(table, text.as_bytes()).unwrap_or_else(|fault| panic!("{fault}"));
    let planned = plan(&play.worker.ledger, &play.worker.policy, &file, asked).await.unwrap_or_else(|e| panic!("{e}"));
    apply(&play.worker.ledger, planned, "lin", at, true, None).await.unwrap();
    // As a daemon that sees the import.
    play.start_on(today).await;
}

/// Everything of a point goes to another one: one person asks, another one gives it.
async fn hand_on(play: &mut Play, from: &str, to: &str, at: Timestamp) {
    let everybody = play.worker.ledger.clone();
    let boss = match everybody.enabled_user("boss").await.unwrap() {
        Some(boss) => everybody.seen_by(boss),
        None => {
            let boss = administered(&everybody).await;
            add(&boss, "wang", Role::Administrator, "", "").await;
            boss
        }
    };
    let wang = everybody.enabled_user("wang").await.unwrap().unwrap();
    play.worker.ledger = boss;
    let by = Instruction { actor: "boss", reason: "the community moves", at, approval: None };
    let ask = Ask { from, to, confirm: None, dry_run: true };
    match reassign(&play.worker, ask, by).await {
        Ok(shown) => {
            let ask = Ask { confirm: Some(&shown.operation), dry_run: false, ..ask };
            let asked = asks_second(&play.worker, ask, by).await.unwrap_or_else(|e| panic!("{e:?}"));
            let Second::Asked { id, .. } = asked else { panic!("nobody was asked") };
            assert!(matches!(give(&mut play.worker, id, &wang, at).await, Ok(Carried::Out)));
        }
        Err(ActionError::Refused(PickupRefusal::NothingToHandOn { .. })) => {}
        Err(other) => panic!("{other:?}"),
    }
    let cartons = sent_on(&everybody, to, at).await;
    play.worker.ledger = everybody;
    play.world.hand_on(from, to, cartons);
}

/// The cartons that went on their way to a point at this instant, with what travels in them: nothing, where all of it is
/// missing or on hold.
async fn sent_on(ledger: &Ledger, to: &str, at: Timestamp) -> Vec<CartonSent> {
    const SENT_ON: &str = "SELECT s.number, x.number, COALESCE(p.card_number, '') FROM move v JOIN shipment s ON s.id = v.subject
        JOIN box x ON x.shipment = s.id LEFT JOIN made m ON m.box = x.id
            AND EXISTS (SELECT 1 FROM application a WHERE a.id = m.application AND a.place IS NULL)
        LEFT JOIN production_row p ON p.application = m.application
        WHERE v.scope = 'shipment' AND v.reason = 'sent on to another point' AND v.from_state <> 'in_transit' AND v.at = $1
            AND s.point = $2 ORDER BY s.number, p.card_number";
    let mut tx = ledger.read().await.unwrap();
    let rows = tx.rows::<(String, String, String)>(SENT_ON, args![at, to]).await.unwrap();
    let mut cartons: Vec<CartonSent> = Vec::new();
    let on = cardline::time::local_date(at);
    for (tracking, box_number, card) in rows {
        if cartons.last().is_none_or(|carton| carton.tracking != tracking) {
            cartons.push(CartonSent { tracking, point: to.into(), box_number, cards: Vec::new(), on });
        }
        if let (Some(carton), false) = (cartons.last_mut(), card.is_empty()) {
            carton.cards.push(card);
        }
    }
    cartons
}
