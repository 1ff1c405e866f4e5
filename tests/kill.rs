//! The kill test: the real process, killed with -9 at random moments while it works, on both
//! databases; started again without help. In the end every law holds and the mirror is exact.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cardline::config::Config;
use cardline::stages::Station;
use cardline::time::instant;
use cardline::world::play::{Morning, day, outgoing};
use cardline::world::{World, mirror, station_with_broker};
use jiff::Timestamp;

const CARDS: u64 = 80;
const DAYS: u32 = 34;
/// Of a hundred runs of the process, how many are killed.
const KILLED_PERCENT: u64 = 60;

/// What the kills did.
#[derive(Default)]
struct Kills {
    runs: u32,
    killed: u32,
    slowest_recovery: Duration,
}

#[test]
fn killed_on_sqlite_nothing_is_lost_and_nothing_happens_twice() {
    let folder = tempfile::tempdir().unwrap();
    play(folder.path(), None);
}

#[test]
fn killed_on_postgres_nothing_is_lost_and_nothing_happens_twice() {
    let address = std::env::var("CARDLINE_TEST_POSTGRES")
        .expect("CARDLINE_TEST_POSTGRES names a PostgreSQL for tests; `ops/test` starts one");
    let folder = tempfile::tempdir().unwrap();
    let name = format!("kill_{}", std::process::id());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        use sqlx::Connection;
        let mut admin = sqlx::PgConnection::connect(&address).await.unwrap();
        let create = format!("CREATE DATABASE {name}");
        sqlx::query(sqlx::AssertSqlSafe(create)).execute(&mut admin).await.unwrap();
    });
    let (server, _) = address.rsplit_once('/').unwrap();
    play(folder.path(), Some(format!("{server}/{name}")));
}

fn play(folder: &Path, database: Option<String>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = Config::in_folder(folder, database);
    let address = config.database.value.clone();
    let (station, _broker) = runtime.block_on(station_with_broker(config)).unwrap();
    let mut world = World::new(&station, 11, CARDS, DAYS).unwrap();
    runtime.block_on(world.prepare(&station)).unwrap();
    let mut kills = Kills::default();
    for n in 0..DAYS {
        runtime.block_on(async { one_day(&mut world, &station, &address, n, &mut kills) });
    }
    let books = runtime.block_on(station.ledger.books(instant(day(DAYS - 1), 18, 0), true, None)).unwrap();
    for law in &books.books {
        assert!(law.holds, "law {} {}: {:?}", law.law, law.name, law.offending);
    }
    let mirror = runtime.block_on(mirror(&world, &station)).unwrap();
    assert!(mirror.holds, "{:#?}", mirror.differences);
    println!(
        "{}: {} runs, {} killed, lost 0, duplicated 0, slowest recovery {:.1} s",
        station.ledger.engine(),
        kills.runs,
        kills.killed,
        kills.slowest_recovery.as_secs_f64()
    );
    assert!(kills.killed > 20, "only {} kills; the test proves little", kills.killed);
    let reached = runtime.block_on(station.ledger.cards_by_state()).unwrap();
    assert!(reached.get("in_hand").copied().unwrap_or(0) > 20, "the route was not played to its end: {reached:?}");
}

/// As a day of the demo, but every tick is a process that may be killed.
fn one_day(world: &mut World, station: &Station, address: &str, n: u32, kills: &mut Kills) {
    let today = day(n);
    let listened = tokio::task::block_in_place(|| world.listen(station, today));
    listened.unwrap();
    let Morning { first_events, applications, events } = world.morning(station, today).unwrap();
    let topics = &station.config.topics;
    let early = instant(today, 8, 45);
    for (topic, letters, stage) in [
        (&topics.events, &first_events, "servicing"),
        (&topics.applications, &applications, "intake"),
        (&topics.events, &events, "servicing"),
    ] {
        if !letters.is_empty() {
            station.publish(&outgoing(topic, letters)).unwrap();
            tick_until_done(station, address, stage, early, kills);
        }
    }
    tick_until_done(station, address, "all", instant(today, 9, 0), kills);
    tick_until_done(station, address, "all", instant(today, 17, 30), kills);
}

/// Starts the process again and again until one run ends by itself. No operator step in between.
fn tick_until_done(station: &Station, address: &str, stage: &str, at: Timestamp, kills: &mut Kills) {
    let mut usual = Duration::from_millis(300);
    let mut dead_since: Option<Instant> = None;
    for attempt in 0_u64.. {
        kills.runs += 1;
        let started = Instant::now();
        let mut child = spawn(station, address, stage, at);
        // Later attempts are killed less, so that the test ends.
        let doomed = attempt < 4 && rand::random_range(0..100) < KILLED_PERCENT;
        if doomed {
            std::thread::sleep(usual.mul_f64(rand::random_range(0.05..1.1)));
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                child.wait().unwrap();
                kills.killed += 1;
                dead_since.get_or_insert_with(Instant::now);
                continue;
            }
        }
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{stage} at {at}: {}", String::from_utf8_lossy(&output.stderr));
        usual = started.elapsed();
        let _ = usual;
        if let Some(since) = dead_since {
            kills.slowest_recovery = kills.slowest_recovery.max(since.elapsed());
        }
        return;
    }
}

fn spawn(station: &Station, address: &str, stage: &str, at: Timestamp) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cardline"))
        .args(["tick", stage, "--at", &at.to_string()])
        .env("CARDLINE_DATABASE", address)
        .env("CARDLINE_DATA", &station.config.data.value)
        .env("CARDLINE_KAFKA", station.kafka.as_deref().unwrap())
        .env("CARDLINE_WORKER", "killed-worker")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}
