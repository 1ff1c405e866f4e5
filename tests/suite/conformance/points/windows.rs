//! Pickup windows moved by a person: what is shown is what is done, once, and only within the scope.

use std::sync::Arc;

use cardline::actions::cases::decide::decide;
use cardline::actions::cases::list::case_page;
use cardline::actions::outcome::{ActionError, Instruction};
use cardline::actions::pickup::days::WindowChange;
use cardline::actions::pickup::refusal::PickupRefusal;
use cardline::actions::pickup::windows::{Ask, WindowReport, move_windows};
use cardline::cases::case_list::CaseQuery;
use cardline::custody::containers::SHIPMENT;
use cardline::route::distribution::windows::{EndWindows, OpenWindows};
use cardline::step::{Step, Worker};
use cardline::store::transition::move_set;
use cardline::store::{Ledger, Stamp};
use cardline::time::instant;
use cardline::transition;
use cardline_core::domain::policy::Policy;
use cardline_core::domain::staff::Role;
use cardline_core::state_machines::CARD;
use cardline_core::state_machines::decision::Decision;
use jiff::civil::{Date, date};

use crate::conformance::arrivals::{execute, number, texts};
use crate::conformance::batching::batches::{by, laws_hold, morning, played};
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, on_both_engines};
use crate::steps::{claim, drain};

on_both_engines!(a_person_moves_windows_as_shown, many_windows_end_when_a_person_says_so);

const FIVE_DAYS: WindowChange = WindowChange::Extend { working_days: 5 };

fn until(day: Date) -> WindowChange {
    WindowChange::Open { until: day }
}

async fn asked(
    worker: &Worker,
    place: &str,
    change: WindowChange,
    confirm: Option<&str>,
    dry_run: bool,
) -> Result<WindowReport, PickupRefusal> {
    match move_windows(worker, Ask { place, change, confirm, dry_run }, by(morning())).await {
        Ok(report) => Ok(report),
        Err(ActionError::Refused(refusal)) => Err(refusal),
        Err(ActionError::Failed(error)) => panic!("{error}"),
    }
}

async fn preview(worker: &Worker, place: &str, change: WindowChange) -> WindowReport {
    let writes = worker.ledger.row_writes();
    let report = asked(worker, place, change, None, true).await.unwrap();
    assert_eq!(worker.ledger.row_writes(), writes, "a preview wrote");
    report
}

async fn a_person_moves_windows_as_shown(database: Database) {
    let mut play = played(database).await;
    let worker = &play.worker;
    let open = "SELECT count(*) FROM shipment WHERE NOT done AND place = 'on_shelf'";
    assert!(number(&worker.ledger, open).await > 2, "the play shows too little");
    let point = texts(
        &worker.ledger,
        "SELECT s.point FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         WHERE NOT s.done AND s.place = 'on_shelf' AND a.place IS NULL GROUP BY s.point ORDER BY count(*) DESC, s.point",
    )
    .await
    .remove(0);

    an_extension_is_carried_out_once(worker, &point).await;
    laws_hold(&play, "an extension").await;
    what_is_extended_meanwhile_is_not_recalled(&play.worker, &point).await;
    a_notice_opens_what_waits(&play.worker).await;
    laws_hold(&play, "a notice").await;
    nothing_impossible_is_done(&play.worker, &point).await;
    nobody_moves_what_they_do_not_see(&mut play.worker, &point).await;
    laws_hold(&play, "people of one area").await;
    play.end().await;
}

/// The lasts days of open windows of a point.
async fn last_days(worker: &Worker, point: &str) -> Vec<String> {
    let sql = format!(
        "SELECT DISTINCT s.window_last FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         WHERE NOT s.done AND s.place = 'on_shelf' AND s.point = '{point}' AND a.place IS NULL AND s.window_last = s.due_on ORDER BY 1"
    );
    texts(&worker.ledger, sql.leak()).await
}

async fn an_extension_is_carried_out_once(worker: &Worker, point: &str) {
    let before = last_days(worker, point).await;
    let shown = preview(worker, point, FIVE_DAYS).await;
    let lying = format!(
        "FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         WHERE NOT s.done AND s.place = 'on_shelf' AND s.point = '{point}' AND a.place IS NULL"
    );
    let counted = [
        number(&worker.ledger, &format!("SELECT count(DISTINCT s.id) {lying}")).await,
        number(&worker.ledger, &format!("SELECT count(*) {lying}")).await,
        number(&worker.ledger, &format!("SELECT count(DISTINCT a.person) {lying}")).await,
    ];
    assert_eq!(([shown.shipments, shown.cards, shown.people], shown.points), (counted, 1));
    assert!(shown.dry_run && !shown.done && !shown.name.is_empty() && shown.operation.len() == 32);
    assert_eq!(shown.windows.iter().map(|window| window.from.clone().unwrap()).collect::<Vec<_>>(), before);

    let unconfirmed = asked(worker, point, FIVE_DAYS, None, false).await.unwrap_err();
    assert_eq!(unconfirmed, PickupRefusal::Unconfirmed { cards: shown.cards });
    let other = asked(worker, point, FIVE_DAYS, Some("0123456789abcdef"), false).await.unwrap_err();
    assert_eq!(other.code().0, "other-operation");

    let id = Some(shown.operation.as_str());
    let done = asked(worker, point, FIVE_DAYS, id, false).await.unwrap();
    assert!(done.done && done.cards == shown.cards && done.windows == shown.windows);
    let becomes: Vec<String> = shown.windows.iter().map(|window| window.to.clone()).collect();
    assert_eq!(last_days(worker, point).await, becomes);
    for (was, becomes) in before.iter().zip(&becomes) {
        let was: Date = was.parse().unwrap();
        let today = cardline::time::local_date(morning());
        assert_eq!(worker.working_days_after(was.max(today), 5).to_string(), *becomes);
    }
    let told = "SELECT count(*) FROM move WHERE scope = 'shipment' AND actor = 'lin' AND reason = 'the last day was moved by a person' AND from_state = 'on_shelf' AND to_state = 'on_shelf'";
    assert_eq!(number(&worker.ledger, told).await, shown.shipments);

    let writes = worker.ledger.row_writes();
    let again = asked(worker, point, FIVE_DAYS, id, false).await.unwrap();
    assert!(again.done_before && !again.done && again.cards == shown.cards);
    assert_eq!(worker.ledger.row_writes(), writes, "done twice");
    let three = asked(worker, point, WindowChange::Extend { working_days: 3 }, id, false).await.unwrap_err();
    assert_eq!(three.code().0, "other-operation");
}

/// Windows that ended are claimed; before that is settled somebody extends them.
async fn what_is_extended_meanwhile_is_not_recalled(worker: &Worker, point: &str) {
    let ended =
        "UPDATE shipment SET window_last = '2026-01-05', due_on = '2026-01-05' WHERE NOT done AND place = 'on_shelf'";
    execute(&worker.ledger, ended).await;
    let claimed = claim(&EndWindows, worker, morning()).await.unwrap().expect("a window that ended");
    let worked = EndWindows.work(worker, claimed, morning()).unwrap();
    let shown = preview(worker, point, FIVE_DAYS).await;
    asked(worker, point, FIVE_DAYS, Some(&shown.operation), false).await.unwrap();
    EndWindows.settle(worker, worked, morning()).await.unwrap();
    drain(&EndWindows, worker, morning()).await.unwrap();
    let still = last_days(worker, point).await;
    assert!(still.contains(&shown.windows[0].to), "{still:?}");
}

/// What was received is opened and what is open goes on, to a day that no calendar moves; nothing ends earlier. What a
/// worker was about to open by policy stays as the notice has it.
async fn a_notice_opens_what_waits(worker: &Worker) {
    receive_one(&worker.ledger).await;
    let claimed = claim(&OpenWindows, worker, morning()).await.unwrap().expect("a received shipment");
    let worked = OpenWindows.work(worker, claimed, morning()).unwrap();
    let day = date(2026, 7, 31);
    let received =
        "SELECT substr(a.region, 1, 2) FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
         JOIN application a ON a.id = m.application WHERE s.place = 'at_point'";
    let area = texts(&worker.ledger, received).await.remove(0);
    let later = format!(
        "UPDATE shipment SET window_last = '2026-08-03', due_on = '2026-08-03' WHERE id = (SELECT max(s.id) FROM shipment s
         JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         WHERE NOT s.done AND s.place = 'on_shelf' AND a.place IS NULL AND a.region LIKE '{area}%')"
    );
    assert_eq!(execute(&worker.ledger, &later).await, 1);
    let shown = preview(worker, &area, until(day)).await;
    assert!(shown.left_out.later > 0 && shown.points > 1 && shown.people > 0, "{shown:?}");
    assert!(shown.windows.iter().any(|window| window.from.is_none()), "{shown:?}");
    let done = asked(worker, &area, until(day), Some(&shown.operation), false).await.unwrap();
    assert!(done.done);
    OpenWindows.settle(worker, worked, morning()).await.unwrap();
    let open = "SELECT count(*) FROM shipment WHERE last_by_notice AND place = 'on_shelf' AND window_last = '2026-07-31' AND due_on = window_last AND ready_on IS NOT NULL";
    assert_eq!(number(&worker.ledger, open).await, shown.shipments);
    let moves = worker.ledger.open_deadlines(cardline::time::local_date(morning())).await.unwrap();
    assert!(moves.iter().all(|open| open.what != "window" || open.due_on != day), "a calendar would move a fixed day");
    let refused = asked(worker, &area, until(day), None, true).await.unwrap_err();
    assert_eq!(refused.code(), ("nothing-moves", area));
}

/// A point receives the last shipment that is on its way.
async fn receive_one(ledger: &Ledger) {
    let id = number(ledger, "SELECT max(id) FROM shipment WHERE NOT done AND place = 'in_transit'").await;
    let mut tx = ledger.begin().await.unwrap();
    let why = Stamp { at: morning(), actor: "test", reason: "received" };
    move_set(&mut tx, SHIPMENT.of(id), transition!(CARD, "in_transit" => "at_point"), why).await.unwrap();
    tx.commit().await.unwrap();
}

async fn nothing_impossible_is_done(worker: &Worker, point: &str) {
    let refused = async |place: &str, change| asked(worker, place, change, None, true).await.unwrap_err().code().0;
    for place in ["", "9", "99", "110101999999", "none", "1101' OR 1=1 --", "１１"] {
        assert_eq!(refused(place, FIVE_DAYS).await, "no-such-place", "{place}");
    }
    assert_eq!(refused(point, until(date(2025, 12, 31))).await, "day-passed");
    assert_eq!(refused(point, until(date(2062, 7, 31))).await, "too-far");
}

async fn nobody_moves_what_they_do_not_see(worker: &mut Worker, point: &str) {
    let whole = worker.ledger.clone();
    let boss = administered(&whole).await;
    let district = &point[..6];
    for (name, bank, area, sees) in
        [("far", "", "99", false), ("near", "", district, true), ("none", "NOBANK", "", false)]
    {
        worker.ledger = boss.seen_by(add(&boss, name, Role::Administrator, bank, area).await);
        let found = asked(worker, point, FIVE_DAYS, None, true).await;
        assert_eq!(found.is_ok(), sees, "{name}: {found:?}");
        if let Ok(shown) = found {
            let by = Instruction { actor: name, ..by(morning()) };
            let ask = Ask { place: point, change: FIVE_DAYS, confirm: Some(&shown.operation), dry_run: false };
            assert!(move_windows(worker, ask, by).await.unwrap().done);
            assert_eq!(asked(worker, &point[..2], FIVE_DAYS, None, true).await.unwrap_err().code().0, "no-such-place");
        }
    }
    worker.ledger = whole;
}

async fn many_windows_end_when_a_person_says_so(database: Database) {
    let mut play = played(database).await;
    let few =
        include_str!("../../../../schemas/policy.toml").replace("window_ends_count = 100", "window_ends_count = 2");
    play.worker.policy = Arc::new(Policy::load(&few).unwrap());
    let (worker, now) = (&play.worker, morning());
    let ended = |day: &str, by_notice: bool| {
        format!(
            "UPDATE shipment SET window_last = '{day}', due_on = '{day}', last_by_notice = {by_notice} WHERE NOT done AND place = 'on_shelf'"
        )
    };
    assert!(execute(&worker.ledger, &ended("2026-01-24", false)).await > 2);
    let still = "SELECT count(*) FROM shipment WHERE NOT done AND place = 'on_shelf' AND window_last = '2026-01-24'";
    let all = number(&worker.ledger, still).await;
    for _ in 0..2 {
        drain(&EndWindows, worker, now).await.unwrap();
        assert_eq!(number(&worker.ledger, still).await, all, "none ends before somebody says so");
    }
    // Their day is that of the case.
    laws_hold(&play, "a question").await;
    let query = CaseQuery { limit: 100, ..CaseQuery::default() };
    let cases = case_page(worker, &query, now).await.unwrap().cases;
    let asked: Vec<_> = cases.iter().filter(|case| case.reason == "many pickup windows end at once").collect();
    let [case] = &asked[..] else { panic!("one case: {cases:?}") };
    assert_eq!(case.owner, "administrator");
    decide(worker, case.number, Decision::Noted, by(now)).await.unwrap();
    drain(&EndWindows, worker, now).await.unwrap();
    assert_eq!(number(&worker.ledger, still).await, 0);
    laws_hold(&play, "the answer").await;

    // What a notice gave its last day was shown before.
    assert!(execute(&worker.ledger, &ended("2026-02-20", true)).await > 2);
    drain(&EndWindows, worker, instant(date(2026, 2, 21), 9, 0)).await.unwrap();
    assert_eq!(number(&worker.ledger, &still.replace("2026-01-24", "2026-02-20")).await, 0);
    play.end().await;
}
