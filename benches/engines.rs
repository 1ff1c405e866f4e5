//! Kafka → checked → PostgreSQL, beside a bare COPY of the same applications as JSON into a table with
//! the same unique keys. Ratios of one run, medians of interleaved rounds.
//!
//! `cargo bench --bench engines` (needs CARDLINE_TEST_KAFKA and CARDLINE_TEST_POSTGRES; about five
//! minutes; CARDLINE_BENCH_COUNT for another count)

use std::time::{Duration, Instant};

use cardline::config::Config;
use cardline::kafka::Broker;
use cardline::reference::tables::built_in_reference;
use cardline::route::intake::FromKafka;
use cardline::step::Worker;
use cardline::step::driver::drain;
use cardline::step::set_aside::Resting;
use cardline::time::instant;
use cardline_world::play::FIRST_DAY;
use services::{Services, text};
use sqlx::{Connection, PgConnection};
use tokio::runtime::Runtime;
use verdict::{median, ratio};

mod applications;
mod services;
mod verdict;

const ROUNDS: usize = 3;
/// Workers, and COPYs, at once; and how much of the COPYs the workers are to reach.
const CONNECTIONS: [(usize, f64); 2] = [(1, 0.8), (2, 0.6)];

/// As the ledger has them: what decides about repeats, revisions and persons.
const BARE: &str =
    "CREATE TABLE bare (event_id TEXT UNIQUE, application_id TEXT UNIQUE, revision BIGINT, person BYTEA UNIQUE,
    body JSON NOT NULL, UNIQUE (application_id, revision))";

fn main() {
    let Some(services) = Services::of_tests() else {
        println!("engines: not measured: CARDLINE_TEST_KAFKA and CARDLINE_TEST_POSTGRES name them (ops/services up)");
        return;
    };
    let count = std::env::var("CARDLINE_BENCH_COUNT").ok().and_then(|n| n.parse().ok()).unwrap_or(60_000);
    let messages = applications::messages(&built_in_reference().expect("reference"), count, 0);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("runtime");
    let topic = format!("bench.{}", rand::random::<u32>());
    services.publish(&topic, &messages);
    let bench = Bench { runtime, services, topic, messages };
    println!("{} applications, {} bytes each", bench.messages.len(), bench.bytes() / bench.messages.len());
    let mut seconds = vec![(Vec::new(), Vec::new()); CONNECTIONS.len()];
    for _ in 0..ROUNDS {
        for ((connections, _), (ours, bare)) in CONNECTIONS.into_iter().zip(&mut seconds) {
            ours.push(bench.ours(connections));
            bare.push(bench.bare(connections));
        }
    }
    for ((connections, target), (ours, bare)) in CONNECTIONS.into_iter().zip(seconds) {
        let (ours, bare) = (median(ours), median(bare));
        let rate = |seconds: f64| bench.messages.len() as f64 / seconds;
        println!(
            "  {connections} at once: cardline {:>7.0} a second, bare COPY {:>7.0} a second",
            rate(ours),
            rate(bare)
        );
        ratio("  cardline against bare COPY", bare / ours, target, false);
    }
}

struct Bench {
    runtime: Runtime,
    services: Services,
    topic: String,
    messages: Vec<Vec<u8>>,
}

impl Bench {
    fn bytes(&self) -> usize {
        self.messages.iter().map(Vec::len).sum()
    }

    /// Seconds of so many workers that take in the whole topic, each as quick as it can.
    fn ours(&self, count: usize) -> f64 {
        let folder = tempfile::tempdir().expect("folder");
        self.runtime.block_on(async {
            let database = self.services.database().await;
            let mut workers = Vec::new();
            for n in 0..count {
                let mut config = Config::in_folder(folder.path(), Some(database.clone()));
                config.topics.applications = self.topic.clone();
                config.worker.value = Some(format!("worker-{n}"));
                let mut worker = Worker::open(config, FIRST_DAY).await.expect("worker");
                worker.kafka = Some(Broker::at(&self.services.kafka));
                workers.push(worker);
            }
            let started = Instant::now();
            let works = workers.into_iter().map(|worker| tokio::spawn(work(worker, self.messages.len() as i64)));
            for worked in works.collect::<Vec<_>>() {
                worked.await.expect("worker");
            }
            started.elapsed().as_secs_f64()
        })
    }

    /// Seconds of a bare COPY over so many connections, the same applications in turn.
    fn bare(&self, connections: usize) -> f64 {
        let lines = |n: usize| {
            self.messages.iter().skip(n).step_by(connections).map(|message| line(message)).collect::<Vec<_>>()
        };
        let parts: Vec<Vec<Vec<u8>>> = (0..connections).map(lines).collect();
        self.runtime.block_on(async {
            let database = self.services.database().await;
            let mut first = PgConnection::connect(&database).await.expect("PostgreSQL");
            sqlx::raw_sql(BARE).execute(&mut first).await.expect("table");
            let started = Instant::now();
            let copies = parts.into_iter().map(|lines| tokio::spawn(copy(database.clone(), lines)));
            for copied in copies.collect::<Vec<_>>() {
                copied.await.expect("copied");
            }
            started.elapsed().as_secs_f64()
        })
    }
}

async fn work(worker: Worker, all: i64) {
    let now = instant(FIRST_DAY, 9, 0);
    loop {
        drain(&FromKafka, "intake/applications", &worker, Resting::Keep, now).await.expect("taken in");
        if worker.ledger.intake_counts(&worker.config.topics.applications).await.expect("counts").received >= all {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// As many rows a COPY as a chunk of ours has messages.
async fn copy(database: String, lines: Vec<Vec<u8>>) {
    let mut connection = PgConnection::connect(&database).await.expect("PostgreSQL");
    for rows in lines.chunks(5_000) {
        let mut copy = connection.copy_in_raw("COPY bare FROM STDIN").await.expect("COPY");
        copy.send(rows.concat()).await.expect("rows");
        copy.finish().await.expect("copied");
    }
}

/// An application as a line of COPY: its keys, and itself.
fn line(message: &[u8]) -> Vec<u8> {
    let body = String::from_utf8_lossy(message).replace('\\', "\\\\");
    let number = text(message, "holder/id_number");
    let person: String = number.bytes().map(|byte| format!("{byte:02x}")).collect();
    let (event, application) = (text(message, "event_id"), text(message, "application_id"));
    format!("{event}\t{application}\t1\t\\\\x{person}\t{body}\n").into_bytes()
}
