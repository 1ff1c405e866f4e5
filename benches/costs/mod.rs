//! What work costs besides its time: processor seconds, and bytes of PostgreSQL's write-ahead log.

use sqlx::{Connection, PgConnection};

use crate::process::{numbers, seconds};

/// What a server had used up at an instant.
pub struct Used {
    wal: i64,
    seconds: f64,
}

/// What was used between two instants.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    /// Bytes of write-ahead log of the whole server.
    pub wal: i64,
    /// Processor seconds of all its processes.
    pub postgres: f64,
    /// Processor seconds of those who used it.
    pub workers: f64,
}

impl Cost {
    /// The cost of one of so many cards, in a line.
    pub fn of_each(&self, cards: u64) -> String {
        let each = |seconds: f64| seconds * 1e6 / cards as f64;
        let (postgres, workers) = (each(self.postgres), each(self.workers));
        format!(
            "PostgreSQL {postgres:.0} µs, workers {workers:.0} µs of a processor, {} bytes of log",
            self.wal / cards as i64
        )
    }
}

/// What the server of a database has used up so far, after a checkpoint if that is wanted: then every page is
/// logged whole once, as after any checkpoint.
pub async fn used(database: &str, checkpoint: bool) -> Used {
    let mut connection = PgConnection::connect(database).await.expect("PostgreSQL");
    if checkpoint {
        sqlx::query("CHECKPOINT").execute(&mut connection).await.expect("checkpoint");
    }
    let sql = "SELECT CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS BIGINT), pg_backend_pid()";
    let (wal, backend): (i64, i32) = sqlx::query_as(sql).fetch_one(&mut connection).await.expect("log");
    Used { wal, seconds: seconds_of_server(&parent(backend)) }
}

impl Used {
    /// What was used since then.
    pub async fn since(&self, database: &str) -> Cost {
        let now = used(database, false).await;
        Cost { wal: now.wal - self.wal, postgres: now.seconds - self.seconds, workers: 0.0 }
    }
}

fn parent(process: i32) -> String {
    numbers(&process.to_string()).get(1).cloned().expect("PostgreSQL runs on this machine")
}

/// Processor seconds of a server: its own, those of children that ended, and those of children that run.
fn seconds_of_server(server: &str) -> f64 {
    let own = seconds(&numbers(server), &[11, 12, 13, 14]);
    let all = std::fs::read_dir("/proc").expect("/proc");
    let names = all.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let children = names.map(|name| numbers(&name)).filter(|of| of.get(1).is_some_and(|parent| parent == server));
    own + children.map(|of| seconds(&of, &[11, 12])).sum::<f64>()
}
