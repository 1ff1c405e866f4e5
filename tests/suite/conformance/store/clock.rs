//! A clock that jumped moves no deadline; a person accepts, and work goes on.

use cardline::config::Config;
use cardline::step::Worker;
use jiff::civil::date;

use crate::databases::{Database, on_both_engines};
use crate::operation::worker::{ended, program};

on_both_engines!(a_clock_ten_years_off_stops_everything_until_a_person_accepts);

async fn a_clock_ten_years_off_stops_everything_until_a_person_accepts(database: Database) {
    let folder = database.folder.path();
    let run = |arguments: &[&str], codes: &[i32]| {
        let output = ended(program(&database.url, folder).args(arguments), codes);
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let file = folder.join("some.ndjson").display().to_string();
    let generate = ["generate", "applications", "--count", "30", "--following", "0", "--out"];
    ended(program(&database.url, folder).args(generate).arg(&file), &[0]);
    run(&["intake", "--from", &file, "--at", "2026-01-06T09:00:00+08:00"], &[0]);
    run(&["tick", "--at", "2026-01-08T17:40:00+08:00"], &[0]);
    let worker = Worker::open(Config::in_folder(folder, Some(database.url.clone())), date(2026, 1, 8)).await.unwrap();
    let due = async || {
        let mut tx = worker.ledger.read().await.unwrap();
        let sql = "SELECT due_on, CAST(count(*) AS BIGINT) FROM application GROUP BY due_on ORDER BY due_on";
        tx.rows::<(String, i64)>(sql, vec![]).await.unwrap()
    };
    let before = due().await;
    assert!(!before.is_empty());
    let told = run(&["tick", "--at", "2036-01-08T18:00:00+08:00"], &[1]);
    assert!(told.contains("the clock says 2036-01-08") && told.contains("clock-jumped.md"), "{told}");
    assert_eq!(due().await, before, "a deadline was written under a suspect clock");
    // It waits for a person, also once the clock is right again.
    run(&["tick", "--at", "2026-01-09T09:00:00+08:00"], &[1]);
    assert!(run(&["reconcile", "show"], &[1]).contains("the clock says 2036"));
    assert!(run(&["doctor"], &[1]).contains("the clock says 2036"));
    run(&["reconcile", "accept", "--as", "lin", "--reason", "the time server was wrong"], &[0]);
    run(&["tick", "--at", "2026-01-09T09:00:00+08:00"], &[0]);
    // An outage of days is no jump, and another jump is one again.
    run(&["tick", "--at", "2026-01-13T09:00:00+08:00"], &[0]);
    run(&["tick", "--at", "2030-01-08T18:00:00+08:00"], &[1]);
    run(&["reconcile", "accept", "--as", "lin", "--reason", "the time server was wrong"], &[0]);
    // Nor is a clock believed that says less than what was done already.
    let before = due().await;
    let told = run(&["tick", "--at", "2026-01-03T18:00:00+08:00"], &[1]);
    assert!(told.contains("the clock says 2026-01-03") && told.contains("before the last seal"), "{told}");
    assert_eq!(due().await, before, "a deadline was written under a suspect clock");
    run(&["tick", "--at", "2026-01-13T17:40:00+08:00"], &[1]);
    run(&["reconcile", "accept", "--as", "lin", "--reason", "the battery was empty"], &[0]);
    run(&["tick", "--at", "2026-01-13T17:40:00+08:00"], &[0]);
    worker.ledger.close().await;
}
