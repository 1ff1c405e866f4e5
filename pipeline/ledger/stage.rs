//! Bulk hand-over of rows into a temporary table: COPY on PostgreSQL, multi-row VALUES on SQLite.
//!
//! From there plain SQL that both engines share does the work, set by set.

use sqlx::AssertSqlSafe;

use super::LedgerError;
use super::engine::{Arg, Tx, bound};
use super::patience::within;
use crate::limits::SQLITE_BOUND_VALUES;

/// Up to so many rows VALUES are quicker than COPY, whose last word waits for the network's timer
/// (about 40 ms); beyond it, plans are worth telling PostgreSQL how many rows there are.
const COPIED_ROWS: usize = 400;

/// The type of a staged column.
#[derive(Clone, Copy)]
pub enum Column {
    Int,
    Text,
    Bytes,
    Flag,
}

/// A temporary table: its name and columns never change, so its statements are cached.
pub struct Stage {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Column)],
}

impl Stage {
    fn ddl(&self, postgres: bool) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|(name, column)| {
                let kind = match (column, postgres) {
                    (Column::Int, _) => "BIGINT",
                    (Column::Text, _) => "TEXT",
                    (Column::Bytes, true) => "BYTEA",
                    (Column::Bytes, false) => "BLOB",
                    (Column::Flag, _) => "BOOLEAN",
                };
                format!("{name} {kind}")
            })
            .collect();
        format!("CREATE TEMPORARY TABLE IF NOT EXISTS {} ({})", self.name, columns.join(", "))
    }
}

/// Every temporary table there is, made once on each connection.
pub(super) fn ddl_of_all(postgres: bool) -> String {
    super::STAGES.iter().map(|stage| stage.ddl(postgres) + ";").collect()
}

impl Tx {
    /// Replaces the content of a temporary table by these rows. Each row has the stage's columns.
    pub async fn stage(&mut self, stage: &Stage, rows: Vec<Vec<Arg>>) -> Result<(), LedgerError> {
        let answer = self.answer();
        if self.is_postgres() {
            within(answer, stage.name, self.stage_postgres(stage, rows)).await
        } else {
            within(answer, stage.name, self.stage_sqlite(stage, rows)).await
        }
    }

    async fn stage_postgres(&mut self, stage: &Stage, rows: Vec<Vec<Arg>>) -> Result<(), sqlx::Error> {
        let Some(connection) = self.postgres() else { return Ok(()) };
        if rows.len() <= COPIED_ROWS {
            sqlx::query(AssertSqlSafe(format!("DELETE FROM {}", stage.name))).execute(&mut *connection).await?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut number = 0;
            let mut tuple = || {
                let places: Vec<String> = stage
                    .columns
                    .iter()
                    .map(|_| {
                        number += 1;
                        format!("${number}")
                    })
                    .collect();
                format!("({})", places.join(","))
            };
            let tuples: Vec<String> = rows.iter().map(|_| tuple()).collect();
            let sql = format!("INSERT INTO {} VALUES {}", stage.name, tuples.join(","));
            let query = sqlx::query(AssertSqlSafe(sql)).persistent(rows.len() == 1);
            bound!(query, rows.into_iter().flatten()).execute(&mut *connection).await?;
            return Ok(());
        }
        sqlx::raw_sql(AssertSqlSafe(format!("TRUNCATE {}", stage.name))).execute(&mut *connection).await?;
        let mut text = Vec::with_capacity(rows.len() * 256);
        for row in &rows {
            copy_line(row, &mut text);
        }
        let statement = format!("COPY {} FROM STDIN", stage.name);
        let mut copy = connection.copy_in_raw(&statement).await?;
        copy.send(text).await?;
        copy.finish().await?;
        sqlx::raw_sql(AssertSqlSafe(format!("ANALYZE {}", stage.name))).execute(&mut *connection).await?;
        Ok(())
    }

    async fn stage_sqlite(&mut self, stage: &Stage, rows: Vec<Vec<Arg>>) -> Result<(), sqlx::Error> {
        let Some(connection) = self.sqlite() else {
            return Ok(());
        };
        sqlx::query(AssertSqlSafe(stage.ddl(false))).execute(&mut *connection).await?;
        sqlx::query(AssertSqlSafe(format!("DELETE FROM {}", stage.name))).execute(&mut *connection).await?;
        let per_statement = SQLITE_BOUND_VALUES / stage.columns.len();
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let piece: Vec<Vec<Arg>> = rows.by_ref().take(per_statement).collect();
            let tuple = format!("({})", vec!["?"; stage.columns.len()].join(","));
            let sql = format!("INSERT INTO {} VALUES {}", stage.name, vec![tuple.as_str(); piece.len()].join(","));
            // Only whole pieces recur, so only their text is worth a place in the statement cache.
            let query = sqlx::query(AssertSqlSafe(sql)).persistent(piece.len() == per_statement);
            let query = bound!(query, piece.into_iter().flatten());
            query.execute(&mut *connection).await?;
        }
        Ok(())
    }
}

/// One line of COPY's text format.
fn copy_line(row: &[Arg], out: &mut Vec<u8>) {
    for (place, arg) in row.iter().enumerate() {
        if place > 0 {
            out.push(b'\t');
        }
        match arg {
            Arg::Int(Some(v)) => out.extend_from_slice(v.to_string().as_bytes()),
            Arg::Text(Some(v)) => copy_text(v.as_bytes(), out),
            Arg::Bytes(Some(v)) => {
                out.extend_from_slice(b"\\\\x");
                for byte in v {
                    const HEX: &[u8; 16] = b"0123456789abcdef";
                    out.push(HEX[usize::from(byte >> 4)]);
                    out.push(HEX[usize::from(byte & 15)]);
                }
            }
            Arg::Flag(v) => out.push(if *v { b't' } else { b'f' }),
            Arg::Int(None) | Arg::Text(None) | Arg::Bytes(None) => out.extend_from_slice(b"\\N"),
        }
    }
    out.push(b'\n');
}

fn copy_text(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            // PostgreSQL's text cannot hold NUL; intake quarantines such a message before it comes here.
            0 => {}
            other => out.push(other),
        }
    }
}
