//! What the console's pages cost on PostgreSQL beside 100,000 and 1,000,000 cards, with 50 people who click every
//! three seconds; and what the pipeline at full load loses to them.
//!
//! `cargo bench --bench console` (needs CARDLINE_TEST_KAFKA and CARDLINE_TEST_POSTGRES; CARDLINE_BENCH_COUNT for
//! another larger count; CARDLINE_BENCH_PAIRS for another number of pairs)
//!
//! A small world is played and multiplied (`multiplied`). The console is a process of its own, so that its CPU can be
//! told; its clock is that of the world. The pipeline works in another database of the same server: both share cores,
//! memory and disk, and no locks.

use std::time::{Duration, Instant};

use clicking::{Answers, clicked, percentile};
use installation::Installation;
use services::Services;
use serving::{Played, Serving};
use verdict::{median, ratio};

mod applications;
mod clicking;
#[expect(dead_code, reason = "the whole way is timed")]
mod costs;
#[expect(dead_code, reason = "the whole way is timed")]
mod installation;
mod multiplied;
#[expect(dead_code, reason = "what the workers print is not looked at")]
mod process;
mod services;
mod serving;
mod verdict;

const PEOPLE: u32 = 50;
const SECONDS: u64 = 40;
const WARM_SECONDS: u64 = 6;
/// Milliseconds within which 95 of 100 answers come.
const ANSWER_MILLISECONDS: f64 = 100.0;
const TIMES: u64 = 10;
/// How much slower a page may be beside ten times as many cards: one of a few milliseconds varies by as much.
const GROWTH: f64 = 1.5;
/// Pages quicker than this do not grow, whatever their ratio.
const QUICK_MILLISECONDS: f64 = 10.0;
/// Cards of the pipeline's way to the bureau's file in each half of a pair.
const WORK_CARDS: u64 = 20_000;

fn main() {
    if serving::is_console() {
        return serving::serve();
    }
    let Some(services) = Services::of_tests() else {
        println!("console: not measured: CARDLINE_TEST_KAFKA and CARDLINE_TEST_POSTGRES name them (ops/services up)");
        return;
    };
    let number = |name: &str, usual| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let many = number("CARDLINE_BENCH_COUNT", 1_000_000);
    let played = Played::new(&services);
    let few = Serving::begin(&services, &played, many / TIMES);
    let at_few = measured(&few);
    drop(few);
    let all = Serving::begin(&services, &played, many);
    let at_all = measured(&all);
    let slowest = table(&all, &at_few, &at_all);
    ratio("milliseconds of the slowest page, 95th percentile", slowest.milliseconds, ANSWER_MILLISECONDS, true);
    ratio("a page beside ten times as many cards", slowest.growth, GROWTH, true);
    pairs(&services, &all, number("CARDLINE_BENCH_PAIRS", 5));
}

fn measured(console: &Serving) -> Answers {
    // What is asked first is not measured: caches are cold once.
    let for_seconds = |seconds| {
        let end = Instant::now() + Duration::from_secs(seconds);
        clicked(&console.address, &console.people, PEOPLE, |at| at < end)
    };
    for_seconds(WARM_SECONDS);
    let before = console.cpu_seconds();
    let answers = for_seconds(SECONDS);
    let clicks: usize = answers.values().map(Vec::len).sum();
    let cpu = (console.cpu_seconds() - before) * 1e3 / clicks as f64;
    println!("{} cards: {clicks} clicks, {cpu:.1} ms of the console's CPU each", console.cards);
    answers
}

struct Slowest {
    milliseconds: f64,
    growth: f64,
}

/// Every page in a line; the database's own time of each, asked alone, beside it.
fn table(console: &Serving, few: &Answers, all: &Answers) -> Slowest {
    let mut slowest = Slowest { milliseconds: 0.0, growth: 0.0 };
    println!(
        "{:<14} {:<28} {:>9} {:>9} {:>9} {:>9} {:>6} {:>9}",
        "role", "page", "p50 few", "p95 few", "p50 all", "p95 all", "ratio", "database"
    );
    for ((role, page), at_all) in all {
        let at_few = few.iter().find(|((r, p), _)| r == role && kind(p) == kind(page)).map(|(_, ms)| ms.as_slice());
        let at_few = at_few.unwrap_or_default();
        let [few_50, all_50] = [at_few, at_all].map(|ms| percentile(ms, 0.5));
        let [few_95, all_95] = [at_few, at_all].map(|ms| percentile(ms, 0.95));
        let growth = all_50 / few_50;
        let database = console.database_milliseconds(role, page);
        println!(
            "{role:<14} {:<28} {few_50:>9.1} {few_95:>9.1} {all_50:>9.1} {all_95:>9.1} {growth:>6.2} {database:>9.1}",
            kind(page)
        );
        slowest.milliseconds = slowest.milliseconds.max(all_95);
        if all_50 > QUICK_MILLISECONDS {
            slowest.growth = slowest.growth.max(growth);
        }
    }
    slowest
}

/// A page without what it is of.
fn kind(page: &str) -> &str {
    ["/ops/batches/", "/files/", "/cards/", "/admin/points/"].into_iter().find(|k| page.starts_with(k)).unwrap_or(page)
}

/// The pipeline's seconds from topic to bureau's file, alone and beside the clicks, in turn.
fn pairs(services: &Services, console: &Serving, count: u64) {
    let reference = cardline::reference::tables::built_in_reference().expect("reference");
    let messages = applications::messages(&reference, WORK_CARDS, 0);
    let (mut alone, mut beside, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..count {
        alone.push(Installation::new(services, &messages).route(2).seconds());
        let installation = Installation::new(services, &messages);
        let before = console.cpu_seconds();
        let started = Instant::now();
        let clicking = console.click_until_dropped(PEOPLE);
        beside.push(installation.route(2).seconds());
        drop(clicking);
        shares.push((console.cpu_seconds() - before) / started.elapsed().as_secs_f64());
    }
    if count == 0 {
        return;
    }
    let losses = alone.iter().zip(&beside).map(|(alone, beside)| beside / alone).collect();
    let rate = |seconds: Vec<f64>| WORK_CARDS as f64 / median(seconds);
    println!("pipeline, {count} pairs: {:.0} cards a second alone, {:.0} beside the clicks", rate(alone), rate(beside));
    println!("  the console's CPU meanwhile: {:.2} of a core", median(shares));
    ratio("seconds beside the clicks against alone", median(losses), 1.15, true);
}
