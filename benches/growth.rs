//! Whether a card costs the same when there are ten times as many: microseconds a card from Kafka to the
//! bureau's file at 100,000 and at 1,000,000 cards, a worker's memory at both, and the laws over what
//! changed in all of them.
//!
//! `cargo bench --bench growth` (needs CARDLINE_TEST_KAFKA and CARDLINE_TEST_POSTGRES; CARDLINE_BENCH_COUNT
//! for another larger count)

use std::time::Instant;

use cardline::reference::tables::built_in_reference;
use cardline::time::instant;
use cardline_world::play::day;
use installation::{Installation, Route};
use services::Services;
use verdict::ratio;

mod applications;
mod costs;
mod installation;
#[expect(dead_code, reason = "what the workers print is not looked at")]
mod process;
mod services;
#[expect(dead_code, reason = "one run of each is long enough")]
mod verdict;

const WORKERS: usize = 2;
const TIMES: u64 = 10;

fn main() {
    let Some(services) = Services::of_tests() else {
        println!("growth: not measured: CARDLINE_TEST_KAFKA and CARDLINE_TEST_POSTGRES name them (ops/services up)");
        return;
    };
    let many = std::env::var("CARDLINE_BENCH_COUNT").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000_u64);
    let few = measured(&services, many / TIMES);
    let all = measured(&services, many);
    let each = |route: &Route| route.seconds() / route.cards as f64;
    ratio("seconds a card, ten times as many", each(&all) / each(&few), 1.15, true);
    ratio("MB of a worker", all.peak() as f64 / 1_048_576.0, 150.0, true);
}

fn measured(services: &Services, count: u64) -> Route {
    let messages = applications::messages(&built_in_reference().expect("reference"), count, 0);
    let installation = Installation::new(services, &messages);
    drop(messages);
    let route = installation.route(WORKERS);
    assert!(route.cards * 10 > count * 9, "only {} cards were ordered", route.cards);
    println!("{count} applications, {WORKERS} workers: {:.0} cards a second", route.cards as f64 / route.seconds());
    println!("  microseconds a card: {}", route.by_stage());
    println!("  at most {} MB a worker; a card: {}", route.peak() / 1_048_576, route.cost.of_each(route.cards));
    for (what, whole) in [("what changed", false), ("everything", true)] {
        let started = Instant::now();
        let books = installation.worker.ledger.books(instant(day(15), 9, 0), whole, None);
        assert!(installation.runtime.block_on(books).expect("books").hold(), "a law is broken");
        println!("  laws over {what}: {:.1} s", started.elapsed().as_secs_f64());
    }
    route
}
