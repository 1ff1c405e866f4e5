//! What differs between SQLite and PostgreSQL beyond opening, bulk rows and the schema: locks, ids, the clock,
//! and how a range of history is told apart.
//!
//! Everything else is one SQL text for both. No slice asks which engine it is on.

use jiff::Timestamp;

use super::LedgerError;
use super::engine::{Engine, Tx};
use crate::args;

/// A statement over a range of history from `$1` to `$2`: its pieces, between which stands whether a row of
/// `move` lies in the range. PostgreSQL's ranges are of transactions, because rows are numbered before they
/// are committed; those of SQLite, which has one writer, are of rows.
macro_rules! over_history {
    ($tx:expr, $first:literal $(, $piece:literal)+ $(,)?) => {
        match $tx.engine() {
            $crate::store::engine::Engine::Postgres => concat!($first $(, "tx >= $1 AND tx < $2", $piece)+),
            $crate::store::engine::Engine::Sqlite => concat!($first $(, "seq >= $1 AND seq < $2", $piece)+),
        }
    };
}
pub(crate) use over_history;

/// A SELECT whose rows nobody else changes before this transaction ends. SQLite has one writer.
macro_rules! for_update {
    ($tx:expr, $select:literal) => {
        match $tx.engine() {
            $crate::store::engine::Engine::Postgres => concat!($select, " FOR UPDATE"),
            $crate::store::engine::Engine::Sqlite => $select,
        }
    };
}
pub(crate) use for_update;

/// A statement about rows with one of these keys, each looked up by its index. What waits is not what PostgreSQL reckons: it
/// was empty when it was looked at, and would be read whole for each key, or it is long, and would be read whole for a few.
macro_rules! by_key {
    ($tx:expr, $statement:literal, $keys:literal) => {
        match $tx.engine() {
            $crate::store::engine::Engine::Postgres => concat!($statement, " = ANY(ARRAY(", $keys, "))"),
            $crate::store::engine::Engine::Sqlite => concat!($statement, " IN (", $keys, ")"),
        }
    };
}
pub(crate) use by_key;

impl Tx {
    pub(super) fn is_postgres(&self) -> bool {
        self.engine() == Engine::Postgres
    }

    /// What follows in this transaction is found by an index. Of rows that are due before a day a partial index has few;
    /// PostgreSQL reckons with the days of all rows, and would read a table of many millions from end to end.
    pub(crate) async fn by_index(&mut self) -> Result<(), LedgerError> {
        if !self.is_postgres() {
            return Ok(());
        }
        self.script("SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0").await
    }

    /// Locks the rows of a `SELECT … FOR UPDATE`, where there is more than one writer.
    pub(crate) async fn lock_rows(&mut self, select: &'static str) -> Result<(), LedgerError> {
        if self.is_postgres() {
            self.rows::<(i64,)>(select, args![]).await?;
        }
        Ok(())
    }

    /// Takes a lock of our own for this transaction, and waits for all who share it.
    pub(crate) async fn lock(&mut self, lock: i64) -> Result<(), LedgerError> {
        if self.is_postgres() {
            self.scratch("SELECT pg_advisory_xact_lock($1)", args![lock]).await?;
        }
        Ok(())
    }

    /// Takes a lock of our own for this transaction, beside others who share it.
    pub(crate) async fn share_lock(&mut self, lock: i64) -> Result<(), LedgerError> {
        if self.is_postgres() {
            self.scratch("SELECT pg_advisory_xact_lock_shared($1)", args![lock]).await?;
        }
        Ok(())
    }

    /// New ids for rows of a table, in rising order. A sequence of PostgreSQL hands them out at once to
    /// everybody; SQLite has one writer, who keeps the highest.
    pub(crate) async fn take_ids(&mut self, table: &'static str, count: i64) -> Result<Vec<i64>, LedgerError> {
        if self.is_postgres() {
            let sql =
                "SELECT nextval(s.name) FROM (SELECT pg_get_serial_sequence($1, 'id')::regclass AS name OFFSET 0) s,
                generate_series(1, $2)";
            return Ok(self.rows::<(i64,)>(sql, args![table, count]).await?.into_iter().map(|(id,)| id).collect());
        }
        let last = self.number("SELECT seq FROM sqlite_sequence WHERE name = $1", args![table]).await?;
        Ok((last + 1..=last + count).collect())
    }

    /// The database's clock; a SQLite file has the machine's own, to the millisecond.
    pub(crate) async fn clock(&mut self) -> Result<Timestamp, LedgerError> {
        let micros = match self.engine() {
            Engine::Postgres => "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
            Engine::Sqlite => "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS BIGINT) * 1000",
        };
        Ok(Timestamp::from_microsecond(self.number(micros, args![]).await?).unwrap_or_default())
    }

    /// The clock of a server; none where there is no server.
    pub(crate) async fn server_clock(&mut self) -> Result<Option<Timestamp>, LedgerError> {
        if self.is_postgres() { self.clock().await.map(Some) } else { Ok(None) }
    }

    /// Whether there is a table of this name; on PostgreSQL also a view or an index.
    pub(crate) async fn has_table(&mut self, name: &str) -> Result<bool, LedgerError> {
        let sql = match self.engine() {
            Engine::Postgres => "SELECT count(to_regclass(quote_ident(current_schema()) || '.' || quote_ident($1)))",
            Engine::Sqlite => "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1",
        };
        Ok(self.number(sql, args![name]).await? > 0)
    }

    /// Every column of every table: the two names.
    pub(crate) async fn columns(&mut self) -> Result<Vec<(String, String)>, LedgerError> {
        let sql = match self.engine() {
            Engine::Postgres => {
                "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
                 WHERE table_schema = current_schema()"
            }
            Engine::Sqlite => {
                "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'"
            }
        };
        self.rows(sql, args![]).await
    }

    /// Every text column of every table: the two names.
    pub(crate) async fn text_columns(&mut self) -> Result<Vec<(String, String)>, LedgerError> {
        let sql = match self.engine() {
            Engine::Postgres => {
                "SELECT CAST(c.table_name AS TEXT), CAST(c.column_name AS TEXT) FROM information_schema.columns c
                 JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
                 WHERE c.table_schema = current_schema() AND c.data_type IN ('text', 'character varying', 'json', 'jsonb')"
            }
            Engine::Sqlite => {
                "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND p.type = 'TEXT'"
            }
        };
        self.rows(sql, args![]).await
    }
}

#[cfg(test)]
impl Tx {
    /// Where SQLite, which knows no sizes, would read a whole table that grows with every card: steps of its plan.
    pub(crate) async fn read_whole(&mut self, sql: &str) -> Result<Vec<String>, LedgerError> {
        const GROWING: [&str; 14] = [
            "account",
            "account_row",
            "application",
            "box",
            "made",
            "message",
            "move",
            "production_row",
            "a",
            "g",
            "m",
            "p",
            "v",
            "x",
        ];
        let plan = self.rows_built::<(i64, i64, i64, String)>(format!("EXPLAIN QUERY PLAN {sql}"), args![]).await?;
        let steps = plan.into_iter().map(|(.., step)| step);
        let is_whole = |step: &String| {
            let read = step.strip_prefix("SCAN ").and_then(|step| step.split(' ').next());
            read.is_some_and(|read| GROWING.contains(&read)) && !step.contains("INDEX")
        };
        Ok(steps.filter(is_whole).collect())
    }
}
