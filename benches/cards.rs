//! Kafka → personalization data file, in cards a second, memory, processor time and bytes of write-ahead log,
//! beside the Spring Batch peer, warm, on the same services and the same count of applications: once with the
//! guarantees of a system of record, once its bare COPY variant, which keeps no history and encrypts nothing.
//! The bank's own time counts for nobody; photos are left out (a few shared pictures on ours, none on the peer's).
//!
//! `CARDLINE_PEER=folder/of/the/peer cargo bench --bench cards` (needs CARDLINE_TEST_KAFKA,
//! CARDLINE_TEST_POSTGRES, Java and Maven; CARDLINE_BENCH_COUNT for another count)

use std::path::PathBuf;

use cardline::reference::tables::built_in_reference;
use costs::{Cost, used};
use installation::Installation;
use peer_process::{Peer, figures};
use services::Services;
use verdict::{median, ratio};

mod applications;
mod costs;
mod installation;
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
    let count = std::env::var("CARDLINE_BENCH_COUNT").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000_u64);
    let folder = tempfile::tempdir().expect("folder");
    let peer = Peer::built(&peer, folder.path());
    let messages = applications::messages(&built_in_reference().expect("reference"), count, 0);
    peer.generate(count);
    let [mut ours, mut guarded, mut bare] = [(); 3].map(|()| Runs::default());
    for _ in 0..RUNS {
        ours.add(cardline(&services, &messages));
        guarded.add(spring_batch(&services, &peer, true));
        bare.add(spring_batch(&services, &peer, false));
    }
    println!("{count} applications, {WORKERS} workers; medians of {RUNS} runs in turn");
    let ours = ours.told("cardline", WORKERS);
    let guarded = guarded.told("Spring Batch with GUARANTEES=1", 1);
    let bare = bare.told("Spring Batch", 1);
    ratio("  cards a second, against the peer with guarantees", ours.rate / guarded.rate, 1.2, false);
    ratio("  cards a second, against the bare peer", ours.rate / bare.rate, 0.85, false);
    ratio("  memory of all workers, against the peer with guarantees", ours.memory / guarded.memory, 0.25, true);
}

/// What the runs of one of them showed.
#[derive(Default)]
struct Runs {
    rates: Vec<f64>,
    logs: Vec<f64>,
    postgres: Vec<f64>,
    workers: Vec<f64>,
    /// The most memory of one process, in bytes.
    peak: u64,
}

/// One run: cards a second, its most memory in bytes, what so many cards cost.
struct Run {
    rates: Vec<f64>,
    peak: u64,
    cost: Cost,
    cards: u64,
}

struct Told {
    rate: f64,
    /// Of all its processes, in megabytes.
    memory: f64,
}

impl Runs {
    fn add(&mut self, Run { rates, peak, cost, cards }: Run) {
        self.rates.extend(rates);
        self.logs.push(cost.wal as f64 / cards as f64);
        self.postgres.push(cost.postgres * 1e6 / cards as f64);
        self.workers.push(cost.workers * 1e6 / cards as f64);
        self.peak = self.peak.max(peak);
    }

    fn told(self, who: &str, processes: usize) -> Told {
        let (rate, memory) = (median(self.rates), self.peak as f64 / 1_048_576.0);
        println!("  {who}: {rate:.0} cards a second, at most {memory:.0} MB a process");
        let [log, postgres, workers] = [self.logs, self.postgres, self.workers].map(median);
        println!(
            "    a card: {postgres:.0} µs of a processor in PostgreSQL, {workers:.0} µs in the workers, {log:.0} bytes of log"
        );
        Told { rate, memory: memory * processes as f64 }
    }
}

/// The real program, from the topic to the bureau's file.
fn cardline(services: &Services, messages: &[Vec<u8>]) -> Run {
    let route = Installation::new(services, messages).route(WORKERS);
    assert!(route.cards * 10 > messages.len() as u64 * 9, "only {} cards were ordered", route.cards);
    println!("  microseconds a card: {}; {}", route.by_stage(), route.cost.of_each(route.cards));
    let rate = route.cards as f64 / route.seconds();
    Run { rates: vec![rate], peak: route.peak(), cost: route.cost, cards: route.cards }
}

/// The peer's warm runs; what its cards cost includes its cold run, and the making of its tables.
fn spring_batch(services: &Services, peer: &Peer<'_>, guarantees: bool) -> Run {
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let database = runtime.block_on(services.database());
    // The peer logs in as `postgres` by itself.
    let (_, place) = database.rsplit_once('@').expect("address");
    let (url, topic) = (format!("jdbc:postgresql://{place}"), format!("peer.{}", rand::random::<u32>()));
    let mut environment =
        vec![("KAFKA_BROKERS", &*services.kafka), ("TOPIC", &*topic), ("PG_URL", &*url), ("INGEST_WRITER", "copy")];
    if guarantees {
        environment.push(("GUARANTEES", "1"));
    }
    peer.run(&["peer.Load"], &environment);
    let before = runtime.block_on(used(&database, true));
    let ended = peer.run(&["peer.RouteApp", "3"], &environment);
    let mut cost = runtime.block_on(before.since(&database));
    cost.workers = ended.processor;
    let cards = figures(&ended.printed, "persoLines=", false).iter().sum::<f64>();
    Run { rates: figures(&ended.printed, "cards/s=", true), peak: ended.peak, cost, cards: cards as u64 }
}
