//! What may go wrong between a worker and its database: connections lost at every byte and in the commit,
//! deadlocks, locks that somebody holds, silence. Each time: one effect or none, and the work goes on.

use std::time::{Duration, Instant};

use cardline::args;
use cardline::step::{Claim, Ran, StageError, Step, Whole, Worker};
use cardline::store::counters::take_numbers;
use cardline::store::schema::Schema;
use cardline::store::timeouts::Timeouts;
use cardline::store::{Ledger, LedgerError};
use cardline_world::mirror;
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::conformance::arrivals::{Intake, TODAY, arriving, execute, now, number, why};
use crate::databases::{Database, Engine};
use crate::plays::{Play, broken};
use crate::proxy::Proxy;
use crate::steps::once;

/// Bytes between two cuts: a prime, so that cuts fall everywhere in messages.
const CUT_STEP_BYTES: i64 = 53;
const CLIENTS: i64 = 16;

async fn impatient(url: &str, lock_millis: u64, answer_millis: u64) -> Ledger {
    let (lock, answer) = (Duration::from_millis(lock_millis), Duration::from_millis(answer_millis));
    let patience = Timeouts { lock, answer, look: Duration::from_millis(200) };
    Ledger::open_with(url, &Schema::built_in(), patience).await.unwrap()
}

fn source(stored: i64, messages: i64) -> cardline::route::intake::settle::ChunkSource {
    let next = stored + messages;
    cardline::route::intake::settle::ChunkSource {
        topic: "card.applications".into(),
        partition: 0,
        generation: 1,
        first: stored,
        next,
        stored: Some(stored),
    }
}

/// A table that somebody has locked: its rows are refused in the middle of a look, and what the same session is asked
/// next gets its own answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_was_refused_a_table_leaves_no_answer_to_the_next() {
    let database = Database::new(Engine::Postgres).await;
    let direct = Intake::on(&database).await;
    let ledger = impatient(&database.url, 50, 60_000).await;
    ledger.cover_like(&direct.ledger);
    let books = async || ledger.books(now(), true, Some(12)).await;
    assert_eq!(broken(&books().await.unwrap()), Vec::<String>::new());
    let mut other = PgConnection::connect(&database.url).await.unwrap();
    for table in ["rendition", "application"] {
        let lock = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut other).await.unwrap();
        let refused = books().await.err().unwrap();
        assert!(refused.is_passing(), "{refused}");
        sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
        for counted in 1..10 {
            let mut tx = ledger.read().await.unwrap();
            assert_eq!(tx.number("SELECT $1 + 0", args![counted]).await.unwrap(), counted, "{table}");
        }
        assert_eq!(broken(&books().await.unwrap()), Vec::<String>::new());
    }
    ledger.close().await;
    direct.ledger.close().await;
}

/// Row 31: the connection is lost after any number of bytes, and the unit is claimed again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_after_any_number_of_bytes_leaves_one_effect() {
    let database = Database::new(Engine::Postgres).await;
    let direct = Intake::on(&database).await;
    let proxy = Proxy::to(&database.url).await;
    let ledger = Ledger::open(&proxy.url).await.unwrap();
    ledger.cover_like(&direct.ledger);
    let (mut stored, mut cut, mut person) = (0, 0, 0);
    for bytes in (0..).step_by(CUT_STEP_BYTES as usize) {
        let unit = || {
            (0..2).map(|n| {
                let mut message = arriving(person + n, 1, &format!("person {}", person + n));
                message.position = stored + i64::from(n);
                message
            })
        };
        let messages: Vec<_> = unit().collect();
        proxy.cut_after_bytes(bytes);
        let cuts = proxy.cuts();
        let settled = async {
            let lease = ledger.take_lease("intake", "suite", now(), 60).await?.expect("our own lease");
            ledger.settle_chunk(&lease, &source(stored, 2), messages, why(), TODAY).await
        }
        .await;
        proxy.heal();
        let reached = direct.ledger.positions("card.applications", &[0]).await.unwrap()[0].1;
        assert!(reached == stored || reached == stored + 2, "half a chunk after {bytes} bytes");
        match settled {
            Ok(_) => assert_eq!(reached, stored + 2),
            Err(error) => {
                assert!(error.is_passing(), "after {bytes} bytes: {error}");
                cut += 1;
            }
        }
        if reached == stored {
            let lease = direct.ledger.take_lease("intake", "suite", now(), 60).await.unwrap().unwrap();
            direct.ledger.settle_chunk(&lease, &source(stored, 2), unit().collect(), why(), TODAY).await.unwrap();
        }
        (stored, person) = (stored + 2, person + 2);
        if proxy.cuts() == cuts {
            break;
        }
    }
    assert!(cut > 50, "{cut} cuts: this proves little");
    assert_eq!(number(&direct.ledger, "SELECT count(*) FROM application").await, stored);
    direct.books_hold().await;
}

/// Row 32: the answer of a commit is lost. Nobody repeats it blindly: the position tells that it is done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_looked_up_and_not_repeated() {
    let database = Database::new(Engine::Postgres).await;
    let direct = Intake::on(&database).await;
    let proxy = Proxy::to(&database.url).await;
    let ledger = Ledger::open(&proxy.url).await.unwrap();
    ledger.cover_like(&direct.ledger);
    let lease = ledger.take_lease("intake", "suite", now(), 60).await.unwrap().unwrap();
    proxy.lose_next_commit_answer();
    let lost = ledger.settle_chunk(&lease, &source(0, 1), vec![arriving(1, 1, "a")], why(), TODAY).await;
    let lost = lost.expect_err("the answer was lost");
    assert!(matches!(lost, LedgerError::InDoubt { .. }) && lost.is_passing(), "{lost}");
    // It was done; whoever claims again sees it, and the same settle is refused by lease and by position.
    for _ in 0..100 {
        if number(&direct.ledger, "SELECT next FROM source_offset").await == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(ledger.positions("card.applications", &[0]).await.unwrap(), [(0, 1)]);
    let again = ledger.settle_chunk(&lease, &source(0, 1), vec![arriving(1, 1, "a")], why(), TODAY).await;
    assert!(again.is_err(), "a blind repeat must not succeed");
    assert_eq!(number(&direct.ledger, "SELECT count(*) FROM message").await, 1);
    direct.books_hold().await;
}

/// Row 32, for every step of the route: each seventh commit's answer is lost, all through a play.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_play_whose_commits_lose_their_answers_has_one_effect_each() {
    const DAYS: u32 = 22;
    let database = Database::alone(Engine::Postgres).await;
    let proxy = Proxy::to(&database.url).await;
    let mut play = Play::new(database, 31, 50, DAYS).await;
    let direct = play.worker.ledger.clone();
    play.worker.ledger = Ledger::open(&proxy.url).await.unwrap();
    play.worker.ledger.cover_like(&direct);
    proxy.lose_every_commit_answer(7);
    for n in 0..DAYS {
        play.day(n).await;
    }
    proxy.heal();
    play.worker.ledger.close().await;
    play.worker.ledger = direct;
    assert!(proxy.cuts() > 50, "{} commits in doubt: this proves little", proxy.cuts());
    assert_eq!(broken(&play.books(DAYS - 1, true).await), Vec::<String>::new());
    let seen = mirror(&play.world, &play.worker).await.unwrap();
    assert!(seen.holds, "{:#?}", seen.differences);
    play.end().await;
}

/// A unit of work that takes two numbers, every second client in the other order.
struct Crossing {
    backwards: bool,
    serializable: bool,
}

impl Step for Crossing {
    type Unit = Whole;
    type Claimed<'s> = ();
    type Worked<'s> = ();

    async fn units(&self, _: &Worker, _: Timestamp) -> Result<Vec<Whole>, StageError> {
        Ok(vec![Whole])
    }

    async fn claim(&self, _: &Worker, _: &Whole, _: Timestamp) -> Result<Claim<()>, StageError> {
        Ok(Claim::Taken(()))
    }

    fn work(&self, _: &Worker, (): (), _: Timestamp) -> Result<(), StageError> {
        Ok(())
    }

    async fn settle(&self, worker: &Worker, (): (), _: Timestamp) -> Result<(), StageError> {
        let mut tx = worker.ledger.begin().await?;
        if self.serializable {
            tx.scratch("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", args![]).await?;
        }
        let order = if self.backwards { ["one", "two"] } else { ["two", "one"] };
        for counter in order {
            take_numbers(&mut tx, counter, 1).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Row 33: sixteen clients in each other's way; deadlocks and refused serializations are tried again.
async fn clients_in_each_others_way(serializable: bool) {
    let database = Database::new(Engine::Postgres).await;
    let config = cardline::config::Config::in_folder(database.folder.path(), Some(database.url.clone()));
    let worker = Worker::open(config, TODAY).await.unwrap();
    // A counter that exists is locked by its row, not by its key.
    for counter in ["one", "two"] {
        let mut tx = worker.ledger.begin().await.unwrap();
        take_numbers(&mut tx, counter, 1).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut done = 0;
    for _ in 0..2 {
        let steps: Vec<Crossing> = (0..CLIENTS).map(|n| Crossing { backwards: n % 2 == 0, serializable }).collect();
        // Bounded: a unit that lost every time is left to the next round, as the daemon does.
        let mut left: Vec<&Crossing> = steps.iter().collect();
        while !left.is_empty() {
            let ran = futures_util::future::join_all(left.iter().map(|step| once(*step, &worker, now()))).await;
            let mut again = Vec::new();
            for (step, ran) in left.into_iter().zip(ran) {
                match ran {
                    Ok(Ran::Did) => done += 1,
                    Err(error) if error.is_passing() => again.push(step),
                    other => panic!("{other:?}"),
                }
            }
            left = again;
        }
    }
    assert_eq!(done, 2 * CLIENTS);
    for counter in ["one", "two"] {
        assert_eq!(worker.ledger.peek_counter(counter).await.unwrap(), 2 + 2 * CLIENTS, "no partial effect");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_clients_in_deadlock_each_have_one_effect() {
    clients_in_each_others_way(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_serializable_clients_each_have_one_effect() {
    clients_in_each_others_way(true).await;
}

/// Row 34: eight writers of one file wait for each other; none hears that it is busy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_writers_of_sqlite_never_hear_that_it_is_busy() {
    const ROUNDS: i64 = 25;
    let database = Database::new(Engine::Sqlite).await;
    database.ledger().await;
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..8 {
        let ledger = database.ledger().await;
        writers.spawn(async move {
            for round in 0..ROUNDS {
                // Read first, write then: what fails at once where a writer begins as a reader.
                let mut tx = ledger.begin().await.unwrap();
                tx.number("SELECT count(*) FROM counter", args![]).await.unwrap();
                take_numbers(&mut tx, "cards", 1).await.unwrap();
                tx.commit().await.unwrap();
                ledger.take_lease(&format!("work {n}"), "suite", now(), round).await.unwrap().unwrap();
            }
        });
    }
    writers.join_all().await;
    assert_eq!(database.ledger().await.peek_counter("cards").await.unwrap(), 1 + 8 * ROUNDS);
}

/// Row 36: two hundred slow readers have a pool of their own; the worker goes on beside them. Whoever finds
/// no connection hears so in time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_readers_do_not_hold_up_the_worker() {
    let database = Database::new(Engine::Postgres).await;
    let mut intake = Intake::on(&database).await;
    let pages = impatient(&database.url, 700, 60_000).await;
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let pages = pages.clone();
        readers.spawn(async move {
            let mut tx = pages.read().await?;
            tx.rows::<(i64,)>("SELECT CAST(1 AS BIGINT) FROM pg_sleep(0.25)", args![]).await.map(|_| ())
        });
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    for n in 0..20 {
        intake.settle(vec![arriving(n, 1, &format!("person {n}"))]).await.unwrap();
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let (mut served, mut refused) = (0, 0);
    for read in readers.join_all().await {
        match read {
            Ok(()) => served += 1,
            Err(error) => {
                assert!(error.is_passing(), "{error}");
                refused += 1;
            }
        }
    }
    assert!(served > 0 && refused > 0, "{served} served, {refused} told to come again");
    intake.books_hold().await;
}

/// Row 37: somebody locked a table by hand. Who needs it waits, bounded; the others go on; it resumes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_locked_by_hand_holds_up_only_who_needs_it() {
    let database = Database::new(Engine::Postgres).await;
    let intake = Intake::on(&database).await;
    let ledger = impatient(&database.url, 300, 60_000).await;
    ledger.cover_like(&intake.ledger);
    let mut psql = PgConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe("BEGIN; LOCK TABLE message")).execute(&mut psql).await.unwrap();
    let lease = ledger.take_lease("intake", "suite", now(), 60).await.unwrap().expect("leases go on");
    let started = Instant::now();
    let blocked = ledger.settle_chunk(&lease, &source(0, 1), vec![arriving(1, 1, "a")], why(), TODAY).await;
    let blocked = blocked.expect_err("the table is locked");
    assert!(blocked.is_passing() && started.elapsed() < Duration::from_secs(5), "{blocked}");
    let mut tx = ledger.begin().await.unwrap();
    take_numbers(&mut tx, "cards", 1).await.unwrap();
    tx.commit().await.expect("others go on");
    let strain = ledger.strain().await.unwrap();
    assert!(strain.oldest_transaction_seconds >= 0 && strain.waiting_for_locks == 0, "{strain:?}");
    sqlx::raw_sql(AssertSqlSafe("COMMIT")).execute(&mut psql).await.unwrap();
    ledger.settle_chunk(&lease, &source(0, 1), vec![arriving(1, 1, "a")], why(), TODAY).await.expect("it resumes");
    intake.books_hold().await;
}

/// Row 38: a transaction that somebody leaves open is seen, with its age.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_left_open_is_seen_with_its_age() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::new(engine).await;
        let ledger = database.ledger().await;
        let calm = ledger.strain().await.unwrap();
        assert!(calm.oldest_transaction_seconds < 2 && calm.row_versions_age >= 0, "{calm:?}");
        if engine == Engine::Postgres {
            let mut psql = PgConnection::connect(&database.url).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe("BEGIN; LOCK TABLE seal")).execute(&mut psql).await.unwrap();
            let waiting = ledger.clone();
            let waits = tokio::spawn(async move { waiting.unsealed().await });
            tokio::time::sleep(Duration::from_millis(2_100)).await;
            let strained = ledger.strain().await.unwrap();
            assert!(strained.oldest_transaction_seconds >= 2 && strained.waiting_for_locks == 1, "{strained:?}");
            psql.close().await.unwrap();
            waits.await.unwrap().unwrap();
        }
    }
}

/// The network swallows everything: a worker does not wait forever, and its connections are not lost to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_database_is_given_up_in_time_and_taken_up_again() {
    let database = Database::new(Engine::Postgres).await;
    let proxy = Proxy::to(&database.url).await;
    let ledger = impatient(&proxy.url, 500, 500).await;
    for round in 0..3 {
        proxy.keep_silent(true);
        let started = Instant::now();
        let silent = ledger.take_lease("work", "suite", now(), 60).await.expect_err("nobody answers");
        assert!(silent.is_passing() && started.elapsed() < Duration::from_secs(3), "{silent}");
        proxy.keep_silent(false);
        let started = Instant::now();
        while ledger.take_lease("work", "suite", now(), 60).await.is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "round {round}: it does not come back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// What is open falls silent, and new connections work: in the middle of a transaction, in a commit, between
/// two, and where somebody reads without hurry. Each time it is found out, and its locks go at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_falls_silent_is_given_up_and_keeps_no_lock() {
    let database = Database::new(Engine::Postgres).await;
    let proxy = Proxy::to(&database.url).await;
    // Its own bounds are far away: only looking tells.
    let ledger = impatient(&proxy.url, 60_000, 60_000).await;
    let direct = database.ledger().await;
    let started = Instant::now();
    for commits in [false, true] {
        let mut tx = ledger.begin().await.unwrap();
        take_numbers(&mut tx, "cards", 1).await.unwrap();
        proxy.silence_what_is_open();
        let silent = if commits { tx.commit().await } else { take_numbers(&mut tx, "more", 1).await.map(|_| ()) };
        let silent = silent.expect_err("nobody answers");
        assert!(silent.is_passing() && silent.is_outage(), "{silent}");
        assert_eq!(matches!(silent, LedgerError::InDoubt { .. }), commits, "{silent}");
        // The row that it had locked is free.
        let mut tx = direct.begin().await.unwrap();
        take_numbers(&mut tx, "cards", 1).await.unwrap();
        tx.commit().await.unwrap();
    }
    drop(ledger.read().await.unwrap());
    proxy.silence_what_is_open();
    assert!(ledger.take_lease("work", "suite", now(), 60).await.unwrap().is_some(), "a new connection is made");
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());

    // The server works on it for longer than the look: that is no silence.
    let mut tx = ledger.read().await.unwrap();
    tx.rows::<(i64,)>("SELECT CAST(1 AS BIGINT) FROM pg_sleep(1)", args![]).await.expect("it is worked on");
    drop(tx);
    let books = tokio::spawn({
        let ledger = ledger.clone();
        async move { ledger.books(now(), true, None).await }
    });
    proxy.silence_what_is_open();
    // It may have ended before; if not, it ends.
    if let Err(error) = books.await.unwrap() {
        assert!(error.is_passing(), "{error}");
    }
}

/// The connection that holds a worker's name falls silent: the server still has the lock for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_whose_connection_fell_silent_is_taken_again() {
    let database = Database::new(Engine::Postgres).await;
    let proxy = Proxy::to(&database.url).await;
    let ledger = impatient(&proxy.url, 1_000, 1_000).await;
    let name = ledger.take_name("worker").await.unwrap().expect("a free name");
    proxy.silence_what_is_open();
    assert!(name.confirm(&ledger).await.unwrap());
    let other = database.ledger().await;
    assert!(other.take_name("worker").await.unwrap().is_none(), "it is held as before");
    assert!(name.confirm(&ledger).await.unwrap());
}

/// Whatever a role's defaults are: the chain of seals holds, because transactions say how they are isolated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_roles_defaults_do_not_break_the_chain() {
    for default in ["repeatable read", "serializable"] {
        let database = Database::new(Engine::Postgres).await;
        let mut intake = Intake::on(&database).await;
        let name = database.url.rsplit_once('/').unwrap().1;
        let sql = format!("ALTER DATABASE {name} SET default_transaction_isolation = '{default}'");
        execute(&intake.ledger, &sql).await;
        let ledgers = [database.ledger().await, database.ledger().await];
        for ledger in &ledgers {
            let mut tx = ledger.begin().await.unwrap();
            let level = tx.rows::<(String,)>("SHOW transaction_isolation", args![]).await.unwrap();
            assert_eq!(level[0].0, "read committed");
        }
        intake.ledger = ledgers[0].clone();
        for n in 0..4 {
            intake.settle(vec![arriving(n, 1, &format!("person {n}"))]).await.unwrap();
        }
        intake.books_hold().await;
    }
}
