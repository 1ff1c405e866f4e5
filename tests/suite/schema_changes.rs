//! The schema changes under running workers: started at once, killed in the middle, old beside new.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cardline::args;
use cardline::step::Worker;
use cardline::store::schema::Schema;
use cardline::store::timeouts::Timeouts;
use cardline::store::{Ledger, LedgerError};
use cardline::time::instant;
use cardline_world::mirror;
use cardline_world::play::{day, outgoing, tick};

use crate::databases::{Database, Engine, on_both_engines};
use crate::plays::{Play, broken};

const TOGETHER: usize = 8;
const KILLS: u64 = 24;
const DAYS: u32 = 26;

on_both_engines!(
    workers_that_start_at_once_wait_for_each_other,
    a_migration_killed_at_any_moment_is_whole_or_not_there,
    a_newer_schema_that_only_adds_lets_the_version_before_go_on,
    a_schema_that_took_something_away_stops_the_version_before,
);

fn migrating(database: &Database) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cardline"))
        .args(["migrate", "--output", "json"])
        .env("CARDLINE_DATABASE", &database.url)
        .env("CARDLINE_DATA", database.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn workers_that_start_at_once_wait_for_each_other(database: Database) {
    let children: Vec<Child> = (0..TOGETHER).map(|_| migrating(&database)).collect();
    let mut ran = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        ran += usize::from(!told["ran"].as_array().unwrap().is_empty());
    }
    assert_eq!(ran, 1, "one of them did all of it, the others found it done");
    let state = Ledger::unmigrated(&database.url).await.unwrap().schema_state(&Schema::built_in()).await.unwrap();
    assert!(state.pending.is_empty() && state.unknown.is_empty() && !state.applied.is_empty(), "{state:?}");
}

/// Tables there are, without those of the engine and of migrations.
async fn tables(ledger: &Ledger) -> BTreeSet<String> {
    let mut tx = ledger.read().await.unwrap();
    let sql = if tx.engine() == cardline::store::Engine::Postgres {
        "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'"
    } else {
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx%'"
    };
    tx.rows::<(String,)>(sql, args![]).await.unwrap().into_iter().map(|row| row.0).collect()
}

async fn a_migration_killed_at_any_moment_is_whole_or_not_there(database: Database) {
    let engine = database.engine;
    let whole = tables(&database.ledger().await).await;
    drop(database);
    let (mut killed, mut untouched) = (0, 0);
    for n in 0..KILLS {
        let database = Database::new(engine).await;
        let mut child = migrating(&database);
        std::thread::sleep(Duration::from_millis(3 + n * 6));
        killed += u64::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        let seen = Ledger::to_migrate(&database.url).await.unwrap();
        let (found, state) = (tables(&seen).await, seen.schema_state(&Schema::built_in()).await.unwrap());
        // One migration may be there and the next not, but none in parts.
        assert_eq!(found.is_empty(), state.applied.is_empty(), "{found:?} {state:?}");
        assert!(found.is_empty() || found == whole, "half a schema after a kill: {found:?}");
        untouched += u64::from(found.is_empty());
        seen.close().await;
        let next = database.ledger().await;
        assert_eq!(tables(&next).await, whole, "the next start completes it");
        next.close().await;
    }
    assert!(killed >= 3 && untouched >= 1, "{killed} kills, {untouched} of them before the end: this proves little");
}

/// As a later version knows it: a column nobody fills yet, a table, an index.
fn later() -> Schema {
    Schema::built_in().and(
        9_001,
        "adds only",
        "ALTER TABLE application ADD COLUMN later TEXT; CREATE TABLE later (id BIGINT PRIMARY KEY, what TEXT NOT NULL);
         CREATE INDEX later_what ON later (what); INSERT INTO later (id, what) VALUES (1, 'kept')",
    )
}

/// A day that two workers share: the world's morning, then both run every step at the same time.
async fn shared_day(play: &mut Play, other: &Worker, n: u32) {
    let today = day(n);
    tokio::task::block_in_place(|| play.world.listen(&play.worker, today)).unwrap();
    let morning = tokio::task::block_in_place(|| play.world.morning(&play.worker, today)).unwrap();
    let topics = play.worker.config.topics.clone();
    let early = instant(today, 8, 45);
    for (topic, letters, stage) in [
        (&topics.events, &morning.first_events, "servicing"),
        (&topics.applications, &morning.applications, "intake"),
        (&topics.events, &morning.events, "servicing"),
    ] {
        tokio::task::block_in_place(|| other.publish(&outgoing(topic, letters))).unwrap();
        both(play, other, Some(stage), early).await;
    }
    both(play, other, None, instant(today, 9, 0)).await;
    both(play, other, None, instant(today, 17, 30)).await;
}

async fn both(play: &Play, other: &Worker, stage: Option<&str>, at: jiff::Timestamp) {
    let (ours, theirs) = tokio::join!(tick(&play.worker, stage, at), tick(other, stage, at));
    ours.and(theirs).unwrap_or_else(|e| panic!("{stage:?} at {at}: {e}"));
    // What one found under the other's lease is done by whoever comes next.
    tick(&play.worker, stage, at).await.unwrap();
}

async fn a_newer_schema_that_only_adds_lets_the_version_before_go_on(database: Database) {
    let engine = database.engine;
    drop(database);
    let database = Database::alone(engine).await;
    let url = database.url.clone();
    // Beside it from the first day: a worker of the same version, which stays what it is.
    let mut play = Play::new(database, 21, 60, DAYS).await;
    let mut config = play.worker.config.clone();
    config.worker.value = Some("later-version".into());
    let mut other = Worker::open(config, day(0)).await.unwrap();
    other.kafka = play.worker.kafka.clone();
    for n in 0..DAYS {
        if n == DAYS / 3 {
            // The second worker is replaced by a later version, which changes the schema under the first.
            other.ledger.close().await;
            other.ledger = Ledger::open_with(&url, &later(), Timeouts::default()).await.unwrap();
            other.ledger.cover_like(&play.worker.ledger);
            play.worker.ledger.still_fits().await.unwrap();
        }
        if n == 2 * DAYS / 3 {
            // The version before is started again on the newer schema.
            play.worker.ledger.close().await;
            play.worker.ledger = Ledger::open(&url).await.unwrap();
            play.worker.ledger.cover_like(&other.ledger);
            let state = play.worker.ledger.schema_state(&Schema::built_in()).await.unwrap();
            assert_eq!((state.unknown.as_slice(), state.pending.len()), (&[9_001][..], 0));
        }
        shared_day(&mut play, &other, n).await;
        let found = broken(&play.books(n, false).await);
        assert!(found.is_empty(), "day {n}, {engine:?}: {found:#?}");
    }
    assert_eq!(broken(&play.books(DAYS - 1, true).await), Vec::<String>::new());
    let seen = mirror(&play.world, &play.worker).await.unwrap();
    assert!(seen.holds, "{:#?}", seen.differences);
    let cards = play.worker.ledger.cards_by_state().await.unwrap();
    assert!(
        cards.get("in_production").copied().unwrap_or(0) + cards.get("on_shelf").copied().unwrap_or(0) > 0,
        "{cards:?}"
    );
    other.ledger.close().await;
    play.end().await;
}

async fn a_schema_that_took_something_away_stops_the_version_before(database: Database) {
    let running = database.ledger().await;
    let contracting = later().and(9_002, "takes away", "DROP TABLE later; UPDATE schema_floor SET migration = 9001");
    let newer = Ledger::open_with(&database.url, &contracting, Timeouts::default()).await.unwrap();
    newer.still_fits().await.expect_err("the built-in version is the one before");
    assert!(matches!(running.still_fits().await, Err(LedgerError::Outgrown { floor: 9_001, .. })));
    let refused = Ledger::open(&database.url).await.err().unwrap();
    assert!(refused.to_string().contains("start the newer version"), "{refused}");
    // The version between knows the floor, and not the newest: it goes on.
    Ledger::open_with(&database.url, &later(), Timeouts::default()).await.unwrap();
    // A migration that was applied with another text is no migration of ours.
    let other = Schema::built_in().and(9_001, "adds only", "SELECT 1");
    let refused = Ledger::open_with(&database.url, &other, Timeouts::default()).await.err().unwrap();
    assert!(matches!(refused, LedgerError::MigrationChanged { migration: 9_001 }), "{refused}");
    assert!(database.engine == Engine::Sqlite || newer.engine().name() == "postgres");
    let daemon = Command::new(env!("CARGO_BIN_EXE_cardline"))
        .arg("run")
        .env("CARDLINE_DATABASE", &database.url)
        .env("CARDLINE_DATA", database.folder.path())
        .output()
        .unwrap();
    assert_eq!(daemon.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&daemon.stderr).contains("a newer version changed the database"));
}
