//! The hot path beside the bare parser: decoding, all rules and all findings against `serde_json`
//! decoding alone into a plain struct of the same fields, on one thread and on two. Ratios of one run,
//! medians of interleaved rounds.
//!
//! `cargo bench --bench intake` (about a minute)

use std::hint::black_box;

use cardline::reference::tables::built_in_reference;
use cardline_core::domain::message;
use cardline_core::domain::policy::Policy;
use cardline_core::domain::reference::Facts;
use cardline_core::rules;
use cardline_world::play::FIRST_DAY;
use rayon::prelude::*;
use rounds::{Variant, medians};
use verdict::ratio;

mod applications;
mod plain;
mod rounds;
mod verdict;

const APPLICATIONS: u64 = 40_000;
const ROUNDS: usize = 21;

fn main() {
    for defect_percent in [0, 5] {
        println!("{APPLICATIONS} applications, {defect_percent} % with a planted defect");
        measure(defect_percent);
    }
}

fn measure(defect_percent: u32) {
    let (reference, policy) = (built_in_reference().expect("reference"), Policy::built_in().expect("policy"));
    let messages = applications::messages(&reference, APPLICATIONS, defect_percent);
    let facts = Facts { reference: &reference, policy: &policy, today: FIRST_DAY };
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("threads");
    let two = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
    let bytes = |message: &Vec<u8>| {
        black_box(serde_json::from_slice::<plain::Application<'_>>(message).ok());
    };
    let text = |message: &Vec<u8>| {
        let text = std::str::from_utf8(message).expect("UTF-8");
        black_box(serde_json::from_str::<plain::Application<'_>>(text).ok());
    };
    let decoded = |message: &Vec<u8>| {
        black_box(message::decode(message).ok());
    };
    let checked = |message: &Vec<u8>| check(message, &facts);
    let run = |pool: &rayon::ThreadPool, each: &(dyn Fn(&Vec<u8>) + Sync)| {
        pool.install(|| messages.par_iter().for_each(each));
    };
    let mut variants = [
        Variant::new("serde_json from bytes, 1 thread", || run(&one, &bytes)),
        Variant::new("serde_json from text, 1 thread", || run(&one, &text)),
        Variant::new("decode, 1 thread", || run(&one, &decoded)),
        Variant::new("decode, rules, findings, 1 thread", || run(&one, &checked)),
        Variant::new("serde_json from bytes, 2 threads", || run(&two, &bytes)),
        Variant::new("serde_json from text, 2 threads", || run(&two, &text)),
        Variant::new("decode, rules, findings, 2 threads", || run(&two, &checked)),
    ];
    let seconds = medians(ROUNDS, &mut variants);
    for (variant, seconds) in variants.iter().zip(&seconds) {
        let each = seconds / APPLICATIONS as f64;
        println!("  {:<36} {:>6.2} µs each {:>9.0} a second", variant.name, each * 1e6, 1.0 / each);
    }
    let [bytes_1, text_1, _, checked_1, bytes_2, text_2, checked_2] = seconds[..] else { return };
    ratio("  all against from bytes, 1 thread", checked_1 / bytes_1, 1.5, true);
    ratio("  all against from bytes, 2 threads", checked_2 / bytes_2, 1.5, true);
    ratio("  all against from text, 1 thread", checked_1 / text_1, 1.5, true);
    ratio("  all against from text, 2 threads", checked_2 / text_2, 1.5, true);
    ratio("  two threads against one", checked_1 / checked_2, 1.6, false);
}

fn check(message: &[u8], facts: &Facts<'_>) {
    let findings = message::decode(message).map(|decoded| rules::check(&decoded.application, facts));
    black_box(findings.ok());
}
