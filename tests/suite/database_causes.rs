//! What may be wrong with a PostgreSQL: each reported at once, by name, with its cure; and a database that takes
//! no writes can be read.

use std::time::{Duration, Instant};

use cardline::store::{Ledger, LedgerError};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::conformance::arrivals::now;
use crate::databases::{Database, Engine};
use crate::operation::worker::{RunningWorker, ended, give_work, program};

/// Far below the half minute that a pool would wait.
const AT_ONCE: Duration = Duration::from_secs(15);

async fn execute(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// A database of a test's own, and its name.
async fn named() -> (Database, String) {
    let database = Database::new(Engine::Postgres).await;
    let name = database.url.rsplit_once('/').unwrap().1.to_owned();
    (database, name)
}

/// The same address for another user.
fn as_user(url: &str, user: &str) -> String {
    let (_, rest) = url.split_once('@').unwrap();
    format!("postgres://{user}@{rest}")
}

async fn refused(url: &str) -> LedgerError {
    let started = Instant::now();
    let error = Ledger::open(url).await.err().unwrap_or_else(|| panic!("{url} was opened"));
    assert!(started.elapsed() < AT_ONCE, "told after {:?}: {error}", started.elapsed());
    error
}

fn told(error: &LedgerError, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "no {word} in: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_server_is_told_at_once_with_its_cure() {
    let (database, name) = named().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // It accepts, and never says a word.
    let silent = refused(&format!("postgres://me@127.0.0.1:{port}/x")).await;
    assert!(silent.is_passing() && silent.is_outage());
    told(&silent, &["no answer within", "what lies between"]);
    drop(listener);
    let down = refused(&format!("postgres://me@127.0.0.1:{port}/x")).await;
    assert!(down.is_passing() && down.is_outage());
    told(&down, &["nobody listens there", &format!("127.0.0.1:{port}")]);
    let unresolved = refused("postgres://me@nowhere.invalid/x").await;
    told(&unresolved, &["nowhere.invalid", "does not resolve"]);
    told(&refused(&format!("{}_not", database.url)).await, &["does not exist", "CREATE DATABASE"]);

    let role = format!("{name}_full");
    execute(&database.url, &format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 0")).await;
    let full = refused(&as_user(&database.url, &role)).await;
    assert!(full.is_passing() && full.is_outage());
    told(&full, &["too many connections", "max_connections"]);
    execute(&database.url, &format!("DROP ROLE {role}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_database_is_told_at_once_with_its_cure() {
    let (database, name) = named().await;
    let latin = format!("{name}_latin");
    let make = format!("CREATE DATABASE {latin} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    execute(&database.url, &make).await;
    told(&refused(&database.url.replace(&name, &latin)).await, &["LATIN1", "UTF8"]);
    execute(&database.url, &format!("DROP DATABASE {latin}")).await;

    let role = format!("{name}_small");
    execute(&database.url, &format!("CREATE ROLE {role} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC")).await;
    told(&refused(&as_user(&database.url, &role)).await, &["GRANT CREATE ON SCHEMA public"]);
    let grant = format!("GRANT CREATE ON SCHEMA public TO {role}; REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC");
    execute(&database.url, &grant).await;
    told(&refused(&as_user(&database.url, &role)).await, &["GRANT TEMPORARY ON DATABASE", &name]);
    execute(&database.url, &format!("GRANT TEMPORARY ON DATABASE {name} TO {role}")).await;
    Ledger::open(&as_user(&database.url, &role)).await.expect("it has all it needs").close().await;
    execute(&database.url, &format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

/// Set read-only, as before a move to another server: workers rest and say why, everything can be read,
/// and work goes on by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_set_read_only_is_an_outage_for_workers_and_can_be_read() {
    let (database, name) = named().await;
    let data = database.folder.path();
    give_work(&database.url, data);
    execute(&database.url, &format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    let ledger = database.ledger().await;
    let looking = ledger.read().await.unwrap();
    let refused = ledger.take_lease("work", "suite", now(), 60).await.expect_err("no writes");
    assert!(refused.is_read_only() && refused.is_outage(), "{refused}");
    for words in [
        &["books", "--full", "--at", "2026-01-12T18:00:00+08:00"][..],
        &["trace", "110101-20260105-000000001"],
        &["batch", "list"],
        &["photos", "list"],
        &["quarantine", "list"],
    ] {
        ended(program(&database.url, data).args(words), &[0]);
    }
    let doctor = ended(program(&database.url, data).arg("doctor"), &[1]);
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("set read-only"));

    let mut worker = RunningWorker::start(&database.url, data, &[("CARDLINE_WORKER", "w")]);
    worker.until("it says why it rests", |worker| {
        let (status, missing) = worker.get("/ready");
        status == 503 && missing.contains("takes no writes")
    });
    let elsewhere = database.url.replace(&name, "postgres");
    execute(&elsewhere, &format!("ALTER DATABASE {name} RESET default_transaction_read_only")).await;
    worker.until_ready();
    worker.until_a_whole_round();
    worker.signal("TERM");
    assert_eq!(worker.end().0, Some(0));
    // A session of that time is not used to write.
    looking.commit().await.unwrap();
    assert!(ledger.take_lease("work", "suite", now(), 60).await.unwrap().is_some(), "by itself");
}

/// Who reads asks for no lock that a writer has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_of_sqlite_do_not_wait_for_its_writer() {
    let database = Database::new(Engine::Sqlite).await;
    let data = database.folder.path();
    give_work(&database.url, data);
    let ledger = database.ledger().await;
    let writing = ledger.begin().await.unwrap();
    let started = Instant::now();
    for words in [
        &["trace", "110101-20260105-000000001"][..],
        &["photos", "list"],
        &["batch", "list"],
        &["approvals", "list"],
        &["quarantine", "list"],
        &["quarantine", "list", "--group"],
    ] {
        ended(program(&database.url, data).args(words), &[0]);
    }
    assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    writing.roll_back().await.unwrap();
}
