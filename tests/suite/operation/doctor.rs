//! What doctor looks at, and that it says what is wrong.

use std::os::unix::fs::PermissionsExt;

use cardline::kafka::MockBroker;
use jiff::Timestamp;
use serde_json::Value;

use super::worker::{ended, program};
use crate::databases::{Database, on_both_engines};

on_both_engines!(doctor_finds_what_is_wrong_and_says_what_to_do);

/// Every finding as `verdict what`, and the whole.
fn findings(database: &Database, kafka: &str, code: &[i32]) -> (Vec<String>, Vec<Value>) {
    let mut command = program(&database.url, database.folder.path());
    let output = ended(command.args(["doctor", "--output", "json"]).env("CARDLINE_KAFKA", kafka), code);
    let all: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let named = all.iter().map(|f| format!("{} {}", f["verdict"].as_str().unwrap(), f["what"].as_str().unwrap()));
    (named.collect(), all)
}

fn found<'a>(all: &'a [Value], what: &str) -> &'a str {
    all.iter().find(|f| f["what"] == what).unwrap_or_else(|| panic!("{what}: {all:#?}"))["found"].as_str().unwrap()
}

async fn doctor_finds_what_is_wrong_and_says_what_to_do(database: Database) {
    let broker = MockBroker::start(&["card.applications", "card.events"], 2).unwrap();
    ended(program(&database.url, database.folder.path()).args(["tick", "intake"]), &[0]);
    // The settings of a server for tests are its own affair.
    let (named, all) = findings(&database, &broker.servers(), &[0, 1]);
    for what in [
        "data folder",
        "free space",
        "keys",
        "key files",
        "time zone",
        "partners",
        "policy",
        "database",
        "database settings",
    ] {
        assert!(named.iter().any(|n| n.ends_with(what)), "{what}: {named:?}");
    }
    for fine in [
        "ok data folder",
        "ok keys",
        "ok key files",
        "ok clocks",
        "ok schema",
        "ok leases",
        "ok reference data",
        "ok kafka",
    ] {
        assert!(named.contains(&fine.to_owned()), "{fine}: {all:#?}");
    }
    assert!(found(&all, "topic").contains("card.applications: 2 partitions"), "{all:#?}");
    assert!(all.iter().any(|f| f["verdict"] == "warn" && f["found"] == "card.outcomes is not there"), "{all:#?}");
    assert!(all.iter().all(|f| f["verdict"] == "ok" || !f["do"].as_str().unwrap().is_empty()), "{all:#?}");

    let ledger = database.ledger().await;
    ledger.take_lease("accounts/cut", "desk-7", Timestamp::now(), 600).await.unwrap().unwrap();
    let key = database.folder.path().join("keys/data.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (named, all) = findings(&database, "mock", &[1]);
    assert!(found(&all, "leases").starts_with("accounts/cut by desk-7 until "), "{all:#?}");
    assert!(named.contains(&"FAIL key files".to_owned()) && named.contains(&"warn kafka".to_owned()), "{all:#?}");
    std::fs::write(&key, b"short").unwrap();
    assert!(findings(&database, "mock", &[1]).0.contains(&"FAIL keys".to_owned()));
    ledger.close().await;
}
