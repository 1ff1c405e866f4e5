//! A file of a million applications into SQLite: rows a second and peak memory of the real process,
//! beside a bare multi-row insert of the same bytes into one table without keys.
//!
//! `cargo bench --bench bulk` (several minutes, 6 GB of disk; CARDLINE_BENCH_COUNT for fewer)

use std::path::Path;
use std::process::Command;
use std::str::FromStr;
use std::time::Instant;

use cardline::route::intake::Lines;
use process::watched;
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

#[expect(dead_code, reason = "processor time is not asked for")]
mod process;

const MEMORY_BYTES_MAX: u64 = 300 * 1024 * 1024;
const ROWS_PER_STATEMENT: usize = 500;

fn main() {
    let count = std::env::var("CARDLINE_BENCH_COUNT").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000_u64);
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("applications.ndjson");
    generate(&file, count);
    let (seconds, peak) = intake(folder.path(), &file);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("runtime");
    let bare = runtime.block_on(bare(folder.path(), &file));
    let rate = |seconds: f64| count as f64 / seconds;
    println!("{count} applications, {} MB", std::fs::metadata(&file).map_or(0, |m| m.len()) / 1_000_000);
    println!("  intake into SQLite:    {:>9.0} a second, peak memory {} MB", rate(seconds), peak / 1_048_576);
    println!("  bare multi-row insert: {:>9.0} a second", rate(bare));
    println!("  intake takes {:.1} times as long as the bare insert", seconds / bare);
    let verdict = if peak < MEMORY_BYTES_MAX { "reached" } else { "NOT REACHED" };
    println!("  peak memory: {} MB (target: under 300) {verdict}", peak / 1_048_576);
}

fn generate(file: &Path, count: u64) {
    let count = count.to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cardline"));
    command.args(["generate", "applications", "--count", &count, "--seed", "1", "--defects", "5", "--out"]);
    let output = command.arg(file).output().expect("generate");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Seconds and peak memory of `cardline intake`.
fn intake(folder: &Path, file: &Path) -> (f64, u64) {
    let started = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cardline"));
    command.args(["intake", "--from"]).arg(file).arg("--data").arg(folder.join("data"));
    let ended = watched(&mut command);
    print!("{}", ended.printed);
    (started.elapsed().as_secs_f64(), ended.peak)
}

/// Seconds of inserting every line into one table, many rows a statement, a chunk a transaction.
async fn bare(folder: &Path, file: &Path) -> f64 {
    let options = SqliteConnectOptions::from_str("sqlite:").expect("options");
    let options = options.filename(folder.join("bare.db")).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
    let mut connection = options.disable_statement_logging().connect().await.expect("database");
    sqlx::raw_sql("CREATE TABLE line (bytes BLOB NOT NULL)").execute(&mut connection).await.expect("table");
    let started = Instant::now();
    let mut lines = Lines::open(file).expect("file");
    loop {
        let messages = lines.next_chunk().expect("lines");
        if messages.is_empty() {
            return started.elapsed().as_secs_f64();
        }
        sqlx::raw_sql("BEGIN").execute(&mut connection).await.expect("begin");
        for rows in messages.chunks(ROWS_PER_STATEMENT) {
            let sql = format!("INSERT INTO line VALUES {}", vec!["(?)"; rows.len()].join(","));
            let query =
                rows.iter().fold(sqlx::query(sqlx::AssertSqlSafe(sql)), |query, row| query.bind(&row.bytes[..]));
            query.execute(&mut connection).await.expect("insert");
        }
        sqlx::raw_sql("COMMIT").execute(&mut connection).await.expect("commit");
    }
}
