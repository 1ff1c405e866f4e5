//! More than one worker on the same partitions, and one that comes back from the dead: one effect each.

use std::time::Duration;

use cardline::route::intake::FromKafka;
use cardline::step::{StageError, Step, Worker};
use cardline::store::LedgerError;
use jiff::ToSpan;

use super::{Broker, applications, books_hold, counts, state, take_in};
use crate::conformance::arrivals::now;
use crate::databases::{Database, on_both_engines};

on_both_engines!(
    a_late_owners_writes_are_refused,
    workers_share_the_partitions,
    workers_that_come_and_go_have_one_effect
);

async fn a_late_owners_writes_are_refused(database: Database) {
    let broker = Broker::new(1).await;
    let (first, second) = (broker.worker(&database, "first").await, broker.worker(&database, "second").await);
    broker.send_applications(&applications(0, 50));
    // It has read and checked a chunk, and stops for longer than its lease.
    let claimed = crate::steps::claim(&FromKafka, &first, now()).await.unwrap().unwrap();
    let worked = tokio::task::block_in_place(|| FromKafka.work(&first, claimed, now())).unwrap();
    // While the lease lives nobody else has the partition.
    assert!(crate::steps::claim(&FromKafka, &second, now()).await.unwrap().is_none());
    let later = now() + 61.seconds();
    crate::steps::drain(&FromKafka, &second, later).await.unwrap();
    let before = state(&second.ledger).await;
    let error = FromKafka.settle(&first, worked, later).await.err().unwrap();
    assert!(
        matches!(&error, StageError::Ledger(LedgerError::OffsetMoved { .. } | LedgerError::Fenced { .. })),
        "{error}"
    );
    assert_eq!(state(&second.ledger).await, before);
    // It goes on as if nothing had been; what it had read and not settled it reads again.
    broker.send_applications(&applications(50, 10));
    take_in(&first).await.unwrap();
    assert_eq!((counts(&first).await.accepted, counts(&first).await.received), (60, 60));
    books_hold(&first).await;
    first.ledger.close().await;
    second.ledger.close().await;
    broker.end().await;
}

async fn workers_share_the_partitions(database: Database) {
    let broker = Broker::new(3).await;
    broker.send_applications(&applications(0, 90));
    let mut workers = Vec::new();
    let mut claims = Vec::new();
    for name in ["first", "second", "third", "fourth"] {
        let worker = broker.worker(&database, name).await;
        claims.push(crate::steps::claim(&FromKafka, &worker, now()).await.unwrap());
        workers.push(worker);
    }
    let busy: Vec<bool> = claims.iter().map(Option::is_some).collect();
    assert_eq!(busy, [true, true, true, false], "each partition has one worker");
    for (worker, claimed) in workers.iter().zip(claims) {
        if let Some(claimed) = claimed {
            let worked = tokio::task::block_in_place(|| FromKafka.work(worker, claimed, now())).unwrap();
            FromKafka.settle(worker, worked, now()).await.unwrap();
        }
    }
    assert_eq!((counts(&workers[0]).await.accepted, counts(&workers[0]).await.received), (90, 90));
    books_hold(&workers[0]).await;
    for worker in workers {
        worker.ledger.close().await;
    }
    broker.end().await;
}

const SENT: u64 = 900;

async fn workers_that_come_and_go_have_one_effect(database: Database) {
    let broker = Broker::new(3).await;
    let sent = applications(0, SENT);
    let steady = broker.worker(&database, "steady").await;
    let restless = async {
        // It leaves in the middle of a chunk and comes back under another name, again and again.
        for round in 0..12 {
            let worker = broker.worker(&database, &format!("restless-{round}")).await;
            let lapsed = now() + i64::from(round * 61).seconds();
            if let Ok(Some(claimed)) = crate::steps::claim(&FromKafka, &worker, lapsed).await {
                let worked = tokio::task::block_in_place(|| FromKafka.work(&worker, claimed, lapsed)).unwrap();
                if round % 2 == 0 {
                    // Late, on purpose: the steady one may have been there.
                    tokio::time::sleep(Duration::from_millis(150)).await;
                    refused_or_settled(FromKafka.settle(&worker, worked, lapsed).await);
                }
            }
            worker.ledger.close().await;
        }
    };
    let sending = async {
        for some in sent.chunks(60) {
            broker.send_applications(some);
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    };
    let steadily = async {
        for round in 0.. {
            let found = until_idle(&steady, round).await;
            if found == SENT as i64 {
                return;
            }
            assert!(round < 400, "{found} of {SENT} were taken in");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::join!(restless, sending, steadily);
    let found = counts(&steady).await;
    assert_eq!((found.accepted, found.received), (SENT as i64, SENT as i64), "{found:?}");
    books_hold(&steady).await;
    steady.ledger.close().await;
    broker.end().await;
}

/// A unit that lost is refused whole; any other error is one.
fn refused_or_settled(settled: Result<(), StageError>) {
    if let Err(error) = settled {
        let lost = matches!(&error, StageError::Ledger(LedgerError::OffsetMoved { .. } | LedgerError::Fenced { .. }));
        assert!(lost || error.is_passing(), "{error}");
    }
}

/// Takes in what there is, at an instant when abandoned leases have lapsed; returns how many were accepted.
async fn until_idle(worker: &Worker, round: i64) -> i64 {
    let lapsed = now() + (round * 61).seconds();
    if let Err(error) = crate::steps::drain(&FromKafka, worker, lapsed).await {
        FromKafka.forget(worker);
        refused_or_settled(Err(error));
    }
    counts(worker).await.accepted
}
