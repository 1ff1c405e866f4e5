//! Signs of database pressure, for operators and alerts.

use super::{Ledger, LedgerError};
use crate::args;

/// What strains the database now. On SQLite, which has one writer and no server, everything is 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct DatabasePressure {
    /// Age of the oldest transaction open in this database: it delays the seals, the relay and vacuum.
    pub oldest_transaction_seconds: i64,
    /// Sessions that wait for somebody's lock.
    pub waiting_for_locks: i64,
    /// Transactions since the oldest row version still marked by its own; the server stops at 2,000 million.
    pub row_versions_age: i64,
}

impl Ledger {
    /// Looks at the server's own tables; touches none of ours.
    pub async fn strain(&self) -> Result<DatabasePressure, LedgerError> {
        let mut tx = self.read().await?;
        if !tx.is_postgres() {
            return Ok(DatabasePressure::default());
        }
        let row = tx
            .row::<(i64, i64, i64)>(
                "SELECT CAST(COALESCE(max(EXTRACT(EPOCH FROM now() - a.xact_start)), 0) AS BIGINT),
                    count(*) FILTER (WHERE a.wait_event_type = 'Lock'),
                    (SELECT CAST(age(datfrozenxid) AS BIGINT) FROM pg_database WHERE datname = current_database())
                 FROM pg_stat_activity a WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()",
                args![],
            )
            .await?;
        let (oldest_transaction_seconds, waiting_for_locks, row_versions_age) = row.unwrap_or_default();
        Ok(DatabasePressure { oldest_transaction_seconds, waiting_for_locks, row_versions_age })
    }
}
