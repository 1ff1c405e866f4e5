//! Told to stop, the daemon ends in time, and leaves nothing half done.

use std::time::Duration;

use cardline::args;
use cardline::store::{Ledger, Tx};
use jiff::Timestamp;

use super::worker::{RunningWorker, give_work};
use crate::databases::{Database, on_both_engines};

on_both_engines!(
    an_idle_worker_ends_at_once_and_well,
    a_step_that_does_not_end_in_time_is_dropped_and_rolls_back,
    a_second_signal_ends_at_once,
);

/// Keeps every writer waiting.
async fn block(ledger: &Ledger) -> Tx {
    let mut tx = ledger.begin().await.unwrap();
    if tx.engine() == cardline::store::Engine::Postgres {
        tx.run("LOCK TABLE lease IN ACCESS EXCLUSIVE MODE", args![]).await.unwrap();
    }
    tx
}

/// A worker with something to do that cannot get on.
async fn stuck(database: &Database, ledger: &Ledger, bound: &str) -> (RunningWorker, Tx) {
    give_work(&database.url, database.folder.path());
    let blocked = block(ledger).await;
    let mut worker = RunningWorker::start(
        &database.url,
        database.folder.path(),
        &[("CARDLINE_STOP_SECONDS", bound), ("CARDLINE_WORKER", "w")],
    );
    // The photos come next, and want a lease.
    let before = "cardline_step_runs_total{stage=\"intake\",step=\"gaps\"}";
    worker.until("the step before is done", |worker| worker.metric(before).unwrap_or(0.0) > 0.0);
    std::thread::sleep(Duration::from_secs(1));
    (worker, blocked)
}

/// Whether everything holds, and the work goes on as if nothing had been.
async fn goes_on(database: &Database, ledger: &Ledger) {
    let cards = ledger.cards_by_state().await.unwrap().values().sum::<i64>();
    assert!(cards > 15, "{cards}");
    let mut worker = RunningWorker::start(&database.url, database.folder.path(), &[("CARDLINE_WORKER", "w")]);
    worker.until("the photos are looked at", |worker| {
        worker.metric("cardline_step_units_total{stage=\"accounts\",step=\"photos\"}").unwrap_or(0.0) > 0.0
    });
    worker.until_a_whole_round();
    worker.signal("TERM");
    assert_eq!(worker.end().0, Some(0));
    let books = ledger.books(Timestamp::now(), true, None).await.unwrap();
    assert!(books.hold(), "{:?}", crate::plays::broken(&books));
}

async fn an_idle_worker_ends_at_once_and_well(database: Database) {
    for signal in ["TERM", "INT"] {
        let mut worker = RunningWorker::start(&database.url, database.folder.path(), &[]);
        worker.until_ready();
        // More than there are places for, opened and left: half of them silent, half in the middle of a line.
        let left: Vec<_> = (0..80).map(|n| worker.half_open(if n % 2 == 0 { "" } else { "GET /hea" })).collect();
        assert_eq!(worker.get("/health"), (200, "alive\n".into()));
        assert_eq!(worker.get("/elsewhere").0, 404);
        drop(left);
        worker.signal(signal);
        let (code, took) = worker.end();
        assert_eq!(code, Some(0));
        assert!(took < Duration::from_secs(10), "{took:?}");
        assert!(worker.log().contains("stopped; nothing is under way"), "{}", worker.log());
    }
}

async fn a_step_that_does_not_end_in_time_is_dropped_and_rolls_back(database: Database) {
    let ledger = database.ledger().await;
    let (mut worker, blocked) = stuck(&database, &ledger, "2").await;
    worker.signal("TERM");
    let (code, took) = worker.end();
    assert_eq!(code, Some(0));
    assert!(took > Duration::from_secs(1) && took < Duration::from_secs(15), "{took:?}");
    let log = worker.log();
    assert!(
        log.contains("the step accounts/photos has 2 s to finish") && log.contains("is dropped and rolls back"),
        "{log}"
    );
    blocked.roll_back().await.unwrap();
    goes_on(&database, &ledger).await;
}

async fn a_second_signal_ends_at_once(database: Database) {
    let ledger = database.ledger().await;
    let (mut worker, blocked) = stuck(&database, &ledger, "50").await;
    worker.signal("TERM");
    worker.until("it was told", |worker| worker.log().contains("told to stop"));
    worker.signal("INT");
    let (code, took) = worker.end();
    assert_eq!(code, Some(1));
    assert!(took < Duration::from_secs(15), "{took:?}");
    blocked.roll_back().await.unwrap();
    goes_on(&database, &ledger).await;
}
