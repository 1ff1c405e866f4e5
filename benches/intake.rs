//! Criterion bench of the hot path: decoding alone, decoding and all rules, and the whole check with
//! digest and seal. Read the ratios of one run; absolute figures depend on the machine.
//!
//! `cargo bench --bench intake`

use cardline::broker::RawMessage;
use cardline::config::Config;
use cardline::stages::Station;
use cardline::stages::intake::check_messages;
use cardline::time::instant;
use cardline::world::generate::applications::Plan;
use cardline::world::generate::writing::{Stretch, application_of};
use cardline::world::play::FIRST_DAY;
use cardline_core::domain::message;
use cardline_core::domain::reference::Facts;
use cardline_core::rules;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const MESSAGES: u64 = 2_000;

fn intake(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let folder = tempfile::tempdir().expect("folder");
    let station = runtime.block_on(Station::open(Config::in_folder(folder.path(), None), FIRST_DAY)).expect("station");
    let regions = ["110101".to_owned()];
    let plan = Plan::new(1, 5, &regions, FIRST_DAY, &station.reference, 36).expect("plan");
    let stretch = Stretch { first: 0, count: MESSAGES, days: &[FIRST_DAY], following_percent: 0 };
    let messages: Vec<RawMessage> = (0..MESSAGES)
        .filter_map(|n| application_of(&plan, &stretch, n))
        .enumerate()
        .map(|(n, g)| RawMessage { position: n as i64, bytes: g.json.into_bytes() })
        .collect();
    let facts = Facts { reference: &station.reference, policy: &station.policy, today: FIRST_DAY };
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
    group.bench_function("decode, rules, digest and seal, all threads", |b| {
        b.iter(|| check_messages(&station, &messages, instant(FIRST_DAY, 9, 0)).map(|m| m.len()).unwrap_or(0));
    });
    group.finish();
}

criterion_group!(benches, intake);
criterion_main!(benches);
