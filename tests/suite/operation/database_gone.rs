//! PostgreSQL away at the start and in mid-work: the worker rests, says so, and goes on by itself. If a
//! standby that was behind takes over meanwhile, it halts.

use std::path::Path;

use cardline::time::{instant, local_date};
use cardline_world::play::day;
use jiff::Timestamp;

use super::forwarder::Forwarder;
use super::worker::{RunningWorker, ended, give_work, program};
use crate::databases::{Database, Engine};
use crate::plays::broken;
use crate::proxy::Proxy;

/// The server's `host:port` and the same address through another port.
fn through(url: &str, port: u16) -> String {
    let (before, rest) = url.split_once('@').unwrap();
    let (_, name) = rest.split_once('/').unwrap();
    format!("{before}@127.0.0.1:{port}/{name}")
}

fn server(url: &str) -> String {
    let (_, rest) = url.split_once('@').unwrap();
    rest.split_once('/').unwrap().0.to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_rests_while_its_database_is_away_and_goes_on_by_itself() {
    let database = Database::new(Engine::Postgres).await;
    let (ledger, data) = (database.ledger().await, database.folder.path());
    give_work(&database.url, data);
    let forwarder = Forwarder::cut(&server(&database.url)).await;
    let mut worker = RunningWorker::start(&through(&database.url, forwarder.port), data, &[("CARDLINE_WORKER", "w")]);
    worker.until("it says what is missing", |worker| {
        let (status, missing) = worker.get("/ready");
        assert_eq!((status, worker.get("/health").0), (503, 200));
        missing.contains("database")
    });
    forwarder.open();
    worker.until_ready();
    worker.until("the photos are looked at", |worker| {
        worker.metric("cardline_step_units_total{stage=\"accounts\",step=\"photos\"}").unwrap_or(0.0) > 0.0
    });
    forwarder.close();
    worker.until("it notices", |worker| worker.get("/ready").0 == 503);
    worker.until("the gauge falls", |worker| worker.metric("cardline_database_up{}") == Some(0.0));
    assert_eq!(worker.get("/health").0, 200);
    forwarder.open();
    worker.until_ready();
    worker.until_a_whole_round();
    let panics = worker.get("/metrics").1;
    assert!(panics.lines().filter(|l| l.starts_with("cardline_step_panics_total{")).all(|l| l.ends_with(" 0")));
    worker.signal("TERM");
    assert_eq!(worker.end().0, Some(0));
    let log = worker.log();
    assert!(log.contains("the worker rests until this is over") && log.contains("the worker goes on after"), "{log}");
    let books = ledger.books(Timestamp::now(), true, None).await.unwrap();
    assert!(books.hold(), "{:?}", broken(&books));
    assert!(ledger.overdue(local_date(Timestamp::now())).await.unwrap().is_empty());
}

/// Connections that were open fall silent, the one that holds the name too; new ones work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_connections_fall_silent_goes_on_by_itself() {
    let database = Database::new(Engine::Postgres).await;
    let proxy = Proxy::to(&database.url).await;
    let mut worker = RunningWorker::start(&proxy.url, database.folder.path(), &[("CARDLINE_WORKER", "w")]);
    worker.until_ready();
    worker.until_a_whole_round();
    proxy.silence_what_is_open();
    worker.until("the name is held again", |worker| worker.log().contains("the name is held again"));
    worker.until_a_whole_round();
    worker.until_ready();
    worker.signal("TERM");
    assert_eq!(worker.end().0, Some(0));
}

/// What lies in the banks' and the bureau's folders.
fn at_partners(data: &Path) -> usize {
    let folders = std::fs::read_dir(data.join("partners")).unwrap();
    folders.map(|partner| std::fs::read_dir(partner.unwrap().path().join("to")).map_or(0, Iterator::count)).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_standby_was_behind_sends_nothing_and_says_so() {
    let database = Database::new(Engine::Postgres).await;
    let data = database.folder.path();
    database.ledger().await.close().await;
    give_work(&database.url, data);
    // So far the standby had come when the line to it broke.
    database.keep().await;
    let evening = instant(day(3), 17, 30).to_string();
    ended(program(&database.url, data).args(["tick", "--at", &evening]), &[0]);
    let sent = at_partners(data);
    assert!(sent > 0, "nothing was sent that the standby does not know");
    let forwarder = Forwarder::cut(&server(&database.url)).await;
    forwarder.open();
    // The worker's clock is months after that evening, so everything is due at once for it.
    let policy = include_str!("../../../schemas/policy.toml");
    let patient = data.join("policy.toml");
    std::fs::write(&patient, policy.replace("clock_due_percent = 50", "clock_due_percent = 100")).unwrap();
    let environment = [("CARDLINE_WORKER", "w"), ("CARDLINE_POLICY", patient.to_str().unwrap())];
    let mut worker = RunningWorker::start(&through(&database.url, forwarder.port), data, &environment);
    worker.until_ready();
    forwarder.close();
    worker.until("it notices", |worker| worker.get("/ready").0 == 503);
    database.restore().await;
    forwarder.open();
    worker.until("it says that history shrank", |worker| {
        let (status, missing) = worker.get("/ready");
        status == 503 && missing.contains("halted until a person accepts") && missing.contains("seen here before")
    });
    worker.until_a_whole_round();
    assert_eq!(at_partners(data), sent);
    let told = ended(program(&database.url, data).arg("doctor"), &[1]);
    assert!(String::from_utf8_lossy(&told.stdout).contains("database-history-shrank.md"));
    let refused = ended(program(&database.url, data).args(["tick", "--at", &evening]), &[1]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("until a person accepts"));
    assert_eq!(at_partners(data), sent);
    worker.signal("TERM");
    assert_eq!(worker.end().0, Some(0));
}
