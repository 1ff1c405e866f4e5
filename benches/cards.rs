//! Kafka → personalization data file, in cards a second and memory, beside the Spring Batch peer's COPY
//! variant, warm, on the same services and the same count of applications. The bank's own time counts on
//! neither side; photos are left out (a few shared pictures on ours, none on the peer's). The peer keeps
//! no history and encrypts nothing.
//!
//! `CARDLINE_PEER=folder/of/the/peer cargo bench --bench cards` (needs CARDLINE_TEST_KAFKA,
//! CARDLINE_TEST_POSTGRES, Java and Maven; CARDLINE_BENCH_COUNT for another count)

use std::path::PathBuf;

use cardline::reference::tables::built_in_reference;
use installation::Installation;
use peer_process::{Peer, warm};
use services::Services;
use verdict::{median, ratio};

mod applications;
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

/// Cards a second of the real program, from the topic to the bureau's file, and the peak memory of a worker.
fn cardline(services: &Services, messages: &[Vec<u8>]) -> (f64, u64) {
    let route = Installation::new(services, messages).route(WORKERS);
    assert!(route.cards * 10 > messages.len() as u64 * 9, "only {} cards were ordered", route.cards);
    println!("  microseconds a card: {}", route.by_stage());
    (route.cards as f64 / route.seconds(), route.peak())
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
