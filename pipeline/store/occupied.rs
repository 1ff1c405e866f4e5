//! Whether a database belongs to somebody already: for commands that need an empty one.

use sqlx::AssertSqlSafe;

use super::{Ledger, LedgerError, Tx};
use crate::args;

/// Filled by the schema itself.
const HOUSEKEEPING: &[&str] = &["_sqlx_migrations", "schema_floor", "ledger_identity", "sqlite_sequence"];

const SQLITE_TABLES: &str = "SELECT '', name FROM sqlite_master WHERE type = 'table' ORDER BY name";
const POSTGRES_TABLES: &str =
    "SELECT CAST(table_schema AS TEXT), CAST(table_name AS TEXT) FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2";

impl Ledger {
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
