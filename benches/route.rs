//! What a card costs on its whole way, measured and printed: seconds, row writes over every table,
//! bytes of write-ahead log, on SQLite and (with CARDLINE_TEST_POSTGRES) on PostgreSQL. Aims are printed beside the figures; nothing fails by time.
//!
//! `cargo bench --bench route` (about five minutes)

use std::path::Path;

use cardline::store::Ledger;
use cardline_world::demo;
use cardline_world::report::DemoPlan;

const CARDS: u64 = 5_000;

fn main() {
    let folder = tempfile::tempdir().expect("folder");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    println!(
        "{:<12} {:>9} {:>12} {:>22} {:>20}",
        "engine", "seconds", "cards/s", "row writes per card", "WAL bytes per card"
    );
    runtime.block_on(route(folder.path(), "sqlite", None));
    match std::env::var("CARDLINE_TEST_POSTGRES") {
        Ok(address) => runtime.block_on(route(folder.path(), "postgres", Some(address))),
        Err(_) => println!("postgres     not measured: CARDLINE_TEST_POSTGRES is not set (ops/services up)"),
    }
    println!("aim: ten row writes per card in the common case; own rows of a common card: 11 (ARCHITECTURE.md),");
    println!("the rest is what batches, files and shipments cost, divided by the cards they carry");
}

async fn route(folder: &Path, engine: &str, database: Option<String>) {
    let dir = folder.join(engine);
    std::fs::create_dir_all(&dir).expect("folder");
    let database = match database {
        Some(address) => Some(fresh(&address).await),
        None => None,
    };
    let before = wal_position(database.as_deref()).await;
    // An open reader keeps SQLite from writing its log over again, so that its size is all of it.
    let file = dir.join("cardline.db");
    let ledger = Ledger::open(&format!("sqlite:{}", file.display())).await.expect("ledger");
    let mut reader = ledger.read().await.expect("reader");
    reader.number("SELECT count(*) FROM chunk", Vec::new()).await.expect("read");
    let plan = DemoPlan { cards: CARDS, days: 90, seed: 1, dir: dir.clone(), database: database.clone() };
    let report = demo(&plan, &mut |_| {}).await.expect("demo");
    let bytes = match (before, wal_position(database.as_deref()).await) {
        (Some(before), Some(after)) => after - before,
        _ => std::fs::metadata(dir.join("cardline.db-wal")).map_or(0, |m| m.len() as i64),
    };
    drop(reader);
    println!(
        "{engine:<12} {:>9.1} {:>12.0} {:>22.1} {:>20}",
        report.elapsed_seconds,
        report.accepted as f64 / report.elapsed_seconds,
        report.row_writes_per_card,
        bytes / report.accepted.max(1)
    );
}

async fn fresh(address: &str) -> String {
    use sqlx::Connection;
    let name = format!("bench_{}", std::process::id());
    let mut admin = sqlx::PgConnection::connect(address).await.expect("PostgreSQL");
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.expect("database");
    format!("{}/{name}", address.rsplit_once('/').map_or(address, |(server, _)| server))
}

async fn wal_position(database: Option<&str>) -> Option<i64> {
    use sqlx::Connection;
    let mut connection = sqlx::PgConnection::connect(database?).await.ok()?;
    let row: (i64,) = sqlx::query_as("SELECT CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS BIGINT)")
        .fetch_one(&mut connection)
        .await
        .ok()?;
    Some(row.0)
}
