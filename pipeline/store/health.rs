//! Whether the database can be worked with, and how it is set: for readiness and `cardline doctor`.

use jiff::Timestamp;

use super::engine::Pool;
use super::{Ledger, LedgerError};
use crate::args;
use crate::limits::DATABASE_CONNECTIONS;

/// What the database says of itself.
pub struct DatabaseFacts {
    pub version: String,
    /// Settings that decide whether a commit survives a power cut, and the time zone: name → value.
    pub settings: Vec<(String, String)>,
    /// The database's clock.
    pub clock: Timestamp,
}

/// A lease somebody holds now.
#[derive(serde::Serialize)]
pub struct HeldLease {
    pub work: String,
    pub owner: String,
    pub until: Timestamp,
}

/// Connections of the pool.
pub struct PoolFigures {
    pub open: u32,
    pub idle: u32,
    pub most: u32,
}

impl Ledger {
    /// Lets go of what was overwritten: on SQLite the log beside the file, where the earlier pages are. On PostgreSQL
    /// dead rows stay in their heap until it is rewritten.
    pub async fn forget_overwritten(&self) -> Result<(), LedgerError> {
        if let Pool::Sqlite(connections) = self.pool() {
            let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
            let (busy, ..) =
                sqlx::query_as::<_, (i64, i64, i64)>(sql).fetch_one(connections.take().await?.connection()?).await?;
            if busy != 0 {
                return Err(LedgerError::Shape("the log is being read, and is emptied later".into()));
            }
        }
        Ok(())
    }

    /// Asks the database for the smallest thing there is, and a server whether it takes writes. (SQLite's
    /// one writer is not disturbed.)
    pub async fn answers(&self) -> Result<(), LedgerError> {
        let mut tx = match self.pool() {
            Pool::Postgres(_) => self.begin().await?,
            Pool::Sqlite(_) => self.read().await?,
        };
        tx.number("SELECT CAST(1 AS BIGINT)", args![]).await.map(|_| ())
    }

    /// How many connections the pool has.
    pub fn pool_figures(&self) -> PoolFigures {
        let (open, idle) = match self.pool() {
            Pool::Postgres(connections) => connections.figures(),
            Pool::Sqlite(connections) => connections.figures(),
        };
        PoolFigures { open, idle, most: DATABASE_CONNECTIONS }
    }

    /// The database's clock.
    pub async fn clock(&self) -> Result<Timestamp, LedgerError> {
        self.read().await?.clock().await
    }

    /// Version, settings and clock.
    pub async fn database_facts(&self) -> Result<DatabaseFacts, LedgerError> {
        let mut tx = self.read().await?;
        let postgres = tx.is_postgres();
        let text = |rows: Vec<(String,)>| rows.into_iter().next().map(|row| row.0).unwrap_or_default();
        let version =
            text(tx.rows(if postgres { "SHOW server_version" } else { "SELECT sqlite_version()" }, args![]).await?);
        let mut settings = Vec::new();
        for (name, sql) in if postgres { POSTGRES_SETTINGS } else { SQLITE_SETTINGS } {
            settings.push(((*name).to_owned(), text(tx.rows(sql, args![]).await?)));
        }
        let clock = tx.clock().await?;
        Ok(DatabaseFacts { version, settings, clock })
    }

    /// Leases that have not lapsed.
    pub async fn held_leases(&self, now: Timestamp) -> Result<Vec<HeldLease>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<(String, String, i64)>(
                "SELECT work, owner, until FROM lease WHERE until > $1 ORDER BY work",
                args![now],
            )
            .await?;
        let lease = |(work, owner, until)| HeldLease {
            work,
            owner,
            until: Timestamp::from_microsecond(until).unwrap_or(Timestamp::MAX),
        };
        Ok(rows.into_iter().map(lease).collect())
    }
}

/// Whether the connection is encrypted; on one machine it need not be.
const ENCRYPTED: &str = "SELECT CASE WHEN s.ssl THEN 'on'
        WHEN COALESCE(host(inet_client_addr()), '::1') = '::1' OR host(inet_client_addr()) LIKE '127.%' THEN 'local'
        ELSE 'off' END
    FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()";

const POSTGRES_SETTINGS: &[(&str, &str)] = &[
    ("fsync", "SHOW fsync"),
    ("full_page_writes", "SHOW full_page_writes"),
    ("synchronous_commit", "SHOW synchronous_commit"),
    ("encrypted", ENCRYPTED),
    ("TimeZone", "SHOW TimeZone"),
    ("data_checksums", "SHOW data_checksums"),
    ("max_connections", "SHOW max_connections"),
    ("default_transaction_isolation", "SHOW default_transaction_isolation"),
    ("default_transaction_read_only", "SHOW default_transaction_read_only"),
    ("in_recovery", "SELECT CASE WHEN pg_is_in_recovery() THEN 'on' ELSE 'off' END"),
];

const SQLITE_SETTINGS: &[(&str, &str)] = &[
    ("journal_mode", "SELECT journal_mode FROM pragma_journal_mode"),
    ("synchronous", "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous"),
    ("quick_check", "SELECT quick_check FROM pragma_quick_check LIMIT 1"),
];
