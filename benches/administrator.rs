//! What an administrator asks, beside 100,000, 1,000,000 and 10,000,000 cards on PostgreSQL: what waits, what is due and
//! what is late by district; what the evaluation of deadlines costs where as much falls due beside a hundred times as
//! many cards; and what an import of 25,000 points takes. Beside each list is the same counted now, and the bare query
//! over the same tables.
//!
//! `cargo bench --bench administrator` (needs CARDLINE_TEST_KAFKA and CARDLINE_TEST_POSTGRES; CARDLINE_BENCH_COUNT for
//! another largest count; 10,000,000 cards need 10 GB of disk, which are given back)
//!
//! A small world is played, held to every law, and multiplied (`multiplied`): its cards, their cartons and batches, not
//! their history, so that no law is held against the copies.

use std::time::Instant;

use crowd::Asking;
use imported::import;
use services::Services;
use verdict::ratio;

mod crowd;
mod databases;
mod imported;
mod multiplied;
#[expect(dead_code, reason = "no topic is made")]
mod services;
#[expect(dead_code, reason = "the quickest of several is told")]
mod verdict;

/// Seconds within which a list is there.
const LIST_SECONDS: f64 = 1.0;
/// How much more deadlines may cost beside a hundred times as many cards, where as many fall due.
const GROWTH: f64 = 2.0;
/// Seconds of the import.
const IMPORT_SECONDS: f64 = 5.0;

fn main() {
    let Some(services) = Services::of_tests() else {
        println!("administrator: not measured: CARDLINE_TEST_KAFKA and CARDLINE_TEST_POSTGRES name what it needs");
        return;
    };
    let seconds = import(&services);
    ratio("seconds of an import of 25,000 points", seconds, IMPORT_SECONDS, true);
    let many = std::env::var("CARDLINE_BENCH_COUNT").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000_000_u64);
    let asking = Asking::new(&services);
    let (mut list, mut page, mut curve) = (0.0, 0.0, Vec::new());
    for count in [many / 100, many / 10, many] {
        let (started, cards) = (Instant::now(), asking.cards(count));
        println!("{} cards, {:.1} GB, made in {:.0} s", cards.count, cards.gigabytes, started.elapsed().as_secs_f64());
        (list, page) = cards.lists();
        curve.push(cards.deadlines());
        cards.dropped();
    }
    ratio("seconds of the page of all lists", page, LIST_SECONDS, true);
    ratio("seconds of the slowest list by district", list, LIST_SECONDS, true);
    ratio("deadlines beside a hundred times as many cards", curve[2] / curve[0], GROWTH, true);
}
