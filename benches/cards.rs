//! Kafka → personalization data file, in cards a second and memory, beside the Spring Batch peer's COPY
//! variant, warm, on the same services and the same count of applications. The bank's own time counts on
//! neither side; photos are left out (a few shared pictures on ours, none on the peer's). The peer keeps
//! no history and seals nothing.
//!
//! `CARDLINE_PEER=folder/of/the/peer cargo bench --bench cards` (needs CARDLINE_TEST_KAFKA,
//! CARDLINE_TEST_POSTGRES, Java and Maven; CARDLINE_BENCH_COUNT for another count)

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use cardline::config::Config;
use cardline::stages::{Station, built_in_reference};
use cardline::time::instant;
use cardline::world::World;
use cardline::world::play::{FIRST_DAY, day};
use jiff::Timestamp;
use peer_process::{Peer, warm};
use process::watched;
use services::Services;
use verdict::{median, ratio};

mod applications;
mod peer_process;
mod process;
mod services;
mod verdict;

const RUNS: usize = 3;
const WORKERS: usize = 2;

fn main() {
    let (Some(services), Some(peer)) = (Services::of_tests(), std::env::var_os("CARDLINE_PEER").map(PathBuf::from))
    else {
        println!(
            "cards: not measured: CARDLINE_TEST_KAFKA, CARDLINE_TEST_POSTGRES and CARDLINE_PEER name what it needs"
        );
        return;
    };
    let count = std::env::var("CARDLINE_BENCH_COUNT").ok().and_then(|n| n.parse().ok()).unwrap_or(50_000_u64);
    let folder = tempfile::tempdir().expect("folder");
    let peer = Peer::built(&peer, folder.path());
    let messages = applications::messages(&built_in_reference().expect("reference"), count, 0);
    peer.generate(count);
    let (mut ours, mut theirs, mut our_peak, mut their_peak) = (Vec::new(), Vec::new(), 0, 0);
    for _ in 0..RUNS {
        let (rate, peak) = cardline(&services, &messages);
        ours.push(rate);
        our_peak = our_peak.max(peak);
        let (rates, peak) = spring_batch(&services, &peer);
        theirs.extend(rates);
        their_peak = their_peak.max(peak);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("{count} applications, {WORKERS} workers");
    println!("  cardline     {ours:>7.0} cards a second, at most {} MB a worker", our_peak / 1_048_576);
    println!("  Spring Batch {theirs:>7.0} cards a second, at most {} MB", their_peak / 1_048_576);
    ratio("  cards a second, against Spring Batch", ours / theirs, 2.0, false);
    let memory = (our_peak * WORKERS as u64) as f64 / their_peak as f64;
    ratio("  memory of all workers, against Spring Batch", memory, 0.25, true);
}

/// A worker's processes on a database, a topic and a folder of their own.
struct Town {
    runtime: tokio::runtime::Runtime,
    station: Station,
    folder: tempfile::TempDir,
}

/// Cards a second of the real program, from the topic to the bureau's file, and the peak memory of a worker.
fn cardline(services: &Services, messages: &[Vec<u8>]) -> (f64, u64) {
    let town = Town::found(services);
    services.publish(&town.station.config.topics.applications, messages);
    let mut world = World::new(&town.station, 1, 1, 1).expect("world");
    town.runtime.block_on(world.prepare(&town.station)).expect("photos");
    let (evening, later) = (instant(day(3), 17, 30), instant(day(14), 17, 30));
    let mut done = [
        town.tick("intake", instant(FIRST_DAY, 9, 0), WORKERS),
        town.tick("accounts", evening, WORKERS),
        town.tick("exchange", evening, 1),
    ]
    .to_vec();
    for n in 4..14 {
        world.morning(&town.station, day(n)).expect("the banks' days");
    }
    done.extend([town.tick("accounts", later, WORKERS), town.tick("production", later, WORKERS)]);
    let ordered = town.runtime.block_on(town.station.ledger.cards_by_state()).expect("cards");
    let ordered = ordered.get("in_production").copied().unwrap_or(0);
    assert!(ordered * 10 > messages.len() as i64 * 9, "only {ordered} cards were ordered");
    let seconds: f64 = done.iter().map(|(seconds, _)| seconds).sum();
    (ordered as f64 / seconds, done.iter().map(|(_, peak)| *peak).max().unwrap_or(0))
}

impl Town {
    fn found(services: &Services) -> Town {
        let folder = tempfile::tempdir().expect("folder");
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
        let mut config = Config::in_folder(folder.path(), Some(runtime.block_on(services.database())));
        config.topics.applications = format!("bench.{}", rand::random::<u32>());
        let topics = format!("[topics]\napplications = '{}'\n", config.topics.applications);
        std::fs::write(folder.path().join("config.toml"), topics).expect("configuration");
        let mut station = runtime.block_on(Station::open(config, FIRST_DAY)).expect("station");
        station.kafka = Some(services.kafka.clone());
        Town { runtime, station, folder }
    }

    /// Seconds until so many workers have nothing to do in a stage, and the most memory one of them had.
    fn tick(&self, stage: &str, at: Timestamp, workers: usize) -> (f64, u64) {
        let started = Instant::now();
        let peak = std::thread::scope(|scope| {
            let worker = |n| scope.spawn(move || watched(&mut self.process(stage, at, n)).peak);
            let running: Vec<_> = (0..workers).map(worker).collect();
            running.into_iter().map(|worker| worker.join().expect("worker")).max()
        });
        (started.elapsed().as_secs_f64(), peak.unwrap_or(0))
    }

    fn process(&self, stage: &str, at: Timestamp, worker: usize) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cardline"));
        command.args(["tick", stage, "--at", &at.to_string()]);
        command.env("CARDLINE_CONFIG", self.folder.path().join("config.toml"));
        command.env("CARDLINE_DATABASE", &self.station.config.database.value);
        command.env("CARDLINE_DATA", &self.station.config.data.value);
        command.env("CARDLINE_KAFKA", self.station.kafka.as_deref().unwrap_or_default());
        command.env("CARDLINE_WORKER", format!("worker-{worker}"));
        command
    }
}

/// Cards a second of the peer's warm runs, and its peak memory.
fn spring_batch(services: &Services, peer: &Peer<'_>) -> (Vec<f64>, u64) {
    let database = tokio::runtime::Runtime::new().expect("runtime").block_on(services.database());
    // The peer logs in as `postgres` by itself.
    let (_, place) = database.rsplit_once('@').expect("address");
    let (url, topic) = (format!("jdbc:postgresql://{place}"), format!("peer.{}", rand::random::<u32>()));
    let environment =
        [("KAFKA_BROKERS", &*services.kafka), ("TOPIC", &*topic), ("PG_URL", &*url), ("INGEST_WRITER", "copy")];
    peer.run(&["peer.Load"], &environment);
    let ended = peer.run(&["peer.RouteApp", "3"], &environment);
    (warm(&ended.printed, "cards/s="), ended.peak)
}
