//! How far work is: a row for work that takes longer than a second, which no trouble with the row can harm.

use std::time::Duration;

use cardline::step::progress_rows::WorkState;
use cardline::step::{Progress, Work};
use cardline::store::{Ledger, Principal};
use cardline_core::domain::staff::{Role, Scope};
use jiff::Timestamp;

use crate::conformance::arrivals::{execute, number};
use crate::databases::{Database, on_both_engines};

on_both_engines!(
    longer_work_is_seen_until_it_ends,
    who_sees_it_is_a_matter_of_scope,
    a_worker_that_is_gone_is_silent_not_running,
    work_goes_on_where_its_row_cannot_be_written,
);

fn work() -> Work {
    let stream = "account/ABC/110101/normal";
    Work {
        kind: "cut",
        subject: stream.into(),
        bank: "ABC".into(),
        area: "110101".into(),
        actor: "scheduler".into(),
        worker: "worker-1".into(),
    }
}

/// Waits until there is a row.
async fn written(ledger: &Ledger, progress: &Progress, done: i64) {
    progress.advance(1);
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if ledger.progress(Timestamp::MAX).await.unwrap().iter().any(|row| row.done == done) {
            return;
        }
    }
    panic!("nothing was written within ten seconds");
}

async fn longer_work_is_seen_until_it_ends(database: Database) {
    let ledger = database.ledger().await;
    ledger.progress_of(work()).finish("A20260105-0001").await;
    drop(ledger.progress_of(work()));
    assert_eq!(number(&ledger, "SELECT count(*) FROM progress").await, 0, "it took no second");

    let progress = ledger.progress_of(work());
    progress.phase("records", Some(500));
    written(&ledger, &progress, 1).await;
    let row = ledger.progress(Timestamp::MAX).await.unwrap().remove(0);
    assert_eq!((row.state, row.phase.as_str(), row.total), (WorkState::Running, "records", Some(500)));
    progress.phase("ledger", None);
    progress.finish("A20260105-0001").await;
    assert!(ledger.progress(Timestamp::MAX).await.unwrap().is_empty(), "it ended before");
    let row = ledger.progress(Timestamp::UNIX_EPOCH).await.unwrap().remove(0);
    assert_eq!((row.state, row.phase.as_str(), row.total), (WorkState::Done, "ledger", None));
    assert_eq!(row.result.as_deref(), Some("A20260105-0001"));

    let failing = ledger.progress_of(work());
    written(&ledger, &failing, 1).await;
    drop(failing);
    for _ in 0..200 {
        if ledger.progress(Timestamp::UNIX_EPOCH).await.unwrap()[0].state == WorkState::Failed {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("work that was dropped is told as failed");
}

async fn who_sees_it_is_a_matter_of_scope(database: Database) {
    let ledger = database.ledger().await;
    let progress = ledger.progress_of(work());
    let books = ledger.progress_of(Work::of_everybody("books", "everything", "lin"));
    written(&ledger, &progress, 1).await;
    written(&ledger, &books, 1).await;
    let sees = async |bank: &str, area: &str| {
        let scope = Scope { bank: bank.into(), area: area.into() };
        let viewer = Principal { user: 1, name: "lin".into(), role: Role::Operator, scope, standing: 0, session: None };
        ledger.seen_by(viewer).progress(Timestamp::UNIX_EPOCH).await.unwrap().len()
    };
    assert_eq!((sees("", "").await, sees("ABC", "").await, sees("", "1101").await), (2, 1, 1));
    assert_eq!((sees("CCB", "").await, sees("ABC", "33").await), (0, 0));
    progress.finish("").await;
    books.finish("").await;
}

async fn a_worker_that_is_gone_is_silent_not_running(database: Database) {
    let ledger = database.ledger().await;
    let row = "INSERT INTO progress (work, subject, bank, area, actor, worker, phase, done, started_at, changed_at)
               VALUES ('cut', 'account', '', '', 'scheduler', 'worker-1', 'records', 1, 1, 1)";
    execute(&ledger, row).await;
    assert_eq!(ledger.progress(Timestamp::now()).await.unwrap()[0].state, WorkState::Silent);
    let progress = ledger.progress_of(work());
    written(&ledger, &progress, 1).await;
    assert_eq!(number(&ledger, "SELECT count(*) FROM progress").await, 1, "what is older than some days goes");
    progress.finish("").await;
}

async fn work_goes_on_where_its_row_cannot_be_written(database: Database) {
    let ledger = database.ledger().await;
    execute(&ledger, "ALTER TABLE progress RENAME TO gone").await;
    let progress = ledger.progress_of(work());
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    progress.finish("A20260105-0001").await;
    execute(&ledger, "ALTER TABLE gone RENAME TO progress").await;
    assert_eq!(number(&ledger, "SELECT count(*) FROM progress").await, 0);
}
