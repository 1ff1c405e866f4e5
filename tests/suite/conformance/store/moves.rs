//! The one place where a state is assigned: no edge, no move; a lost race is reported.

use cardline::custody::containers::{ACCOUNT_BATCH, SHIPMENT};
use cardline::store::LedgerError;
use cardline::store::transition::{Along, Subject, Transition, move_each, move_one, move_set};
use cardline::transition;
use cardline_core::state_machines::{APPLICATION, CARD, SOCIAL};

use crate::conformance::arrivals::{Intake, arriving, execute, number, why};
use crate::databases::{Database, on_both_engines};

on_both_engines!(a_set_counts_who_travels_with_it, a_lost_race_is_told_and_writes_nothing, who_left_is_left_out);

const WITHDRAWN: [Transition; 3] = [
    transition!(APPLICATION, "accepted" => "withdrawn"),
    transition!(CARD, "waiting_account" => "no_plastic"),
    transition!(SOCIAL, "sealed" => "cancelled"),
];

async fn a_set_counts_who_travels_with_it(database: Database) {
    let mut intake = Intake::on(&database).await;
    intake.settle(vec![arriving(1, 1, "a"), arriving(2, 1, "b"), arriving(3, 1, "c")]).await.unwrap();
    execute(&intake.ledger, "INSERT INTO account_row SELECT 7, id, id FROM application WHERE id < 4").await;
    execute(&intake.ledger, "UPDATE application SET place = 'held' WHERE id = (SELECT min(id) FROM application)").await;
    let mut tx = intake.ledger.begin().await.unwrap();
    let back = transition!(CARD, "in_account_batch" => "waiting_account");
    assert_eq!(move_set(&mut tx, ACCOUNT_BATCH.of(7), back, why()).await.unwrap(), 2);
    tx.commit().await.unwrap();
    let written = "SELECT CAST(sum(count) AS BIGINT) FROM move WHERE scope = 'account_batch' AND subject = 7";
    assert_eq!(number(&intake.ledger, written).await, 2);
}

async fn a_lost_race_is_told_and_writes_nothing(database: Database) {
    let mut intake = Intake::on(&database).await;
    intake.settle(vec![arriving(1, 1, "a")]).await.unwrap();
    let mut tx = intake.ledger.begin().await.unwrap();
    let elsewhere = transition!(CARD, "in_hand" => "lost");
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
    let arrives = transition!(CARD, "in_transit" => "at_point");
    let lost = move_set(&mut tx, SHIPMENT.of(1), arrives, why()).await;
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
