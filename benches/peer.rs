//! Beside the Spring Batch peer: rows a second of reading a file, decoding, all rules and all findings,
//! against its partitioned step and its plain Java byte stream, warm, on the same rows, with two
//! threads each. The processes take turns; medians count.
//!
//! `CARDLINE_PEER=folder/of/the/peer cargo bench --bench peer` (needs Java and Maven; about five minutes)
//!
//! The file is the peer's own, with what our message has and its lacks added; the peer passes over
//! members it does not know.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use cardline::kafka::RawMessage;
use cardline::route::intake::Lines;
use cardline_core::domain::message;
use cardline_core::domain::reference::Facts;
use cardline_core::rules;
use jiff::civil::date;
use peer_process::{Peer, figures};
use rayon::prelude::*;
use verdict::{median, ratio};

mod peer_file;
mod peer_process;
#[expect(dead_code, reason = "processor time is not asked for")]
mod process;
mod verdict;

const ROWS: u32 = 300_000;
const TURNS: usize = 3;
/// Runs of one process; the first is the cold one.
const RUNS: usize = 4;

fn main() {
    let Some(peer) = std::env::var_os("CARDLINE_PEER").map(PathBuf::from) else {
        println!("peer: not measured: CARDLINE_PEER is not set to the peer's folder");
        return;
    };
    let folder = tempfile::tempdir().expect("folder");
    let peer = Peer::built(&peer, folder.path());
    let file = peer.generate(ROWS.into());
    let file = peer_file::complete(&file);
    let (reference, policy) = (peer_file::reference(), peer_file::policy());
    let facts = Facts { reference: &reference, policy: &policy, today: date(2026, 11, 21) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
    let (accepted, refused) = pool.install(|| check_file(&file, &facts));
    println!("{ROWS} rows; ours: {accepted} accepted, {refused} refused");
    let (mut ours, mut partitioned, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    let (mut partitioned_peak, mut plain_peak) = (0, 0);
    for _ in 0..TURNS {
        for (arguments, seconds, peak) in [
            (["peer.ValidateApp", "partitioned"], &mut partitioned, &mut partitioned_peak),
            (["peer.PlainMain", "bytes"], &mut plain, &mut plain_peak),
        ] {
            let ended = peer.run(&[arguments[0], arguments[1], &RUNS.to_string()], &[]);
            seconds.extend(figures(&ended.printed, "seconds=", true));
            *peak = ended.peak.max(*peak);
        }
        for _ in 1..RUNS {
            let started = Instant::now();
            black_box(pool.install(|| check_file(&file, &facts)));
            ours.push(started.elapsed().as_secs_f64());
        }
    }
    let [ours, partitioned, plain] = [ours, partitioned, plain].map(median);
    for (name, seconds) in
        [("cardline", ours), ("Spring Batch, partitioned", partitioned), ("plain Java, bytes", plain)]
    {
        println!("  {name:<26} {:>9.0} rows a second", f64::from(ROWS) / seconds);
    }
    println!("  the peer's memory: {} and {} MB", partitioned_peak / 1_048_576, plain_peak / 1_048_576);
    ratio("  against Spring Batch, partitioned", partitioned / ours, 6.0, false);
    ratio("  against plain Java, bytes", plain / ours, 4.0, false);
}

/// Reads, decodes and checks the whole file, a chunk at a time; how many were accepted and refused.
fn check_file(file: &Path, facts: &Facts<'_>) -> (usize, usize) {
    let mut lines = Lines::open(file).expect("file");
    let (mut accepted, mut refused) = (0, 0);
    let good = |raw: &&RawMessage| {
        message::decode(&raw.bytes).is_ok_and(|d| rules::is_accepted(&rules::check(&d.application, facts)))
    };
    let check = |messages: &[RawMessage]| Ok((messages.len(), messages.par_iter().filter(good).count()));
    lines
        .each_chunk(file, check, |(all, good)| {
            accepted += good;
            refused += all - good;
            true
        })
        .expect("lines");
    (accepted, refused)
}
