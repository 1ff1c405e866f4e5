//! Settling chunks: identity, repeats, conflicts, revisions, persons, and the source's position.

use cardline::args;
use cardline::route::intake::settle::IntakeCounts;
use cardline::store::LedgerError;

use crate::conformance::arrivals::{Intake, arriving, execute, number, unreadable, wrong};
use crate::databases::{Database, on_both_engines};

on_both_engines!(
    a_chunk_divides_and_every_part_is_kept,
    the_same_content_again_is_a_repeat,
    other_content_under_a_known_identity_conflicts_once,
    a_higher_revision_replaces_a_rejected_one,
    a_gap_waits_and_is_promoted_in_order,
    a_gap_after_an_accepted_one_is_for_a_person,
    one_person_has_one_open_application,
    one_person_in_two_chunks_has_one_open_application,
    a_moved_position_writes_nothing,
    a_second_worker_changes_nothing,
);

async fn a_chunk_divides_and_every_part_is_kept(database: Database) {
    let mut intake = Intake::on(&database).await;
    let counts = intake.settle(vec![arriving(1, 1, "a"), wrong(2, 1, "b"), unreadable(), arriving(3, 1, "c")]).await;
    let wanted = IntakeCounts { received: 4, accepted: 2, rejected: 1, quarantined: 1, ..IntakeCounts::default() };
    assert_eq!(counts.unwrap(), wanted);
    assert_eq!(intake.ledger.intake_counts("card.applications").await.unwrap(), wanted);
    assert_eq!(intake.stands(1).await, Some(("accepted".into(), 1)));
    assert_eq!(intake.stands(2).await, Some(("rejected".into(), 1)));
    let trace = intake.ledger.trace("110101-20260105-000000002").await.unwrap().unwrap();
    assert_eq!(trace.findings, [("MOBILE-FORM".into(), "holder.mobile".into(), "error".into())]);
    assert_eq!(trace.place, None);
    assert_eq!(number(&intake.ledger, "SELECT count(*) FROM message WHERE length(sealed) = 4").await, 4);
    assert_eq!(intake.ledger.positions("card.applications", &[0]).await.unwrap(), [(0, 4)]);
    intake.books_hold().await;
}

async fn the_same_content_again_is_a_repeat(database: Database) {
    let mut intake = Intake::on(&database).await;
    let counts =
        intake.settle(vec![arriving(1, 1, "a"), arriving(1, 1, "a"), wrong(2, 1, "b"), wrong(2, 1, "b")]).await;
    let counts = counts.unwrap();
    assert_eq!((counts.accepted, counts.rejected, counts.repeated), (1, 1, 2));
    let before = number(&intake.ledger, "SELECT count(*) FROM move").await;
    assert_eq!(intake.verdict(arriving(1, 1, "a")).await, "repeated");
    assert_eq!(intake.verdict(wrong(2, 1, "b")).await, "repeated");
    // The digest leaves the event's id out: sent again under another one it is the same message.
    let renamed =
        cardline::route::intake::settle::ArrivingMessage { event_id: Some("other".into()), ..arriving(1, 1, "a") };
    assert_eq!(intake.verdict(renamed).await, "repeated");
    assert_eq!(number(&intake.ledger, "SELECT count(*) FROM move").await, before);
    intake.books_hold().await;
}

async fn other_content_under_a_known_identity_conflicts_once(database: Database) {
    let mut intake = Intake::on(&database).await;
    assert_eq!(intake.verdict(arriving(1, 1, "a")).await, "accepted");
    let mut event = arriving(2, 1, "b");
    event.event_id = Some("event-1-1".into());
    assert_eq!(intake.verdict(event).await, "conflicting");
    let other = || {
        let mut revision = arriving(1, 1, "c");
        revision.event_id = Some("event-9".into());
        revision
    };
    assert_eq!(intake.verdict(other()).await, "conflicting");
    assert_eq!(intake.verdict(other()).await, "repeated", "a conflict that comes again is a repeat");
    assert_eq!(intake.verdict(arriving(1, 2, "a")).await, "conflicting", "an accepted one is not open to correction");
    let reasons = "SELECT reason FROM message WHERE outcome = 'conflicting' ORDER BY id";
    let reasons = intake.ledger.read().await.unwrap().rows::<(String,)>(reasons, args![]).await.unwrap();
    let reasons: Vec<&str> = reasons.iter().map(|row| row.0.as_str()).collect();
    assert_eq!(reasons, ["EVENT-CONFLICT", "REVISION-CONFLICT", "REVISION-NOT-OPEN"]);
    assert_eq!(intake.stands(1).await, Some(("accepted".into(), 1)));
    assert_eq!(intake.stands(2).await, None);
    intake.books_hold().await;
}

async fn a_higher_revision_replaces_a_rejected_one(database: Database) {
    let mut intake = Intake::on(&database).await;
    assert_eq!(intake.verdict(wrong(1, 1, "a")).await, "rejected");
    assert_eq!(intake.verdict(wrong(1, 2, "a")).await, "rejected");
    assert_eq!(intake.stands(1).await, Some(("rejected".into(), 2)));
    assert_eq!(intake.verdict(arriving(1, 3, "a")).await, "accepted");
    assert_eq!(intake.stands(1).await, Some(("accepted".into(), 3)));
    // In one chunk as well: the second sees what the first did.
    let counts = intake.settle(vec![wrong(2, 1, "b"), arriving(2, 2, "b")]).await.unwrap();
    assert_eq!((counts.rejected, counts.accepted), (1, 1));
    assert_eq!(intake.ledger.cards_by_state().await.unwrap(), [("waiting_account".to_owned(), 2)].into());
    intake.books_hold().await;
}

async fn a_gap_waits_and_is_promoted_in_order(database: Database) {
    let mut intake = Intake::on(&database).await;
    assert_eq!(intake.verdict(arriving(1, 3, "a")).await, "quarantined");
    assert_eq!(intake.verdict(wrong(1, 2, "a")).await, "quarantined");
    assert_eq!(intake.verdict(wrong(1, 2, "a")).await, "repeated");
    assert!(intake.ledger.ready_gaps(1).await.unwrap().is_empty());
    assert_eq!(intake.verdict(wrong(1, 1, "a")).await, "rejected");
    assert_eq!(intake.promote(wrong(1, 2, "a")).await.rejected, 1);
    assert_eq!(intake.promote(arriving(1, 3, "a")).await.accepted, 1);
    assert!(intake.ledger.ready_gaps(1).await.unwrap().is_empty());
    assert_eq!(intake.stands(1).await, Some(("accepted".into(), 3)));
    assert_eq!(intake.verdict(arriving(1, 3, "a")).await, "repeated", "a promoted message is still known");
    intake.books_hold().await;
}

async fn a_gap_after_an_accepted_one_is_for_a_person(database: Database) {
    let mut intake = Intake::on(&database).await;
    let counts = intake.settle(vec![arriving(1, 2, "a"), arriving(1, 1, "a")]).await.unwrap();
    assert_eq!((counts.quarantined, counts.accepted), (1, 1));
    assert_eq!(intake.promote(arriving(1, 2, "a")).await.conflicting, 1);
    assert_eq!(intake.stands(1).await, Some(("accepted".into(), 1)));
    intake.books_hold().await;
}

async fn one_person_has_one_open_application(database: Database) {
    let mut intake = Intake::on(&database).await;
    let counts = intake.settle(vec![arriving(1, 1, "a"), arriving(2, 1, "a"), arriving(3, 1, "b")]).await.unwrap();
    assert_eq!((counts.accepted, counts.rejected), (2, 1));
    let trace = intake.ledger.trace("110101-20260105-000000002").await.unwrap().unwrap();
    assert_eq!(trace.state, "rejected");
    assert_eq!(trace.findings, [("PERSON-OPEN-APPLICATION".into(), "holder.id_number".into(), "error".into())]);
    intake.books_hold().await;
}

async fn one_person_in_two_chunks_has_one_open_application(database: Database) {
    let mut intake = Intake::on(&database).await;
    assert_eq!(intake.verdict(arriving(1, 1, "a")).await, "accepted");
    assert_eq!(intake.verdict(arriving(2, 1, "a")).await, "rejected");
    assert_eq!(intake.verdict(wrong(3, 1, "b")).await, "rejected");
    assert_eq!(intake.verdict(arriving(4, 1, "b")).await, "accepted", "a rejected application is not an open one");
    assert_eq!(intake.verdict(arriving(3, 2, "b")).await, "rejected");
    intake.books_hold().await;
}

async fn a_moved_position_writes_nothing(database: Database) {
    let mut intake = Intake::on(&database).await;
    intake.settle(vec![arriving(1, 1, "a")]).await.unwrap();
    let rows = "SELECT (SELECT count(*) FROM message) + (SELECT count(*) FROM chunk) + (SELECT count(*) FROM move)
        + (SELECT count(*) FROM application) + (SELECT next FROM source_offset)";
    let before = (number(&intake.ledger, rows).await, intake.ledger.row_writes() + 1);
    for stored in [0, 2] {
        let refused = intake.settle_between(stored, stored + 1, vec![arriving(2, 1, "b")]).await;
        assert!(matches!(refused, Err(LedgerError::OffsetMoved { expected, .. }) if expected == stored));
    }
    assert_eq!(number(&intake.ledger, rows).await, before.0);
    assert_eq!(intake.ledger.row_writes(), before.1 + 1, "only the two leases were written");
    assert_eq!(intake.verdict(arriving(2, 1, "b")).await, "accepted");
    intake.books_hold().await;
}

/// Two workers settle the same chunk at the same time: one wins, the other learns that it lost.
async fn a_second_worker_changes_nothing(database: Database) {
    let intake = Intake::on(&database).await;
    execute(&intake.ledger, "UPDATE source_offset SET next = 0").await;
    let chunk = || vec![arriving(1, 1, "a"), arriving(2, 1, "b"), wrong(3, 1, "c")];
    let (one, two) = tokio::join!(intake.settle_between(0, 3, chunk()), intake.settle_between(0, 3, chunk()));
    let won = [&one, &two].iter().filter(|settled| settled.is_ok()).count();
    assert_eq!(won, 1);
    let lost = one.err().or(two.err()).unwrap();
    assert!(matches!(lost, LedgerError::OffsetMoved { .. } | LedgerError::Fenced { .. }), "{lost}");
    assert_eq!(number(&intake.ledger, "SELECT count(*) FROM message").await, 3);
    intake.books_hold().await;
}
