//! Revisions in every order of arrival, early withdrawals, and what comes too late.

use cardline::args;
use cardline::route::deadlines::Deadlines;
use cardline::route::intake::settle::ArrivingMessage;
use cardline::store::Ledger;
use cardline::time::instant;
use jiff::civil::{Date, date};
use serde_json::json;

use super::quarantine::{Desk, FIRST_DAY, application};
use crate::conformance::arrivals::{Intake, TODAY, arriving, now, number, why, wrong};
use crate::databases::{Database, on_both_engines};
use crate::steps::drain;

on_both_engines!(
    five_revisions_end_alike_in_every_order,
    a_correction_in_time_stops_the_clock_for_whole_days,
    what_is_not_corrected_lapses_and_a_late_correction_is_told_so,
    a_revision_whose_predecessor_never_comes_is_a_persons_at_its_day,
    a_withdrawal_may_come_before_its_application,
    an_early_withdrawal_without_application_is_a_persons_at_its_day,
);

/// Every order of five things (Heap's algorithm).
fn orders() -> Vec<[i64; 5]> {
    fn go(n: usize, order: &mut [i64; 5], all: &mut Vec<[i64; 5]>) {
        if n == 1 {
            return all.push(*order);
        }
        for i in 0..n {
            go(n - 1, order, all);
            order.swap(if n.is_multiple_of(2) { i } else { 0 }, n - 1);
        }
    }
    let mut all = Vec::new();
    go(5, &mut [1, 2, 3, 4, 5], &mut all);
    all
}

/// The revision of an application; `ok` says which revisions have no error. Its bytes name it.
fn revision(application: u32, revision: i64, ok: &[i64]) -> ArrivingMessage {
    let person = format!("person {application}");
    let message = if ok.contains(&revision) {
        arriving(application, revision, &person)
    } else {
        wrong(application, revision, &person)
    };
    ArrivingMessage { encrypted: format!("{application}/{revision}").into_bytes(), ..message }
}

/// Takes in whatever has stopped waiting.
async fn promote_all(intake: &Intake, ok: &[i64]) {
    while let Some(ready) = intake.ledger.ready_gaps(1).await.unwrap().first() {
        let waiting = intake.ledger.ready_gap(*ready).await.unwrap().expect("it is still there");
        let name = String::from_utf8(waiting.encrypted.clone()).unwrap();
        let (application, n) = name.split_once('/').unwrap();
        let message = revision(application.parse().unwrap(), n.parse().unwrap(), ok);
        let message = ArrivingMessage { position: waiting.id, ..message };
        let lease = intake.ledger.take_lease("gaps", "suite", now(), 60).await.unwrap().unwrap();
        intake.ledger.settle_gap(&lease, &waiting, vec![message], why(), TODAY).await.unwrap();
    }
}

/// The end of an application: its state, and what stands of its messages.
async fn end_of(ledger: &Ledger, application: u32) -> String {
    let key = format!("110101-20260105-{application:09}");
    let mut tx = ledger.read().await.unwrap();
    let stands = tx
        .rows::<(String, i64, String, String, bool)>(
            "SELECT state, revision, promise_on, due_on, open FROM application WHERE application_id = $1",
            args![&key],
        )
        .await
        .unwrap();
    let messages = tx
        .rows::<(i64, String)>(
            "SELECT revision, outcome FROM message WHERE application_id = $1 AND act = 0 ORDER BY revision",
            args![&key],
        )
        .await
        .unwrap();
    format!("{stands:?} {messages:?}")
}

async fn five_revisions_end_alike_in_every_order(database: Database) {
    let mut intake = Intake::on(&database).await;
    let orders = orders();
    assert_eq!(orders.len(), 120);
    for (block, ok) in [&[5][..], &[2, 3, 5], &[1], &[3, 4]].into_iter().enumerate() {
        let first = block as u32 * 1000;
        for place in 0..5 {
            let chunk = orders.iter().zip(first..).map(|(order, n)| revision(n, order[place], ok)).collect();
            intake.settle(chunk).await.unwrap();
            promote_all(&intake, ok).await;
        }
        let expected = end_of(&intake.ledger, first).await;
        for n in first..first + 120 {
            assert_eq!(
                end_of(&intake.ledger, n).await,
                expected,
                "order {:?}, right {ok:?}",
                orders[(n - first) as usize]
            );
        }
        let right = format!("revision {} of {ok:?}: {expected}", ok[0]);
        assert!(expected.contains(&format!("(\"accepted\", {},", ok[0])), "{right}");
    }
    intake.books_hold().await;
    assert_eq!(number(&intake.ledger, "SELECT count(*) FROM message WHERE outcome = 'quarantined'").await, 0);
}

async fn a_correction_in_time_stops_the_clock_for_whole_days(database: Database) {
    let desk = Desk::new(database).await;
    let bad = |n| application(n, 1, json!({"bank": "NONE"}));
    desk.take_in(&[bad(1), bad(2), bad(3)], instant(FIRST_DAY, 23, 59)).await;
    // Corrected the next morning, five days later, and approved again five days later.
    desk.take_in(&[application(1, 2, json!({}))], instant(date(2026, 11, 22), 0, 1)).await;
    let anew = application(3, 2, json!({"approved_at": "2026-11-26T08:00:00+08:00"}));
    desk.take_in(&[application(2, 2, json!({})), anew], instant(date(2026, 11, 26), 12, 0)).await;
    for (n, promise) in [(1, date(2026, 12, 21)), (2, date(2026, 12, 25)), (3, date(2026, 12, 26))] {
        let trace = desk.trace(n).await;
        assert_eq!((trace.state.as_str(), trace.promise_on), ("accepted", promise.to_string()), "{n}");
    }
    desk.books_hold(date(2026, 11, 26)).await;
    desk.end().await;
}

/// Runs the deadlines of a day.
async fn deadlines(desk: &Desk, on: Date) {
    drain(&Deadlines, &desk.worker, instant(on, 9, 0)).await.unwrap();
}

async fn what_is_not_corrected_lapses_and_a_late_correction_is_told_so(database: Database) {
    let desk = Desk::new(database).await;
    desk.take_in(&[application(1, 1, json!({"bank": "NONE"}))], instant(FIRST_DAY, 9, 0)).await;
    assert_eq!(desk.trace(1).await.due_on, "2026-12-21");
    deadlines(&desk, date(2026, 12, 21)).await;
    assert_eq!(desk.trace(1).await.state, "rejected", "the last day is inclusive");
    deadlines(&desk, date(2026, 12, 22)).await;
    assert_eq!(desk.trace(1).await.state, "lapsed");
    desk.books_hold(date(2026, 12, 22)).await;
    assert!(desk.ledger().quarantined(&Default::default(), 0, 10).await.unwrap().is_empty(), "what lapsed is over");

    let late = desk.take_in(&[application(1, 2, json!({}))], instant(date(2026, 12, 23), 9, 0)).await;
    assert_eq!((late.rejected, late.accepted), (1, 0));
    let trace = desk.trace(1).await;
    assert_eq!((trace.state.as_str(), trace.revision), ("lapsed", 1));
    assert!(trace.findings.iter().any(|(rule, ..)| rule == "APPLICATION-LAPSED"));
    let told = trace.moves.last().unwrap();
    assert_eq!((told.from.as_str(), told.to.as_str()), ("lapsed", "lapsed"));
    assert!(told.reason.contains("after the lapse"));
    let held = desk.ledger().quarantined(&Default::default(), 0, 10).await.unwrap();
    assert_eq!((held.len(), held[0].reason.as_str()), (1, "APPLICATION-LAPSED"));
    // Revision 3 does not wait for a revision that can never be taken in, and nothing was taken on.
    let later = desk.take_in(&[application(1, 4, json!({}))], instant(date(2026, 12, 23), 9, 0)).await;
    assert_eq!(later.rejected, 1);
    assert!(desk.ledger().cards_by_state().await.unwrap().is_empty());
    desk.books_hold(date(2026, 12, 23)).await;
    desk.end().await;
}

async fn a_revision_whose_predecessor_never_comes_is_a_persons_at_its_day(database: Database) {
    let desk = Desk::new(database).await;
    desk.take_in(&[application(1, 3, json!({}))], instant(FIRST_DAY, 9, 0)).await;
    deadlines(&desk, date(2026, 12, 21)).await;
    assert_eq!(desk.quarantined().await, ["REVISION-GAP"]);
    deadlines(&desk, date(2026, 12, 22)).await;
    assert_eq!(desk.quarantined().await, ["REVISION-GAP-LAPSED"]);
    desk.books_hold(date(2026, 12, 22)).await;
    // A person has a week; then it is somebody's case, and the case ends with the quarantine.
    deadlines(&desk, date(2027, 1, 25)).await;
    let cases = desk.ledger().open_cases().await.unwrap();
    assert_eq!(cases.into_iter().collect::<Vec<_>>(), [("messages lie in the quarantine past their day".into(), 1)]);
    desk.books_hold(date(2027, 1, 25)).await;
    desk.discard(&[1]).await;
    assert!(desk.ledger().open_cases().await.unwrap().is_empty());
    desk.books_hold(date(2027, 1, 25)).await;
    desk.end().await;
}

async fn a_withdrawal_may_come_before_its_application(database: Database) {
    let desk = Desk::new(database).await;
    let withdrawn =
        |n: u32| json!({"type": "application.withdrawn", "application_id": Desk::id(n), "reason": "changed_mind"});
    let counts = desk.events(&[withdrawn(1), withdrawn(2), withdrawn(1)], instant(FIRST_DAY, 9, 0)).await;
    assert_eq!((counts.quarantined, counts.accepted), (3, 0));
    assert_eq!(desk.quarantined().await, ["WITHDRAWAL-EARLY"; 3]);
    let again = desk.event_again(0).await;
    assert_eq!(again.repeated, 1, "a withdrawal that waits is known");
    desk.take_in(
        &[application(1, 1, json!({})), application(2, 1, json!({"bank": "NONE"})), application(3, 1, json!({}))],
        instant(FIRST_DAY, 10, 0),
    )
    .await;
    for (n, state, place) in
        [(1, "withdrawn", Some("no_plastic")), (2, "withdrawn", None), (3, "accepted", Some("waiting_account"))]
    {
        let trace = desk.trace(n).await;
        assert_eq!((trace.state.as_str(), trace.place.as_deref()), (state, place), "{n}");
    }
    let trace = desk.trace(1).await;
    assert!(trace.operations.iter().any(|act| act.what == "withdraw"));
    assert_eq!(number(desk.ledger(), "SELECT count(*) FROM account_waiting").await, 1, "no batch takes it");
    // The second withdrawal of the same application waits on, and nobody is withdrawn twice.
    assert_eq!(desk.quarantined().await, ["WITHDRAWAL-EARLY"]);
    desk.books_hold(FIRST_DAY).await;
    desk.end().await;
}

async fn an_early_withdrawal_without_application_is_a_persons_at_its_day(database: Database) {
    let desk = Desk::new(database).await;
    let withdrawn = json!({"type": "application.withdrawn", "application_id": Desk::id(1), "reason": "changed_mind"});
    desk.events(&[withdrawn], instant(FIRST_DAY, 9, 0)).await;
    deadlines(&desk, date(2026, 12, 22)).await;
    assert_eq!(desk.quarantined().await, ["WITHDRAWAL-LAPSED"]);
    // The application comes after all: nothing withdraws it but a person's retry.
    desk.take_in(&[application(1, 1, json!({}))], instant(date(2026, 12, 22), 10, 0)).await;
    assert_eq!(desk.trace(1).await.state, "accepted");
    let report = desk.retry(&[1]).await;
    assert_eq!((report.outcome.counts.accepted, report.outcome.counts.received), (1, 1));
    assert_eq!(desk.trace(1).await.state, "withdrawn");
    assert!(desk.quarantined().await.is_empty());
    desk.books_hold(date(2026, 12, 22)).await;
    desk.end().await;
}
