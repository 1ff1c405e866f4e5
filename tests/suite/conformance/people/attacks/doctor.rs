//! Acts and seals that somebody deleted by SQL are missed by `doctor`.

use std::path::Path;

use crate::conformance::arrivals::{execute, number};
use crate::databases::{Database, on_both_engines};
use crate::operation::worker::{ended, give_work, program};

on_both_engines!(what_is_missing_is_told_by_doctor);

/// The line `records` of `doctor`.
fn records(url: &str, data: &Path) -> (String, String) {
    let output = ended(program(url, data).args(["doctor", "--output", "json"]), &[0, 1]);
    let findings: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let line = findings.iter().find(|finding| finding["what"] == "records").unwrap();
    let text = |member: &str| line[member].as_str().unwrap().to_owned();
    (text("verdict"), text("found"))
}

async fn what_is_missing_is_told_by_doctor(database: Database) {
    let (url, data) = (&database.url, database.folder.path());
    give_work(url, data);
    ended(program(url, data).args(["tick"]), &[0]);
    let hold = ["batch", "hold", "account/ABC", "--as", "lin", "--reason", "a test"];
    ended(program(url, data).args(hold), &[0]);
    assert_eq!(records(url, data).0, "ok");
    let ledger = database.ledger().await;
    for (table, key) in [("batch_act", "id"), ("seal", "no")] {
        assert!(number(&ledger, &format!("SELECT count(*) FROM {table}")).await > 0, "{table}");
        execute(&ledger, &format!("CREATE TABLE kept AS SELECT * FROM {table}")).await;
        execute(&ledger, &format!("DELETE FROM {table} WHERE {key} = (SELECT max({key}) FROM {table})")).await;
        let (verdict, found) = records(url, data);
        assert!(verdict == "FAIL" && found.contains(&format!("{table}: ")), "{table}: {verdict} {found}");
        let back =
            format!("INSERT INTO {table} SELECT k.* FROM kept k WHERE k.{key} NOT IN (SELECT {key} FROM {table})");
        execute(&ledger, &back).await;
        execute(&ledger, "DROP TABLE kept").await;
        assert_eq!(records(url, data).0, "ok", "{table} was put back");
    }
    execute(&ledger, "UPDATE seal SET digest = digest || '0' WHERE no = (SELECT max(no) FROM seal)").await;
    assert_eq!(records(url, data).0, "FAIL", "the chain ends otherwise");
    ledger.close().await;
}
