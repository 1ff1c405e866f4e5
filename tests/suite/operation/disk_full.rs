//! The disk full before and in the middle of work: nothing half-encrypted, and it goes on by itself.

use cardline::config::Config;
use cardline::route::intake::settle::IntakeCounts;
use cardline::route::{ROUTE, intake};
use cardline::step::Worker;
use cardline::time::local_date;
use jiff::Timestamp;

use super::small_disk::SmallDisk;
use super::worker::{RunningWorker, ended, give_work, program};
use crate::plays::broken;

/// The applications are of January, so until the last step of a round has cared for deadlines they are late.
async fn holds(worker: &Worker, but_deadlines: bool) {
    let mut books = worker.ledger.books(Timestamp::now(), true, None).await.unwrap();
    books.books.retain(|law| !(but_deadlines && law.name == "deadline"));
    assert!(books.hold(), "{:?}", broken(&books));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_rests_while_its_disk_is_full_and_goes_on_by_itself() {
    let disk = SmallDisk::of(110);
    let database = format!("sqlite:{}", disk.path().join("cardline.db").display());
    give_work(&database, disk.path());
    disk.fill(20 << 20);
    let mut worker = RunningWorker::start(&database, disk.path(), &[]);
    worker.until("it says what is missing", |worker| {
        let (status, missing) = worker.get("/ready");
        assert_eq!(worker.get("/health").0, 200);
        status == 503 && missing.contains("MiB are free")
    });
    worker.until("it rests", |worker| worker.log().contains("the worker rests until this is over"));
    let photos = "cardline_step_units_total{stage=\"accounts\",step=\"photos\"}";
    assert_eq!(worker.metric(photos), Some(0.0), "nothing is begun on a full disk");
    disk.clear();
    worker.until_ready();
    worker.until("the work is done", |worker| worker.metric(photos).unwrap_or(0.0) > 0.0);
    worker.until_a_whole_round();
    worker.signal("TERM");
    assert_eq!(worker.end().0, Some(0));
    let worker = Worker::open(Config::in_folder(disk.path(), None), local_date(Timestamp::now())).await.unwrap();
    holds(&worker, false).await;
    worker.ledger.close().await;
}

/// Runs every step; the first outage it meets, or none.
async fn outage_in_a_round(worker: &Worker) -> Option<String> {
    for step in ROUTE {
        if let Err(error) = step.run(worker, Timestamp::now()).await {
            assert!(error.is_outage(), "{}/{}: {error:?}", step.stage, step.name);
            return Some(error.to_string());
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_up_in_the_middle_leaves_nothing_half_done() {
    let (disk, outside) = (SmallDisk::of(48), tempfile::tempdir().unwrap());
    let (file, photos) = (outside.path().join("a.ndjson"), disk.path().join("objects"));
    let database = format!("sqlite:{}", disk.path().join("cardline.db").display());
    let generate = ["generate", "applications", "--count", "300", "--out"];
    ended(program(&database, disk.path()).args(generate).arg(&file).arg("--photos").arg(&photos), &[0]);
    let worker = Worker::open(Config::in_folder(disk.path(), None), local_date(Timestamp::now())).await.unwrap();
    let take_in = async || intake::from_file(&worker, &file, Timestamp::now(), |_, _| ()).await;
    disk.fill(64 << 10);
    let refused = take_in().await.expect_err("there was no room for 300 applications");
    assert!(refused.is_outage(), "{refused:?}");
    assert_eq!(worker.ledger.intake_counts("file").await.unwrap(), IntakeCounts::default());
    disk.clear();
    let counts = take_in().await.unwrap();
    assert!(counts.accepted > 150 && counts.repeated == 0, "{counts:?}");
    let mut met = 0;
    for left in [0, 16 << 10, 64 << 10, 256 << 10, 1 << 20] {
        disk.fill(left);
        met += u32::from(outage_in_a_round(&worker).await.is_some());
        disk.clear();
        holds(&worker, true).await;
    }
    assert!(met > 0, "the disk was never full; the test proves nothing");
    assert_eq!(outage_in_a_round(&worker).await, None);
    holds(&worker, false).await;
    worker.ledger.close().await;
}
