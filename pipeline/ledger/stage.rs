//! Bulk hand-over of rows into a temporary table: one array a column on PostgreSQL, multi-row VALUES on
//! SQLite.
//!
//! From there plain SQL that both engines share does the work, set by set.

use sqlx::AssertSqlSafe;

use super::LedgerError;
use super::engine::{Arg, Tx, bound};
use super::patience::within;
use crate::limits::SQLITE_BOUND_VALUES;

/// Beyond so many rows plans are worth telling PostgreSQL how many there are.
const ANALYSED_ROWS: usize = 400;

/// The type of a staged column.
#[derive(Clone, Copy)]
pub enum Column {
    Int,
    Text,
    Bytes,
    Flag,
}

impl Column {
    const fn postgres(self) -> &'static str {
        match self {
            Column::Int => "BIGINT",
            Column::Text => "TEXT",
            Column::Bytes => "BYTEA",
            Column::Flag => "BOOLEAN",
        }
    }

    const fn sqlite(self) -> &'static str {
        match self {
            Column::Bytes => "BLOB",
            other => other.postgres(),
        }
    }
}

/// A temporary table: its name and columns never change, so its statements are cached.
pub struct Stage {
    pub name: &'static str,
    pub columns: Columns,
}

/// Names and types of columns, in the order of the rows' values.
pub(super) type Columns = &'static [(&'static str, Column)];

impl Stage {
    fn ddl(&self, postgres: bool) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|(name, column)| format!("{name} {}", if postgres { column.postgres() } else { column.sqlite() }))
            .collect();
        format!("CREATE TEMPORARY TABLE IF NOT EXISTS {} ({})", self.name, columns.join(", "))
    }
}

/// A table of the ledger, and the columns that rows are handed over for.
pub(super) struct Target {
    pub table: &'static str,
    pub columns: Columns,
}

impl Tx {
    /// Replaces the content of a temporary table by these rows. Each row has the stage's columns.
    pub async fn stage(&mut self, stage: &Stage, rows: Vec<Vec<Arg>>) -> Result<(), LedgerError> {
        within(self.answer(), stage.name, self.replace(stage, rows)).await
    }

    /// Tells PostgreSQL how much lies in a temporary table that was filled by statements.
    pub(super) async fn analyse(&mut self, stage: &Stage) -> Result<(), LedgerError> {
        if !self.is_postgres() {
            return Ok(());
        }
        within(self.answer(), stage.name, self.plain(&format!("ANALYZE {}", stage.name))).await
    }

    /// Adds rows to a table of the ledger. Each row has the target's columns.
    pub(super) async fn insert(&mut self, target: &Target, rows: Vec<Vec<Arg>>) -> Result<(), LedgerError> {
        let count = rows.len() as u64;
        within(self.answer(), target.table, self.pour(target.table, target.columns, rows)).await?;
        self.wrote(count);
        Ok(())
    }

    async fn replace(&mut self, stage: &Stage, rows: Vec<Vec<Arg>>) -> Result<(), sqlx::Error> {
        let many = rows.len() > ANALYSED_ROWS;
        let empty = if self.is_postgres() && many { "TRUNCATE" } else { "DELETE FROM" };
        // Made when it is first needed: a connection that made all of them at once would begin 80 ms late.
        self.plain(&format!("{}; {empty} {}", stage.ddl(self.is_postgres()), stage.name)).await?;
        self.pour(stage.name, stage.columns, rows).await?;
        if self.is_postgres() && many {
            self.plain(&format!("ANALYZE {}", stage.name)).await?;
        }
        Ok(())
    }

    async fn pour(&mut self, table: &str, columns: Columns, rows: Vec<Vec<Arg>>) -> Result<(), sqlx::Error> {
        if rows.is_empty() {
            return Ok(());
        }
        if self.is_postgres() {
            self.pour_into_postgres(table, columns, rows).await
        } else {
            self.pour_into_sqlite(table, columns, rows).await
        }
    }

    /// One statement, whatever the number of rows, so it is planned once. COPY is no quicker: its last
    /// word waits for the network's timer (about 40 ms), and bytes travel as text.
    async fn pour_into_postgres(
        &mut self,
        table: &str,
        columns: Columns,
        rows: Vec<Vec<Arg>>,
    ) -> Result<(), sqlx::Error> {
        let Some(connection) = self.postgres() else { return Ok(()) };
        let types = columns.iter().map(|(_, column)| column.postgres());
        let arrays: Vec<String> = types.zip(1..).map(|(kind, n)| format!("${n}::{kind}[]")).collect();
        let sql = format!("INSERT INTO {table} ({}) SELECT * FROM unnest({})", names(columns), arrays.join(","));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for values in values_of(table, columns, rows)? {
            query = match values {
                Values::Ints(values) => query.bind(values),
                Values::Texts(values) => query.bind(values),
                Values::Bytes(values) => query.bind(values),
                Values::Flags(values) => query.bind(values),
            };
        }
        query.execute(connection).await.map(|_| ())
    }

    async fn pour_into_sqlite(
        &mut self,
        table: &str,
        columns: Columns,
        rows: Vec<Vec<Arg>>,
    ) -> Result<(), sqlx::Error> {
        let Some(connection) = self.sqlite() else { return Ok(()) };
        let per_statement = SQLITE_BOUND_VALUES / columns.len();
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let piece: Vec<Vec<Arg>> = rows.by_ref().take(per_statement).collect();
            let tuple = format!("({})", vec!["?"; columns.len()].join(","));
            let tuples = vec![tuple.as_str(); piece.len()].join(",");
            let sql = format!("INSERT INTO {table} ({}) VALUES {tuples}", names(columns));
            // Only whole pieces recur, so only their text is worth a place in the statement cache.
            let query = sqlx::query(AssertSqlSafe(sql)).persistent(piece.len() == per_statement);
            let query = bound!(query, piece.into_iter().flatten());
            query.execute(&mut *connection).await?;
        }
        Ok(())
    }
}

fn names(columns: Columns) -> String {
    columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",")
}

/// The values of one column.
enum Values {
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Flags(Vec<Option<bool>>),
}

impl Values {
    fn push_null(&mut self) {
        match self {
            Values::Ints(values) => values.push(None),
            Values::Texts(values) => values.push(None),
            Values::Bytes(values) => values.push(None),
            Values::Flags(values) => values.push(None),
        }
    }
}

/// Rows turned into columns. A null may be of any kind; another value must be of its column's.
fn values_of(table: &str, columns: Columns, rows: Vec<Vec<Arg>>) -> Result<Vec<Values>, sqlx::Error> {
    let empty = |(_, column): &(&str, Column)| match column {
        Column::Int => Values::Ints(Vec::with_capacity(rows.len())),
        Column::Text => Values::Texts(Vec::with_capacity(rows.len())),
        Column::Bytes => Values::Bytes(Vec::with_capacity(rows.len())),
        Column::Flag => Values::Flags(Vec::with_capacity(rows.len())),
    };
    let mut values: Vec<Values> = columns.iter().map(empty).collect();
    for row in rows {
        for (values, arg) in values.iter_mut().zip(row) {
            match (values, arg) {
                (Values::Ints(values), Arg::Int(value)) => values.push(value),
                (Values::Texts(values), Arg::Text(value)) => values.push(value.map(without_nul)),
                (Values::Bytes(values), Arg::Bytes(value)) => values.push(value),
                (Values::Flags(values), Arg::Flag(value)) => values.push(Some(value)),
                (values, Arg::Int(None) | Arg::Text(None) | Arg::Bytes(None)) => values.push_null(),
                _ => return Err(sqlx::Error::Encode(format!("a value of another kind for {table}").into())),
            }
        }
    }
    Ok(values)
}

/// PostgreSQL's text cannot hold NUL; intake quarantines such a message before it comes here.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}
