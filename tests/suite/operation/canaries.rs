//! No value of a person reaches a log or a metric, whatever the level and the format; and a reader of
//! the log that stops does not stop the work.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

use cardline::args;
use cardline::config::Config;
use cardline::crypto::keys::{Keys, RecordOf};
use cardline::store::Ledger;
use serde_json::Value;

use super::worker::{RunningWorker, ended, give_work, program};
use crate::databases::{Database, Engine};

/// Members of a message that say who somebody is.
const PERSONAL: &[&str] =
    &["name", "id_number", "mobile", "phone", "address", "detail", "birth_place", "email", "number"];

/// Whether something else may print the same: a short text, or a round number, as durations are.
fn is_everywhere(text: &str) -> bool {
    text.len() < 6 || text.bytes().all(|byte| byte.is_ascii_digit()) && text.ends_with("000000")
}

/// Every value under such a member, at any depth.
pub fn collect(value: &Value, member: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| collect(value, name, found)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, member, found)),
        Value::String(text) if PERSONAL.contains(&member) && !is_everywhere(text) => {
            found.insert(text.clone());
        }
        _ => {}
    }
}

/// What a ledger holds encrypted of its people.
async fn canaries(data: &Path) -> BTreeSet<String> {
    let keys = Keys::open(&data.join("keys")).unwrap();
    let ledger = Ledger::open(&Config::in_folder(data, None).database.value).await.unwrap();
    let mut found = BTreeSet::new();
    let encrypted =
        ledger.read().await.unwrap().rows::<(i64, Vec<u8>)>("SELECT id, sealed FROM message", args![]).await.unwrap();
    for (id, encrypted) in encrypted {
        if let Ok(message) = serde_json::from_slice(&keys.decrypt_of(RecordOf::Message(id), &encrypted).unwrap()) {
            collect(&message, "", &mut found);
        }
    }
    ledger.close().await;
    found
}

fn hits<'a>(canaries: &'a BTreeSet<String>, text: &str) -> Vec<&'a String> {
    canaries.iter().filter(|canary| text.contains(canary.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_value_of_a_person_is_in_any_log_or_metric() {
    for format in ["text", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("demo");
        let loud = [("CARDLINE_LOG", "trace"), ("CARDLINE_LOG_FORMAT", format)];
        let demo = ["demo", "--no-serve", "--cards", "40", "--days", "25", "--dir", data.to_str().unwrap()];
        let database = Config::in_folder(&data, None).database.value;
        let output = ended(program(&database, &data).env_remove("CARDLINE_DATABASE").args(demo).envs(loud), &[0]);
        let mut told = String::from_utf8(output.stderr).unwrap();
        let mut worker = RunningWorker::start(&database, &data, &loud);
        worker.until("the figures are read", |worker| {
            worker.metric("cardline_figures_timestamp_seconds{}").unwrap_or(0.0) > 0.0
        });
        told += &worker.get("/metrics").1;
        worker.signal("TERM");
        worker.end();
        let log = worker.log();
        if format == "json" {
            for line in log.lines() {
                let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
                assert!(event["timestamp"].is_string() && event["level"].is_string(), "{line}");
            }
        }
        told += &log;
        let canaries = canaries(&data).await;
        assert!(canaries.len() > 150 && told.lines().count() > 500, "{} in {}", canaries.len(), told.lines().count());
        assert_eq!(hits(&canaries, &told), Vec::<&String>::new(), "{format}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_of_the_log_that_stops_does_not_stop_the_work() {
    let database = Database::new(Engine::Sqlite).await;
    let (url, data) = (database.url.as_str(), database.folder.path());
    give_work(url, data);
    // A pipe that is full before the first line, and that nobody reads.
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    let filled = writer.try_clone().unwrap();
    std::thread::spawn(move || while writer.write_all(&[b'x'; 4096]).is_ok() {});
    std::thread::sleep(std::time::Duration::from_millis(300));
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = program(url, data);
    command.args(["run", "--listen", &address]).env("CARDLINE_LOG", "trace").stdout(Stdio::null()).stderr(filled);
    let mut worker = RunningWorker::attached(command.spawn().unwrap(), address);
    drop(command);
    let photos = "cardline_step_units_total{stage=\"accounts\",step=\"photos\"}";
    worker.until("the work is done", |worker| worker.metric(photos).unwrap_or(0.0) > 0.0);
    worker.signal("TERM");
    let (code, took) = worker.end();
    assert_eq!(code, Some(0));
    assert!(took < std::time::Duration::from_secs(10), "{took:?}");
    let mut first = [0_u8; 1];
    reader.read_exact(&mut first).unwrap();
    assert_eq!(first, *b"x");
}
