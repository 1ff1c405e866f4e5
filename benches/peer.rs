//! Beside the Spring Batch peer: rows a second of reading a file, decoding, all rules and all findings,
//! against its partitioned step and its plain Java byte stream, warm, on one and the same file, with two
//! threads each. The processes take turns; medians count.
//!
//! `CARDLINE_PEER=folder/of/the/peer cargo bench --bench peer` (needs Java and Maven; about five minutes)
//!
//! The file is the peer's own, with what our message has and its lacks added; the peer passes over
//! members it does not know.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use cardline::broker::RawMessage;
use cardline::stages::intake::Lines;
use cardline_core::domain::message;
use cardline_core::domain::reference::Facts;
use cardline_core::rules;
use jiff::civil::date;
use rayon::prelude::*;
use verdict::{median, ratio};

mod peer_file;
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
    let (file, jar) = (folder.path().join("applications.ndjson"), build(&peer, folder.path()));
    let java = |arguments: &[&str]| java(&jar, folder.path(), arguments);
    let planted = folder.path().join("planted.tsv");
    java(&["peer.Gen", &ROWS.to_string(), "42", &file.display().to_string(), &planted.display().to_string()]);
    peer_file::complete(&file);
    let (reference, policy) = (peer_file::reference(), peer_file::policy());
    let facts = Facts { reference: &reference, policy: &policy, today: date(2026, 11, 21) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
    let (accepted, refused) = pool.install(|| check_file(&file, &facts));
    println!("{ROWS} rows; ours: {accepted} accepted, {refused} refused");
    let (mut ours, mut partitioned, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        partitioned.extend(warm(&java(&["peer.ValidateApp", "partitioned", &RUNS.to_string()])));
        plain.extend(warm(&java(&["peer.PlainMain", "bytes", &RUNS.to_string()])));
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
    ratio("  against Spring Batch, partitioned", partitioned / ours, 4.0, false);
    ratio("  against plain Java, bytes", plain / ours, 2.0, false);
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

fn build(peer: &Path, folder: &Path) -> String {
    // Built beside the data: the peer's own folder stays as it is.
    let copy = folder.join("peer");
    let status = Command::new("cp").arg("-r").arg(peer).arg(&copy).status().expect("cp");
    assert!(status.success());
    let status = Command::new("mvn").args(["-q", "-B", "-DskipTests", "package"]).current_dir(&copy).status();
    assert!(status.expect("mvn").success(), "Maven could not build the peer");
    let target = copy.join("target");
    format!("{}/spring-batch-peer-1.0.jar:{}/lib/*", target.display(), target.display())
}

fn java(jar: &str, data: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("java");
    command.args(["-Xms1g", "-Xmx1g", "-XX:+UseParallelGC", "-cp", jar]).args(arguments);
    let output = command.env("DATA_DIR", data).env("THREADS", "2").output().expect("java");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Seconds of every run but the first.
fn warm(printed: &str) -> Vec<f64> {
    let runs = printed.lines().filter(|line| line.contains(" run=") && !line.contains(" run=0 "));
    runs.filter_map(|line| line.split("seconds=").nth(1)?.split_whitespace().next()?.parse().ok()).collect()
}
