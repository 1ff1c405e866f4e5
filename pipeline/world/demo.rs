//! The demo: a quarter of a year in under a minute, and what it ends with.

use std::collections::BTreeMap;
use std::time::Instant;

use cardline::config::Config;
use cardline::exchange::files::FileRecord;
use cardline::exchange::inbox::archived;
use cardline::kafka::{Broker, MockBroker};
use cardline::limits::PRODUCER_WINDOW_MESSAGES;
use cardline::step::{StageError, Worker};
use cardline::time::instant;
use jiff::civil::Date;

use super::deciding::decide_cases;
use super::mirror::mirror;
use super::play::{Morning, World, outgoing, tick};
use super::report::{DemoFile, DemoPlan, DemoReport, Progress};
use super::setting::Setting;

/// Partitions of the demo's topics.
const PARTITIONS: i32 = 2;

/// Plays the whole route; `progress` hears of every day.
pub async fn demo(plan: &DemoPlan, progress: &mut (dyn FnMut(&Progress) + Send)) -> Result<DemoReport, StageError> {
    let started = Instant::now();
    let config = Config::in_folder(&plan.dir, plan.database.clone());
    let setting = Setting::demo(plan.seed, plan.cards, plan.days);
    let (worker, _broker) = worker_with_broker(config, setting.first_day).await?;
    let mut world = World::new(&worker, setting)?;
    world.prepare(&worker).await?;
    for n in 0..plan.days {
        play_day(&mut world, &worker, n).await?;
        let by_state = if n % 10 == 9 { worker.ledger.cards_by_state().await? } else { BTreeMap::new() };
        let accepted = worker.ledger.intake_counts(&worker.config.topics.applications).await?.accepted;
        let in_hand = by_state.get("in_hand").copied().unwrap_or(0);
        progress(&Progress { day: n + 1, days: plan.days, date: world.setting.day(n).to_string(), accepted, in_hand });
    }
    let last = world.setting.day(plan.days.saturating_sub(1));
    let books = worker.ledger.books(instant(last, 18, 0), true, None).await?;
    let mirror = mirror(&world, &worker).await?;
    report(plan, &world, &worker, books.books, mirror, started).await
}

/// A worker on the in-process broker, with the topics of the contract.
pub async fn worker_with_broker(config: Config, today: Date) -> Result<(Worker, MockBroker), StageError> {
    let t = &config.topics;
    let topics = [&t.applications, &t.events, &t.outcomes, &t.notices, &t.ecards, &t.dead_letters].map(String::as_str);
    let broker = MockBroker::start(&topics, PARTITIONS)?;
    let mut worker = Worker::open(config, today).await?;
    worker.kafka = Some(Broker::at(&broker.servers()));
    Ok((worker, broker))
}

/// One day: the world's morning, our ticks at nine and after the cut-offs.
pub async fn play_day(world: &mut World, worker: &Worker, n: u32) -> Result<(), StageError> {
    let today = world.setting.day(n);
    let started = Instant::now();
    tokio::task::block_in_place(|| world.listen(worker, today))?;
    let heard = started.elapsed();
    let Morning { first_events, applications, events } = tokio::task::block_in_place(|| world.morning(worker, today))?;
    tracing::debug!(
        heard = heard.as_micros() as u64,
        played = (started.elapsed() - heard).as_micros() as u64,
        "the world's morning"
    );
    let topics = worker.config.topics.clone();
    let early = instant(today, 8, 45);
    feed(worker, &topics.events, &first_events, "servicing", early).await?;
    feed(worker, &topics.applications, &applications, "intake", early).await?;
    feed(worker, &topics.events, &events, "servicing", early).await?;
    tick(worker, None, instant(today, 9, 0)).await?;
    decide_cases(worker, today, world.rng, &mut world.tally).await?;
    tick(worker, None, instant(today, 17, 30)).await?;
    Ok(())
}

/// Sends letters in windows, each taken in before the next: the mock broker forgets what is older.
async fn feed(
    worker: &Worker,
    topic: &str,
    letters: &[super::people::Letter],
    stage: &str,
    now: jiff::Timestamp,
) -> Result<(), StageError> {
    for part in letters.chunks(PRODUCER_WINDOW_MESSAGES) {
        let started = Instant::now();
        tokio::task::block_in_place(|| worker.publish(&outgoing(topic, part)))?;
        tracing::debug!(published = started.elapsed().as_micros() as u64, count = part.len(), "letters");
        tick(worker, Some(stage), now).await?;
    }
    Ok(())
}

/// Where a file lies after it was placed or settled.
pub fn file_path(worker: &Worker, file: &FileRecord) -> String {
    let Some(partner) = worker.partners.get(&file.partner) else { return file.name.clone() };
    let path = if file.direction == "out" {
        partner.to().join(&file.name)
    } else {
        archived(&partner.archive(), &file.name, &file.state, &file.sha256)
    };
    path.display().to_string()
}

async fn report(
    plan: &DemoPlan,
    world: &World,
    worker: &Worker,
    books: Vec<cardline::books::LawResult>,
    mirror: super::report::Mirror,
    started: Instant,
) -> Result<DemoReport, StageError> {
    let ledger = &worker.ledger;
    let counts = ledger.intake_counts(&worker.config.topics.applications).await?;
    let files = ledger.files().await?;
    let (destroyed, files): (Vec<_>, Vec<_>) = files.iter().partition(|f| f.purged_at.is_some());
    let named = |f: &FileRecord| DemoFile {
        partner: f.partner.clone(),
        kind: f.kind.clone(),
        direction: f.direction.clone(),
        sequence: f.sequence,
        state: f.state.clone(),
        rows: f.rows,
        sha256: f.sha256.clone(),
        path: file_path(worker, f),
    };
    let last = world.setting.day(plan.days.saturating_sub(1));
    let cards = counts.accepted.max(1);
    let findings = ledger.findings_by_rule().await?;
    Ok(DemoReport {
        seed: plan.seed,
        first_day: world.setting.first_day.to_string(),
        last_day: last.to_string(),
        engine: ledger.engine().name().into(),
        received: counts.received,
        accepted: counts.accepted,
        rejected: counts.rejected,
        repeated: counts.repeated,
        conflicting: counts.conflicting,
        quarantined: counts.quarantined,
        by_state: ledger.cards_by_state().await?,
        applications: ledger.applications_by_state().await?,
        findings: findings.into_iter().map(|(rule, (_, count))| (rule, count)).collect(),
        files: files.into_iter().map(named).collect(),
        destroyed: destroyed.into_iter().map(named).collect(),
        promises: ledger.promises(last).await?,
        cases: ledger.open_cases().await?,
        world: world.tally.clone(),
        books,
        mirror,
        examples: ledger.examples().await?,
        row_writes: ledger.row_writes(),
        row_writes_per_card: (ledger.row_writes() as f64 / cards as f64 * 100.0).round() / 100.0,
        elapsed_seconds: (started.elapsed().as_secs_f64() * 10.0).round() / 10.0,
    })
}
