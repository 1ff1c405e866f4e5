//! A point that closes hands everything on in one act: what lies there, what is on its way, and what is not made yet.

use cardline::actions::approval_list::show_approval;
use cardline::actions::decisions::{Carried, give};
use cardline::actions::dual_control::Second;
use cardline::actions::outcome::{ActionError, Instruction};
use cardline::actions::pickup::days::WindowChange;
use cardline::actions::pickup::reassign::{Ask, ReassignReport, asks_second, reassign};
use cardline::actions::pickup::refusal::PickupRefusal;
use cardline::actions::pickup::windows::{self, move_windows};
use cardline::books::day_explained::explain_day;
use cardline::route::distribution::windows::OpenWindows;
use cardline::step::Worker;
use cardline::time::{instant, local_date};
use cardline_core::domain::staff::Role;
use cardline_world::play::day;
use jiff::Timestamp;
use serde_json::json;

use crate::conformance::arrivals::{execute, number, texts};
use crate::conformance::people::users::{add, administered};
use crate::conformance::receipts::told;
use crate::databases::{Database, on_both_engines};
use crate::plays::{Play, broken};
use crate::steps::drain;

on_both_engines!(a_point_hands_everything_on);

/// Days played before the point closes, and after it.
const DAYS: [u32; 2] = [16, 22];
const NOT_HANDED_OUT: &str = "'waiting_account', 'in_account_batch', 'waiting_production', 'in_production', 'spoiled', 'produced', 'in_transit', 'at_point', 'on_shelf', 'held', 'missing'";

fn by(at: Timestamp) -> Instruction<'static> {
    Instruction { actor: "lin", reason: "the hall closes", at, approval: None }
}

async fn asked(worker: &Worker, ask: Ask<'_>, at: Timestamp) -> Result<ReassignReport, PickupRefusal> {
    match reassign(worker, ask, by(at)).await {
        Ok(report) => Ok(report),
        Err(ActionError::Refused(refusal)) => Err(refusal),
        Err(ActionError::Failed(error)) => panic!("{error}"),
    }
}

async fn refused(worker: &Worker, from: &str, to: &str, at: Timestamp) -> &'static str {
    asked(worker, Ask { from, to, confirm: None, dry_run: true }, at).await.unwrap_err().code().0
}

async fn laws_hold(play: &Play, n: u32) {
    let broken = broken(&play.books(n, true).await);
    assert!(broken.is_empty(), "on day {n}: {broken:?}");
}

async fn a_point_hands_everything_on(database: Database) {
    let mut play = Play::new(database, 3, 160, 40).await;
    for n in 0..DAYS[0] {
        play.day(n).await;
    }
    let at = instant(day(DAYS[0]), 0, 10);
    let (from, to) = neighbours(&play.worker).await;

    what_cannot_take_over_is_refused(&play.worker, &from, &to, at).await;
    let before = number(&play.worker.ledger, "SELECT count(*) FROM desk_case").await;
    let moved = everything_goes_on_once(&play.worker, &from, &to, at).await;
    laws_hold(&play, DAYS[0] - 1).await;
    for n in DAYS[0]..DAYS[1] {
        play.day(n).await;
        every_day_is_explained(&play.worker, &to, instant(day(n), 18, 0)).await;
    }
    // What was still at the bureau came with the old point in the manifest, and travels to the new one.
    let doubted =
        "SELECT count(*) FROM desk_case WHERE reason LIKE '%another point%' OR reason LIKE '%goes to one point%'";
    assert_eq!(number(&play.worker.ledger, doubted).await, 0, "{before} cases before");
    let old = format!(
        "SELECT count(*) FROM card c JOIN application a ON a.id = c.id WHERE a.point = '{from}' AND c.place IN ({NOT_HANDED_OUT})"
    );
    let late = format!("{old} AND a.approved_on < '{}'", day(DAYS[0]));
    assert_eq!(number(&play.worker.ledger, &late).await, 0);
    what_went_on_is_counted_and_opened_again(&play.worker, &to, &moved, instant(day(DAYS[1] - 1), 18, 30)).await;
    laws_hold(&play, DAYS[1] - 1).await;
    two_persons_do_it(&mut play.worker, &to, &from, instant(day(DAYS[1] - 1), 18, 40)).await;
    two_persons_close(&mut play.worker, instant(day(DAYS[1] - 1), 18, 40)).await;
    laws_hold(&play, DAYS[1] - 1).await;
    play.end().await;
}

/// The pickup point with most cards on its shelf of those to which more come, and another one near it.
async fn neighbours(worker: &Worker) -> (String, String) {
    let sql = format!(
        "SELECT a.point FROM card c JOIN application a ON a.id = c.id WHERE c.place IN ({NOT_HANDED_OUT})
         GROUP BY a.point ORDER BY CASE WHEN sum(CASE WHEN c.place IN ('on_shelf', 'at_point') THEN 1 ELSE 0 END) > 0
            AND sum(CASE WHEN c.place IN ('in_production', 'produced') THEN 1 ELSE 0 END) > 0 THEN 0 ELSE 1 END, count(DISTINCT c.place) DESC, count(*) DESC, a.point"
    );
    let points = texts(&worker.ledger, sql.leak()).await;
    let from = points.iter().find(|code| worker.reference.point(code).is_some()).unwrap().clone();
    let to = near(worker, &from).into_iter().find(|code| !points.contains(code)).unwrap();
    (from, to)
}

/// The other points of the same district.
pub(crate) fn near(worker: &Worker, code: &str) -> Vec<String> {
    let region = &worker.reference.point(code).unwrap().region;
    let others = worker.reference.points().filter(|(other, point)| *other != code && &point.region == region);
    let mut near: Vec<_> = others.map(|(code, _)| code.to_owned()).collect();
    near.sort_unstable();
    near
}

/// Hands one point on to another.
pub(crate) async fn handed_on(worker: &Worker, from: &str, to: &str, at: Timestamp) -> ReassignReport {
    let shown = asked(worker, Ask { from, to, confirm: None, dry_run: true }, at).await.unwrap();
    let ask = Ask { from, to, confirm: Some(&shown.operation), dry_run: false };
    asked(worker, ask, at).await.unwrap()
}

async fn what_cannot_take_over_is_refused(worker: &Worker, from: &str, to: &str, at: Timestamp) {
    assert_eq!(refused(worker, from, from, at).await, "takes-over-itself");
    assert_eq!(refused(worker, from, "999999999999", at).await, "no-such-place");
    assert_eq!(refused(worker, to, from, at).await, "nothing-to-hand-on");
    let (outlet, _) = worker.reference.outlets().next().unwrap();
    assert_eq!(refused(worker, from, outlet, at).await, "takes-over-other-sort");
    let province = &from[..2];
    let far = worker.reference.points().find(|(code, _)| !code.starts_with(province)).unwrap().0;
    assert_eq!(refused(worker, from, far, at).await, "takes-over-too-far");
}

async fn everything_goes_on_once(worker: &Worker, from: &str, to: &str, at: Timestamp) -> Vec<String> {
    let ledger = &worker.ledger;
    let of_point = format!(
        "FROM card c JOIN application a ON a.id = c.id WHERE a.point = '{from}' AND c.place IN ({NOT_HANDED_OUT})"
    );
    let cards = number(ledger, &format!("SELECT count(*) {of_point}")).await;
    let states = texts(ledger, format!("SELECT DISTINCT c.place {of_point} ORDER BY 1").leak()).await;
    assert!(
        states.len() > 1 && states.iter().any(|state| state == "on_shelf"),
        "the play shows too little: {states:?}"
    );
    let lying = format!(
        "SELECT s.number FROM shipment s WHERE NOT s.done AND s.point = '{from}' AND s.place IN ('at_point', 'on_shelf') ORDER BY 1"
    );
    let lying = texts(ledger, lying.leak()).await;

    let writes = ledger.row_writes();
    let shown = asked(worker, Ask { from, to, confirm: None, dry_run: true }, at).await.unwrap();
    assert_eq!(ledger.row_writes(), writes, "a preview wrote");
    assert_eq!((shown.cards, shown.places.iter().map(|row| row.cards).sum::<i64>()), (cards, cards));
    assert_eq!(shown.places.iter().map(|row| row.state.clone()).collect::<Vec<_>>(), states);
    let unconfirmed = asked(worker, Ask { from, to, confirm: None, dry_run: false }, at).await.unwrap_err();
    assert_eq!(unconfirmed, PickupRefusal::Unconfirmed { cards });
    let other = Ask { from, to, confirm: Some("0123"), dry_run: false };
    assert_eq!(asked(worker, other, at).await.unwrap_err().code().0, "other-operation");

    let confirmed = Ask { from, to, confirm: Some(&shown.operation), dry_run: false };
    let done = asked(worker, confirmed, at).await.unwrap();
    assert_eq!((done.done, done.cards, done.shipments), (true, cards, shown.shipments));
    assert_eq!(number(ledger, &format!("SELECT count(*) {of_point}")).await, 0);
    let sent_on = "SELECT count(*) FROM move WHERE scope = 'shipment' AND actor = 'lin' AND reason = 'sent on to another point' AND to_state = 'in_transit'";
    assert_eq!(number(ledger, sent_on).await, shown.shipments);
    every_day_is_explained(worker, to, at).await;

    let writes = ledger.row_writes();
    let again = asked(worker, confirmed, at).await.unwrap();
    assert_eq!((again.done, again.done_before, again.cards), (false, true, cards));
    assert_eq!(ledger.row_writes(), writes);
    lying
}

async fn every_day_is_explained(worker: &Worker, point: &str, at: Timestamp) {
    let sql = format!("SELECT application_id FROM application WHERE point = '{point}' ORDER BY id");
    for id in texts(&worker.ledger, sql.leak()).await {
        let shown = explain_day(worker, &id, at).await.unwrap().unwrap();
        assert!(shown.agrees, "at {at}: {shown:?}");
    }
}

/// What lay at the first point is counted at the second one against what still travels, and can be collected there.
async fn what_went_on_is_counted_and_opened_again(worker: &Worker, to: &str, cartons: &[String], at: Timestamp) {
    let ledger = &worker.ledger;
    let ready = "SELECT number || ' ' || COALESCE(ready_on, '') FROM shipment WHERE ready_on IS NOT NULL ORDER BY id";
    let promised = texts(ledger, ready).await;
    let mut counted = 0;
    for (at_carton, carton) in cartons.iter().enumerate() {
        let travelling = format!(
            "SELECT count(*) FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
             WHERE s.number = '{carton}' AND s.place = 'in_transit' AND s.point = '{to}' AND a.place IS NULL"
        );
        let count = number(ledger, &travelling).await;
        if count == 0 {
            continue;
        }
        counted += 1;
        let event =
            |count| json!({ "type": "point.received", "shipment": carton, "count": count, "at": at.to_string() });
        let name = format!("again-{at_carton}");
        assert_eq!(told(worker, &name, &[event(count)], at).await.accepted, 1);
    }
    assert!(counted > 0, "nothing went on: {cartons:?}");
    let cases = "SELECT count(*) FROM desk_case WHERE reason LIKE 'a delivery is%' AND state = 'open'";
    assert_eq!(number(ledger, cases).await, 0);
    drain(&OpenWindows, worker, at).await.unwrap();
    let open = format!("SELECT count(*) FROM shipment WHERE point = '{to}' AND place = 'on_shelf' AND NOT done");
    assert!(number(ledger, &open).await >= counted);
    let after = texts(ledger, ready).await;
    assert!(promised.iter().all(|was| after.contains(was)), "a promise was counted twice");
    every_day_is_explained(worker, to, at).await;
}

async fn two_persons_do_it(worker: &mut Worker, from: &str, to: &str, at: Timestamp) {
    let ledger = administered(&worker.ledger).await;
    worker.ledger = ledger.clone();
    let lin = add(&ledger, "lin", Role::Administrator, "", &from[..6]).await;
    let far = add(&ledger, "far", Role::Administrator, "", "99").await;
    let wang = add(&ledger, "wang", Role::Administrator, "", "").await;
    worker.ledger = ledger.seen_by(far);
    assert_eq!(refused(worker, from, to, at).await, "no-such-place");
    worker.ledger = ledger.seen_by(lin);
    let shown = asked(worker, Ask { from, to, confirm: None, dry_run: true }, at).await.unwrap();
    let ask = Ask { from, to, confirm: Some(&shown.operation), dry_run: false };
    assert_eq!(asked(worker, ask, at).await.unwrap_err().code().0, "needs-second");
    let Second::Asked { id, .. } = asks_second(worker, ask, by(at)).await.unwrap() else { panic!("nobody gave it") };
    assert!(matches!(asks_second(worker, ask, by(at)).await.unwrap(), Second::Asked { id: same, .. } if same == id));
    // Who gives it sees what it does: the points by name, and how much goes on.
    let seen = told_to_second(worker, id, at).await;
    let goes_on = format!("all goes on to {to} {}; 1 points, {} shipments", shown.to_name, shown.shipments);
    assert!(seen.starts_with(from) && seen.contains(&goes_on), "{seen}");
    assert!(seen.ends_with(&format!("{} cards of {} people", shown.cards, shown.people)), "{seen}");
    for carried in [Carried::Out, Carried::Before] {
        assert_eq!(give(worker, id, &wang, at).await.unwrap(), carried);
    }
    assert!(asked(worker, ask, at).await.unwrap().done_before);
    // Sent back and on again it is another operation, though the same cards go the same way.
    for (from, to) in [(to, from), (from, to)] {
        let by = Instruction { actor: "boss", ..by(at) };
        worker.ledger = ledger.clone();
        let shown = reassign(worker, Ask { from, to, confirm: None, dry_run: true }, by).await.unwrap();
        let ask = Ask { from, to, confirm: Some(&shown.operation), dry_run: false };
        let Second::Asked { id, .. } = asks_second(worker, ask, by).await.unwrap() else { panic!("nobody gave it") };
        assert_eq!(give(worker, id, &wang, at).await.unwrap(), Carried::Out);
    }
    worker.ledger = ledger;
}

async fn told_to_second(worker: &Worker, id: i64, at: Timestamp) -> String {
    show_approval(worker, id, at).await.unwrap().unwrap().about.unwrap().to_string()
}

/// A window ends earlier than its holders were told: as shown, and by two persons.
async fn two_persons_close(worker: &mut Worker, at: Timestamp) {
    let ledger = worker.ledger.clone();
    let wang = ledger.enabled_user("wang").await.unwrap().unwrap();
    let by = Instruction { actor: "boss", ..by(at) };
    let last = local_date(at).saturating_add(jiff::Span::new().days(1));
    let open = format!(
        "SELECT s.point FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         WHERE NOT s.done AND s.place = 'on_shelf' AND a.place IS NULL AND s.window_last > '{last}' GROUP BY s.point ORDER BY count(*) DESC, s.point"
    );
    let point = texts(&ledger, open.leak()).await.remove(0);
    let ask = windows::Ask { place: &point, change: WindowChange::Close { last }, confirm: None, dry_run: true };
    let shown = move_windows(worker, ask, by).await.unwrap();
    assert!(shown.windows.iter().all(|row| row.to == last.to_string()) && shown.second_person, "{shown:?}");
    let ask = windows::Ask { confirm: Some(&shown.operation), dry_run: false, ..ask };
    let alone = move_windows(worker, ask, by).await;
    assert!(matches!(alone, Err(ActionError::Refused(PickupRefusal::NeedsSecond { .. }))));
    let Second::Asked { id, .. } = windows::asks_second(worker, ask, by).await.unwrap() else {
        panic!("nobody gave it")
    };
    let seen = told_to_second(worker, id, at).await;
    assert!(seen.starts_with(&point) && seen.contains(&format!(" {last}; 1 points, ")), "{seen}");
    assert!(seen.ends_with(&format!("{} cards of {} people", shown.cards, shown.people)), "{seen}");
    // A card that leaves meanwhile makes it no other request.
    let one = format!(
        "SELECT min(a.id) FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         WHERE s.point = '{point}' AND NOT s.done AND s.place = 'on_shelf' AND a.place IS NULL"
    );
    let one = number(&ledger, &one).await;
    execute(&ledger, &format!("UPDATE application SET place = 'recalled' WHERE id = {one}")).await;
    assert!(
        matches!(windows::asks_second(worker, ask, by).await.unwrap(), Second::Asked { id: same, .. } if same == id)
    );
    execute(&ledger, &format!("UPDATE application SET place = NULL WHERE id = {one}")).await;
    assert_eq!(give(worker, id, &wang, at).await.unwrap(), Carried::Out);
    assert!(move_windows(worker, ask, by).await.unwrap().done_before);
    let ends = format!(
        "SELECT count(*) FROM shipment WHERE point = '{point}' AND NOT done AND place = 'on_shelf' AND window_last = '{last}' AND last_by_notice"
    );
    assert_eq!(number(&ledger, &ends).await, shown.shipments);
    let today =
        windows::Ask { change: WindowChange::Close { last: local_date(at) }, confirm: None, dry_run: true, ..ask };
    assert!(matches!(move_windows(worker, today, by).await, Err(ActionError::Refused(PickupRefusal::TooSoon { .. }))));
}
