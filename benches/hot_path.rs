//! Criterion bench of the hot path, part by part: decoding, rules, digest, the whole check with encryption. For
//! finding what a change did; the ratios that have targets are in `intake`.
//!
//! `cargo bench --bench hot_path`

use cardline::config::Config;
use cardline::kafka::RawMessage;
use cardline::route::intake::check_messages;
use cardline::step::Worker;
use cardline::time::instant;
use cardline_core::domain::reference::Facts;
use cardline_core::domain::{digest, message};
use cardline_core::rules;
use cardline_world::play::FIRST_DAY;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

mod applications;

const MESSAGES: u64 = 2_000;

fn intake(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let folder = tempfile::tempdir().expect("folder");
    let worker = runtime.block_on(Worker::open(Config::in_folder(folder.path(), None), FIRST_DAY)).expect("worker");
    let messages: Vec<RawMessage> = (0..)
        .zip(applications::messages(&worker.reference, MESSAGES, 5))
        .map(|(position, bytes)| RawMessage::new(position, bytes.into()))
        .collect();
    let facts = Facts { reference: &worker.reference, policy: &worker.policy, today: FIRST_DAY };
    let mut group = criterion.benchmark_group("intake of 2,000 applications");
    group.sample_size(20).throughput(Throughput::Elements(MESSAGES));
    group.bench_function("decode, one thread", |b| {
        b.iter(|| messages.iter().filter(|m| message::decode(&m.bytes).is_ok()).count());
    });
    group.bench_function("decode and all rules, one thread", |b| {
        b.iter(|| {
            let decoded = messages.iter().filter_map(|m| message::decode(&m.bytes).ok());
            decoded.map(|d| rules::check(&d.application, &facts).len()).sum::<usize>()
        });
    });
    group.bench_function("digest, one thread", |b| {
        b.iter(|| messages.iter().filter(|m| digest::content_digest_of(&m.bytes).is_some()).count());
    });
    group.bench_function("decode, rules, digest and encryption, all threads", |b| {
        b.iter(|| check_messages(&worker, &messages, instant(FIRST_DAY, 9, 0)).map(|m| m.len()).unwrap_or(0));
    });
    group.finish();
}

criterion_group!(benches, intake);
criterion_main!(benches);
