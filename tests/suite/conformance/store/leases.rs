//! Leases lapse by themselves and fence a late writer off; numbers are handed out without a hole.

use std::time::Duration;

use cardline::args;
use cardline::store::LedgerError;
use cardline::store::counters::take_numbers;
use cardline::store::leases::spend;
use jiff::SignedDuration;

use crate::conformance::arrivals::now;
use crate::databases::{Database, on_both_engines};

on_both_engines!(
    a_lease_is_one_owners_until_it_lapses,
    its_owner_takes_it_again_at_once,
    a_late_writer_is_fenced_off_and_writes_nothing,
    a_lease_is_renewed_as_long_as_it_is_held,
    numbers_follow_without_a_hole,
    a_rolled_back_number_is_handed_out_again,
);

async fn a_lease_is_one_owners_until_it_lapses(database: Database) {
    let ledger = database.ledger().await;
    let lease = ledger.take_lease("cut", "a", now(), 60).await.unwrap().unwrap();
    assert_eq!(lease.fence, 1);
    let later = |seconds| now() + SignedDuration::from_secs(seconds);
    assert!(ledger.take_lease("cut", "b", later(59), 60).await.unwrap().is_none());
    assert!(ledger.take_lease("other work", "b", now(), 60).await.unwrap().is_some());
    let taken = ledger.take_lease("cut", "b", later(60), 60).await.unwrap().unwrap();
    assert_eq!(taken.fence, 2);
    assert!(ledger.take_lease("cut", "a", later(61), 60).await.unwrap().is_none());
    ledger.give_back(&taken).await.unwrap();
    assert_eq!(ledger.take_lease("cut", "a", later(61), 60).await.unwrap().unwrap().fence, 3);
}

async fn its_owner_takes_it_again_at_once(database: Database) {
    let ledger = database.ledger().await;
    let first = ledger.take_lease("cut", "a", now(), 60).await.unwrap().unwrap();
    let second = ledger.take_lease("cut", "a", now(), 60).await.unwrap().unwrap();
    assert_eq!((first.fence, second.fence), (1, 2));
    assert!(matches!(ledger.give_back(&first).await, Err(LedgerError::Fenced { .. })));
    ledger.give_back(&second).await.unwrap();
}

async fn a_lease_is_renewed_as_long_as_it_is_held(database: Database) {
    let ledger = database.ledger().await;
    let until = async || ledger.held_leases(now()).await.unwrap()[0].until;
    let lease = ledger.take_lease("cut", "a", now(), 3).await.unwrap().unwrap();
    let first = until().await;
    let lease = ledger.renewed(lease, 3);
    while until().await == first {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let copy = lease.clone();
    drop(lease);
    let second = until().await;
    while until().await == second {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Spent, it stays so; the copy is still there.
    ledger.give_back(&copy).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert!(ledger.held_leases(now()).await.unwrap().is_empty());
}

async fn a_late_writer_is_fenced_off_and_writes_nothing(database: Database) {
    let ledger = database.ledger().await;
    let late = ledger.take_lease("cut", "a", now(), 60).await.unwrap().unwrap();
    let live = ledger.take_lease("cut", "b", now() + SignedDuration::from_secs(61), 60).await.unwrap().unwrap();
    let before = ledger.row_writes();
    let mut tx = ledger.begin().await.unwrap();
    take_numbers(&mut tx, "cards", 5).await.unwrap();
    let refused = spend(&mut tx, &late).await;
    assert!(matches!(refused, Err(LedgerError::Fenced { work }) if work == "cut"));
    drop(tx);
    assert_eq!((ledger.peek_counter("cards").await.unwrap(), ledger.row_writes()), (1, before));
    let mut tx = ledger.begin().await.unwrap();
    spend(&mut tx, &live).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ledger.row_writes(), before + 1);
}

async fn numbers_follow_without_a_hole(database: Database) {
    let ledger = database.ledger().await;
    for (count, first) in [(3, 1), (1, 4), (10, 5), (1, 15)] {
        let mut tx = ledger.begin().await.unwrap();
        assert_eq!(take_numbers(&mut tx, "cards", count).await.unwrap(), first);
        assert_eq!(take_numbers(&mut tx, &format!("file/{first}"), 1).await.unwrap(), 1);
        tx.commit().await.unwrap();
    }
    let mut takers = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let ledger = ledger.clone();
        takers.spawn(async move {
            let mut tx = ledger.begin().await.unwrap();
            let first = take_numbers(&mut tx, "cards", 7).await.unwrap();
            tx.commit().await.unwrap();
            first
        });
    }
    let mut firsts = takers.join_all().await;
    firsts.sort_unstable();
    assert_eq!(firsts, (0..16).map(|n| 16 + 7 * n).collect::<Vec<i64>>());
}

async fn a_rolled_back_number_is_handed_out_again(database: Database) {
    let ledger = database.ledger().await;
    let mut tx = ledger.begin().await.unwrap();
    assert_eq!(take_numbers(&mut tx, "file", 2).await.unwrap(), 1);
    drop(tx);
    let mut tx = ledger.begin().await.unwrap();
    assert_eq!(take_numbers(&mut tx, "file", 2).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(ledger.read().await.unwrap().number("SELECT next FROM counter", args![]).await.unwrap(), 3);
}
