//! The one place where a state is assigned: no edge, no move; a lost race is told.

use cardline::store::LedgerError;
use cardline::store::transition::{Along, Set, Subject, Transition, move_each, move_one, move_set};
use cardline_core::state_machines::{APPLICATION, CARD, CASE, SOCIAL};

use super::arrivals::{Intake, arriving, execute, number, why};
use crate::databases::{Database, on_both_engines};

on_both_engines!(a_move_without_an_edge_is_refused, a_lost_race_is_told_and_writes_nothing, who_left_is_left_out);

const WITHDRAWN: [Transition; 3] = [
    Transition { machine: &APPLICATION, from: "accepted", to: "withdrawn" },
    Transition { machine: &CARD, from: "waiting_account", to: "no_plastic" },
    Transition { machine: &SOCIAL, from: "sealed", to: "cancelled" },
];

async fn a_move_without_an_edge_is_refused(database: Database) {
    let mut intake = Intake::on(&database).await;
    intake.settle(vec![arriving(1, 1, "a")]).await.unwrap();
    let before = number(&intake.ledger, "SELECT count(*) FROM move").await;
    let mut tx = intake.ledger.begin().await.unwrap();
    let jump = Transition { machine: &CARD, from: "waiting_account", to: "in_hand" };
    assert!(matches!(move_one(&mut tx, 1, jump, Along::default(), why()).await, Err(LedgerError::NoEdge { .. })));
    let set = move_set(&mut tx, Set::Chunk(1), jump, 1, why()).await;
    assert!(
        matches!(set, Err(LedgerError::NoEdge { machine: "card", from, to }) if from == "waiting_account" && to == "in_hand")
    );
    let unknown = Transition { machine: &CASE, from: "", to: "forgotten" };
    assert!(matches!(move_one(&mut tx, 1, unknown, Along::default(), why()).await, Err(LedgerError::NoEdge { .. })));
    tx.commit().await.unwrap();
    assert_eq!(number(&intake.ledger, "SELECT count(*) FROM move").await, before);
    intake.books_hold().await;
}

async fn a_lost_race_is_told_and_writes_nothing(database: Database) {
    let mut intake = Intake::on(&database).await;
    intake.settle(vec![arriving(1, 1, "a")]).await.unwrap();
    let mut tx = intake.ledger.begin().await.unwrap();
    let elsewhere = Transition { machine: &CARD, from: "in_hand", to: "lost" };
    let lost = move_one(&mut tx, 1, elsewhere, Along::default(), why()).await.unwrap_err();
    assert!(matches!(&lost, LedgerError::LostRace { expected: 1, found: 0, .. }), "{lost}");
    assert!(lost.is_passing(), "the unit of work is simply claimed again");
    drop(tx);
    execute(
        &intake.ledger,
        "INSERT INTO shipment (number, manifest, batch, point, place, cards, done, shipped_on, due_on, owner)
         VALUES ('S1', 1, 1, 'p', 'at_point', 0, TRUE, '2026-01-05', '2026-01-05', 'point')",
    )
    .await;
    let mut tx = intake.ledger.begin().await.unwrap();
    let arrives = Transition { machine: &CARD, from: "in_transit", to: "at_point" };
    let lost = move_set(&mut tx, Set::Shipment(1), arrives, 1, why()).await;
    assert!(matches!(lost, Err(LedgerError::LostRace { .. })));
    tx.commit().await.unwrap();
    assert_eq!(number(&intake.ledger, "SELECT count(*) FROM move WHERE scope = 'shipment'").await, 0);
}

async fn who_left_is_left_out(database: Database) {
    let mut intake = Intake::on(&database).await;
    intake.settle(vec![arriving(1, 1, "a"), arriving(2, 1, "b")]).await.unwrap();
    for (wanted, again) in [(1, 1), (0, 1)] {
        let mut tx = intake.ledger.begin().await.unwrap();
        let first = "SELECT id FROM application WHERE application_id LIKE '%1'";
        let first = tx.number(first, cardline::args![]).await.unwrap();
        tx.stage(vec![Subject::of(first)]).await.unwrap();
        let moved =
            move_each(&mut tx, &WITHDRAWN, Along { open: Some(false), ..Along::default() }, why()).await.unwrap();
        assert_eq!(moved, wanted);
        tx.commit().await.unwrap();
        let history = "SELECT count(*) FROM move WHERE to_state = 'withdrawn'";
        assert_eq!(number(&intake.ledger, history).await, again);
    }
}
