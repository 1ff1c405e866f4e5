//! The broker goes and comes back, again and again, and what is open to it falls silent, under a running
//! `cardline run`: nothing is lost, nothing comes twice, memory stays bounded, and nobody helps.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cardline::store::Ledger;
use serde_json::Value;

use super::{Broker, applications, keyed};
use crate::conformance::arrivals::number;
use crate::databases::{Database, Engine};
use crate::own_service::OwnService;
use crate::proxy::Proxy;

const OUTAGES: u64 = 3;
const SENT_BETWEEN: u64 = 400;
const WORKER_MEGABYTES: u64 = 300;

/// Has a broker tell its clients to connect to another port, and be believed dead soon after it was killed, so that it
/// may come back.
fn advertise(broker: &OwnService, port: &str) {
    let file = broker.folder().join("kafka/server.properties");
    let settings = std::fs::read_to_string(&file).unwrap();
    let advertised = format!("advertised.listeners=PLAINTEXT://127.0.0.1:{port}");
    let soon_dead = "broker.session.timeout.ms=5000";
    std::fs::write(&file, format!("{settings}{advertised}\n{soon_dead}\n")).unwrap();
    broker.restart();
}

fn kill(broker: &OwnService) {
    let pid = std::fs::read_to_string(broker.folder().join("kafka/pid")).unwrap();
    assert!(Command::new("kill").args(["-9", pid.trim()]).status().unwrap().success());
}

/// The real program; it is killed when the test ends, however it ends.
struct RunningWorker(Child);

impl RunningWorker {
    fn start(database: &Database, broker: &Broker) -> RunningWorker {
        let child = broker
            .program(database, &["run", "--stages", "intake"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        RunningWorker(child)
    }

    /// The most memory it ever used.
    fn peak_megabytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }
}

impl Drop for RunningWorker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < Duration::from_secs(120), "after two minutes there was still no end of: {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn accepted(ledger: &Ledger) -> u64 {
    number(ledger, "SELECT count(*) FROM application WHERE state = 'accepted'").await as u64
}

/// Outcomes published, by application, each at least once.
fn told(broker: &Broker) -> BTreeSet<String> {
    let heard = broker.heard(&broker.topics.outcomes);
    let body = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    heard.iter().map(|m| body(&m.bytes)["application_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_killed_again_and_again_loses_nothing() {
    let database = Database::new(Engine::Postgres).await;
    let service = tokio::task::block_in_place(|| OwnService::up("kafka"));
    let proxy = Proxy::to(&format!("kafka://{}/", service.address())).await;
    let servers = proxy.url.trim_start_matches("kafka://").trim_end_matches('/').to_owned();
    tokio::task::block_in_place(|| advertise(&service, servers.rsplit(':').next().unwrap()));
    let broker = Broker::at(servers, 3).await;
    let ledger = database.ledger().await;
    let worker = RunningWorker::start(&database, &broker);
    let mut sent = 0;
    let mut slowest = Duration::ZERO;
    for _ in 0..OUTAGES {
        broker.send(&broker.topics.applications, &keyed(&applications(sent, SENT_BETWEEN)));
        sent += SENT_BETWEEN;
        // Some are taken in already, others not; some are published, others not.
        until("the first of a round", async || accepted(&ledger).await > sent - SENT_BETWEEN).await;
        tokio::task::block_in_place(|| {
            kill(&service);
            std::thread::sleep(Duration::from_secs(2));
            service.restart();
        });
        let back = Instant::now();
        until("taking in after an outage", async || accepted(&ledger).await == sent).await;
        slowest = slowest.max(back.elapsed());
    }
    // Every connection that is open says nothing any more, and nobody closes it.
    proxy.silence_what_is_open();
    tokio::task::block_in_place(|| {
        broker.send(&broker.topics.applications, &keyed(&applications(sent, SENT_BETWEEN)));
    });
    sent += SENT_BETWEEN;
    let silent = Instant::now();
    until("taking in over new connections", async || accepted(&ledger).await == sent).await;
    let heard_again = silent.elapsed();
    until("telling", async || tokio::task::block_in_place(|| told(&broker)).len() as u64 == sent).await;
    assert_eq!(number(&ledger, "SELECT count(*) FROM message").await as u64, sent);
    let peak = worker.peak_megabytes();
    assert!(peak < WORKER_MEGABYTES, "the worker used {peak} MB");
    println!(
        "{OUTAGES} outages, {sent} sent, lost 0, duplicated 0, slowest recovery {slowest:.1?}, after silence {heard_again:.1?}, peak {peak} MB"
    );
    drop(worker);
    ledger.close().await;
}
