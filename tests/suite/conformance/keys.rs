//! Keys belong to a ledger: lost, foreign or exchanged ones are refused before anything is done.

use std::path::{Path, PathBuf};

use cardline::config::Config;
use cardline::crypto::keys::Keys;
use cardline::step::{StageError, Worker};
use cardline::store::Ledger;
use jiff::civil::{Date, date};

use crate::databases::{Database, on_both_engines};
use crate::operation::worker::{ended, program};

on_both_engines!(
    one_person_is_not_taken_for_two_when_keys_are_lost,
    every_command_refuses_other_keys,
    a_ledger_of_the_version_before_takes_only_keys_that_open_it,
    a_killed_start_is_finished,
    a_demo_leaves_a_database_alone_that_has_a_row,
);

const TODAY: Date = date(2026, 1, 6);

/// Two applications of one person, in files of their own.
fn twice(folder: &Path) -> [PathBuf; 2] {
    let file = folder.join("one.ndjson");
    let arguments = ["generate", "applications", "--count", "1", "--following", "0", "--out"];
    ended(program("sqlite:none", folder).args(arguments).arg(&file), &[0]);
    let first: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let mut second = first.clone();
    second["event_id"] = "second-event".into();
    second["application_id"] = "110101-20260105-000999999".into();
    let again = folder.join("again.ndjson");
    std::fs::write(&again, format!("{second}\n")).unwrap();
    [file, again]
}

fn keys(database: &Database) -> PathBuf {
    database.folder.path().join("keys")
}

fn config(database: &Database) -> Config {
    Config::in_folder(database.folder.path(), Some(database.url.clone()))
}

fn cardline(database: &Database, arguments: &[&str], file: Option<&Path>, codes: &[i32]) -> String {
    let mut command = program(&database.url, database.folder.path());
    let output = ended(command.args(arguments).args(file), codes);
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

async fn one_person_is_not_taken_for_two_when_keys_are_lost(database: Database) {
    let [first, second] = twice(database.folder.path());
    cardline(&database, &["intake", "--from"], Some(&first), &[0]);
    let kept = database.folder.path().join("kept");
    std::fs::rename(keys(&database), &kept).unwrap();
    let told = cardline(&database, &["intake", "--from"], Some(&second), &[1]);
    assert!(told.contains("keys/master.key is missing") && told.contains("backup"), "{told}");
    assert!(!keys(&database).exists(), "keys were made for a ledger that has its own");
    cardline(&database, &["intake", "--dry-run", "--from"], Some(&second), &[1]);
    // With its keys the ledger sees that the person has an open application.
    std::fs::rename(&kept, keys(&database)).unwrap();
    let told = cardline(&database, &["intake", "--from"], Some(&second), &[3]);
    assert!(told.contains("1     0         1 "), "{told}");
}

async fn every_command_refuses_other_keys(database: Database) {
    let [first, _] = twice(database.folder.path());
    cardline(&database, &["intake", "--from"], Some(&first), &[0]);
    let other = tempfile::tempdir().unwrap();
    Keys::make(other.path()).unwrap();
    let names = ["master.key", "data.key"];
    let ours = names.map(|name| std::fs::read(keys(&database).join(name)).unwrap());
    let theirs = names.map(|name| std::fs::read(other.path().join(name)).unwrap());
    let cases = [
        ([&theirs[0][..], &ours[1]], "the master key in"),
        ([&ours[0], &theirs[1]], "the data key in"),
        ([&theirs[0], &theirs[1]], "the pair of keys in"),
        ([&ours[1], &ours[0]], "were exchanged"),
        ([&ours[0][..20], &ours[1]], "has 20 bytes instead of 32"),
        ([&ours[0], &[]], "has 0 bytes instead of 60"),
    ];
    let commands = [&["books"][..], &["tick"], &["batch", "list"], &["quarantine", "list"], &["batch", "plan"]];
    for (n, (pair, expected)) in cases.into_iter().enumerate() {
        names.iter().zip(pair).for_each(|(name, key)| std::fs::write(keys(&database).join(name), key).unwrap());
        // Each command once with both foreign, and one of them with each other case.
        let tried = if n == 2 { &commands[..] } else { &commands[n % 5..][..1] };
        for command in tried {
            let told = cardline(&database, command, None, &[1]);
            assert!(told.contains(expected), "{command:?}: {told}");
        }
    }
    let told = cardline(&database, &["doctor"], None, &[1]);
    assert!(told.contains("FAIL") && told.contains("has 0 bytes"), "{told}");
}

async fn a_ledger_of_the_version_before_takes_only_keys_that_open_it(database: Database) {
    let [first, _] = twice(database.folder.path());
    cardline(&database, &["intake", "--from"], Some(&first), &[0]);
    let forget = async || {
        let ledger = database.ledger().await;
        let mut tx = ledger.begin().await.unwrap();
        tx.run("DELETE FROM key_check", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        ledger
    };
    let ledger = forget().await;
    let kept = database.folder.path().join("kept");
    std::fs::rename(keys(&database), &kept).unwrap();
    let missing = Worker::open(config(&database), TODAY).await.err().unwrap();
    assert!(missing.to_string().contains("is missing"), "{missing}");
    Keys::make(&keys(&database)).unwrap();
    let foreign = Worker::open(config(&database), TODAY).await.err().unwrap();
    assert!(
        matches!(foreign, StageError::Key(_)) && foreign.to_string().contains("not that of this ledger"),
        "{foreign}"
    );
    assert!(ledger.key_check().await.unwrap().is_none());
    std::fs::remove_dir_all(keys(&database)).unwrap();
    std::fs::rename(&kept, keys(&database)).unwrap();
    // Who only looks compares, and writes nothing.
    let looked = Worker::observing(config(&database), TODAY).await.unwrap();
    assert!(ledger.key_check().await.unwrap().is_none());
    looked.ledger.close().await;
    let opened = Worker::open(config(&database), TODAY).await.unwrap();
    assert_eq!(ledger.key_check().await.unwrap(), Some(opened.keys.check()));
    opened.ledger.close().await;
    ledger.close().await;
}

async fn a_killed_start_is_finished(database: Database) {
    database.ledger().await.close().await;
    let made = Worker::open(config(&database), TODAY).await.unwrap();
    made.ledger.close().await;
    // The check goes with the first keys: now neither half comes back by itself.
    std::fs::remove_file(keys(&database).join("data.key")).unwrap();
    let refused = Worker::open(config(&database), TODAY).await.err().unwrap();
    assert!(refused.to_string().contains("data.key is missing"), "{refused}");
    let ledger = Ledger::open(&database.url).await.unwrap();
    let mut tx = ledger.begin().await.unwrap();
    tx.run("DELETE FROM key_check", vec![]).await.unwrap();
    tx.commit().await.unwrap();
    // Killed between the two, nothing was ever encrypted.
    let finished = Worker::open(config(&database), TODAY).await.unwrap();
    assert_eq!(ledger.key_check().await.unwrap(), Some(finished.keys.check()));
    finished.ledger.close().await;
    ledger.close().await;
}

async fn a_demo_leaves_a_database_alone_that_has_a_row(database: Database) {
    let dir = database.folder.path().join("demo");
    std::fs::create_dir_all(&dir).unwrap();
    let demo = |codes: &[i32]| {
        let arguments = ["demo", "--no-serve", "--cards", "1", "--days", "1", "--database", &database.url, "--dir"];
        cardline(&database, &arguments, Some(&dir), codes)
    };
    database.ledger().await.close().await;
    let worker = Worker::open(config(&database), TODAY).await.unwrap();
    worker.ledger.close().await;
    let told = demo(&[2]);
    assert!(told.contains("not empty") && told.contains("key_check"), "{told}");
    assert!(std::fs::read_dir(&dir).unwrap().next().is_none());
}
