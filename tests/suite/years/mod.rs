//! Two virtual years of one district, from 2025-01-01: real communities, the working calendars of both years, a policy
//! that changes, points that close, partners that are away, events that come late or twice, a clock that jumps, and a
//! worker that starts anew every day. Every law holds every evening; in the end all that began sixteen months before has
//! ended, or lies on a person's desk.
//!
//! A month of it is a test like others; `ops/soak` plays the years. What happens on which day says [`happenings`].

mod ended;
mod happenings;
mod operators;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cardline::config::Config;
use cardline_world::mirror;
use cardline_world::setting::{Away, Setting};
use jiff::Span;
use jiff::civil::{Date, date};

use crate::databases::{Database, Engine};
use crate::plays::{Play, broken};
use happenings::happenings;

/// The day from which on the program's partners and policy are in force, and an earlier one.
const IN_FORCE: &str = "2026-01-01";
const BEFORE: &str = "2024-01-01";
/// The first of the days.
const FIRST_DAY: Date = date(2025, 1, 1);
/// The district that is played, with its real communities.
const DISTRICT: &str = "110101";
/// Applications of thirty days.
const CARDS_A_MONTH: u64 = 60;
/// The days of the test.
const MONTH_DAYS: u32 = 31;
const YEAR_DAYS: u32 = 365;
/// Every so many days the books are held to the laws as a whole.
const WHOLE_EVERY_DAYS: u32 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_of_a_district_keeps_every_law() {
    let days = asked_for("CARDLINE_SOAK_DAYS").map_or(MONTH_DAYS, |days| days as u32);
    let engine = match std::env::var("CARDLINE_SOAK_ENGINE").as_deref() {
        Ok("postgres") => Engine::Postgres,
        Ok("sqlite") | Err(_) => Engine::Sqlite,
        Ok(other) => panic!("CARDLINE_SOAK_ENGINE={other} is neither sqlite nor postgres"),
    };
    play(engine, asked_for("CARDLINE_SOAK_SEED").unwrap_or(1), days).await;
}

/// What `ops/soak` asks for.
fn asked_for(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// What the days took.
#[derive(Default)]
struct Took {
    playing: Duration,
    laws: Duration,
}

async fn play(engine: Engine, seed: u64, days: u32) {
    let started = Instant::now();
    let mut play = begun(Database::alone(engine).await, seed, days).await;
    let mut took = Took::default();
    for n in 0..days {
        day(&mut play, n, &mut took).await;
    }
    let last = days - 1;
    let whole = play.books(last, true).await;
    assert_eq!(broken(&whole), [""; 0], "seed {seed}: what days did not show, a whole run shows");
    let seen = mirror(&play.world, &play.worker).await.unwrap();
    println!("{}", told(&play, started.elapsed(), &took, last));
    ended::nothing_old_is_forgotten(&play.worker, play.world.setting.day(last)).await;
    assert!(seen.holds, "seed {seed}: {:#?}", seen.differences);
    play.end().await;
}

/// The district on the eve of its first day.
async fn begun(database: Database, seed: u64, days: u32) -> Play {
    let mut config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
    config.policy.value = Some(policy(database.folder.path()));
    config.partners.value = Some(partners(database.folder.path()));
    let away = |partner: &str, n: u32, days: u32| {
        let from = FIRST_DAY.saturating_add(Span::new().days(i64::from(n)));
        Away { partner: partner.into(), from, to: from.saturating_add(Span::new().days(i64::from(days - 1))) }
    };
    let setting = Setting {
        first_day: FIRST_DAY,
        regions: vec![DISTRICT.into()],
        arriving_percent: 95,
        twice_of_ten_thousand: 150,
        late_of_ten_thousand: 150,
        in_city_of_ten_thousand: 4_000,
        away: happenings::AWAY.iter().map(|(partner, n, days)| away(partner, *n, *days)).collect(),
        ..Setting::demo(seed, CARDS_A_MONTH * u64::from(days) / 30, days)
    };
    Play::of(database, config, setting).await
}

/// The policy of the program, in force since before the first day, and what the years change of it.
fn policy(folder: &Path) -> PathBuf {
    let shipped = include_str!("../../../schemas/policy.toml").replacen(IN_FORCE, BEFORE, 1);
    let path = folder.join("policy.toml");
    std::fs::write(&path, format!("{shipped}\n{}", happenings::POLICY_CHANGES)).unwrap();
    path
}

/// The partners of the program, in force since before the first day.
fn partners(folder: &Path) -> PathBuf {
    let to = folder.join("profiles");
    std::fs::create_dir(&to).unwrap();
    for from in std::fs::read_dir("schemas/partners").unwrap().map(|entry| entry.unwrap().path()) {
        let text = std::fs::read_to_string(&from).unwrap().replace(IN_FORCE, BEFORE);
        std::fs::write(to.join(from.file_name().unwrap()), text).unwrap();
    }
    to
}

/// A day as a daemon has it: its tables are new at midnight.
async fn day(play: &mut Play, n: u32, took: &mut Took) {
    let started = Instant::now();
    let today = play.world.setting.day(n);
    play.worker.ledger.close().await;
    play.start_on(today).await;
    operators::take_in_what_came_too_early(play, today).await;
    for happening in happenings(n) {
        operators::meet(play, happening, today).await;
        play.world.tally.entry(format!("happenings: {happening:?}")).and_modify(|n| *n += 1).or_insert(1);
    }
    play.day(n).await;
    took.playing += started.elapsed();
    let started = Instant::now();
    let found = broken(&play.books(n, n % WHOLE_EVERY_DAYS == WHOLE_EVERY_DAYS - 1).await);
    assert!(found.is_empty(), "{today}, day {n}: {found:#?}");
    took.laws += started.elapsed();
}

/// How fast it went, and what happened.
fn told(play: &Play, elapsed: Duration, took: &Took, last: u32) -> String {
    let years = f64::from(last + 1) / f64::from(YEAR_DAYS);
    let mut text = format!(
        "{years:.2} years to {} in {:.1} s: {:.2} years a minute (days {:.1} s, laws {:.1} s)\n",
        play.world.setting.day(last),
        elapsed.as_secs_f64(),
        years * 60.0 / elapsed.as_secs_f64(),
        took.playing.as_secs_f64(),
        took.laws.as_secs_f64(),
    );
    for (what, count) in &play.world.tally {
        text.push_str(&format!("  {count:>6} {what}\n"));
    }
    text
}
