//! Whether a database belongs to somebody already: for commands that need an empty one, or one they made.

use sqlx::AssertSqlSafe;

use super::{Ledger, LedgerError, Tx};
use crate::args;

/// Filled by the schema itself.
const HOUSEKEEPING: &[&str] = &["_sqlx_migrations", "schema_floor", "ledger_identity", "sqlite_sequence"];

const SQLITE_TABLES: &str = "SELECT '', name FROM sqlite_master WHERE type = 'table' ORDER BY name";
const POSTGRES_TABLES: &str =
    "SELECT CAST(table_schema AS TEXT), CAST(table_name AS TEXT) FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2";

/// Made by a demo in its own database alone: how many rows were there when it ended; none while it plays.
const DEMO_MARK: &str = "CREATE TABLE IF NOT EXISTS demo_mark (demo_rows BIGINT NOT NULL)";

/// What whoever works on a ledger adds to, whatever they do.
const WORKED_ON: &str =
    "SELECT (SELECT COALESCE(max(seq), 0) FROM move) + (SELECT count(*) FROM message) + (SELECT count(*) FROM act)
    + (SELECT count(*) FROM reference_import) + (SELECT count(*) FROM users)";

impl Ledger {
    /// Marks an empty ledger as one that a demo is about to fill.
    pub async fn begin_demo(&self) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.script(DEMO_MARK).await?;
        tx.commit().await
    }

    /// The demo is over: what is added from now on is somebody else's.
    pub async fn end_demo(&self) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let rows = tx.number(WORKED_ON, args![]).await?;
        tx.run("INSERT INTO demo_mark (demo_rows) VALUES ($1)", args![rows]).await?;
        tx.commit().await
    }

    /// Whether everything in it was made by one demo.
    pub async fn is_a_demos(&self) -> Result<bool, LedgerError> {
        let mut tx = self.read().await?;
        if !tx.has_table("demo_mark").await? {
            return Ok(false);
        }
        let ended = tx.row::<(i64,)>("SELECT demo_rows FROM demo_mark", args![]).await?;
        let users = tx.number("SELECT count(*) FROM users", args![]).await?;
        Ok(match ended {
            Some((rows,)) => tx.number(WORKED_ON, args![]).await? == rows,
            // It was stopped half-way.
            None => users == 0,
        })
    }

    /// The first table, of this program or any other, that has a row.
    pub async fn occupied_table(&self) -> Result<Option<String>, LedgerError> {
        let mut tx = self.read().await?;
        let sql = if tx.is_postgres() { POSTGRES_TABLES } else { SQLITE_TABLES };
        for (schema, table) in tx.rows::<(String, String)>(sql, args![]).await? {
            if !HOUSEKEEPING.contains(&table.as_str()) && has_row(&mut tx, &schema, &table).await? {
                return Ok(Some(table));
            }
        }
        Ok(None)
    }
}

async fn has_row(tx: &mut Tx, schema: &str, table: &str) -> Result<bool, LedgerError> {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let of_schema = if schema.is_empty() { String::new() } else { quoted(schema) + "." };
    let sql = AssertSqlSafe(format!("SELECT 1 FROM {of_schema}{} LIMIT 1", quoted(table)));
    if let Some(connection) = tx.postgres() {
        return Ok(sqlx::query(sql).fetch_optional(connection).await?.is_some());
    }
    match tx.sqlite() {
        Some(connection) => Ok(sqlx::query(sql).fetch_optional(connection).await?.is_some()),
        None => Ok(false),
    }
}
