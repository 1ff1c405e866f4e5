//! Bulk hand-over of rows into a temporary table: one array a column on PostgreSQL, multi-row VALUES on
//! SQLite.
//!
//! From there plain SQL that both engines share does the work, set by set.

use sqlx::AssertSqlSafe;

use super::LedgerError;
use super::args::{Arg, bound};
use super::engine::{Row, Tx};
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
    pub(crate) const fn postgres(self) -> &'static str {
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
pub struct StagingTable {
    pub name: &'static str,
    pub columns: Columns,
}

/// Binds columns of values in order.
macro_rules! with_columns {
    ($query:expr, $columns:expr) => {{
        let mut query = $query;
        for values in $columns {
            query = match values {
                Values::Ints(values) => query.bind(values),
                Values::Texts(values) => query.bind(values),
                Values::Bytes(values) => query.bind(values),
                Values::Flags(values) => query.bind(values),
            };
        }
        query
    }};
}

/// Names and types of columns, in the order of the rows' values.
pub(crate) type Columns = &'static [(&'static str, Column)];

impl StagingTable {
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
pub(crate) struct Target {
    pub table: &'static str,
    pub columns: Columns,
    /// Columns that have one value in all rows handed over together.
    pub alike: Columns,
}

impl Tx {
    /// Replaces the content of a temporary table by these rows. Each row has the stage's columns.
    pub async fn stage(&mut self, stage: &StagingTable, rows: Vec<Vec<Arg>>) -> Result<(), LedgerError> {
        if let Some(given) = self.given() {
            given.stage(stage, &rows);
            return Ok(());
        }
        self.waiting().within(stage.name, self.replace(stage, rows)).await
    }

    /// Tells PostgreSQL how much lies in a temporary table that was filled by statements.
    pub(crate) async fn analyse(&mut self, stage: &StagingTable) -> Result<(), LedgerError> {
        if !self.is_postgres() || self.given().is_some() {
            return Ok(());
        }
        self.waiting().within(stage.name, self.plain(&format!("ANALYZE {}", stage.name))).await
    }

    /// Adds rows to a table of the ledger. Each row has the target's columns; `alike` are the values of those
    /// that have one.
    pub(crate) async fn insert(
        &mut self,
        target: &Target,
        alike: Vec<Arg>,
        rows: Vec<Vec<Arg>>,
    ) -> Result<(), LedgerError> {
        let count = rows.len() as u64;
        self.waiting().within(target.table, self.pour(target, alike, rows)).await?;
        self.wrote(count);
        Ok(())
    }

    /// Reads with rows that are given beside the ledger's: `sql` says what, and gets what to read them from.
    /// PostgreSQL takes them with the statement, which costs less than a table; its plans know nothing of them.
    pub(crate) async fn rows_given<T: Row>(
        &mut self,
        stage: &StagingTable,
        rows: Vec<Vec<Arg>>,
        sql: impl Fn(&str) -> String + Send,
    ) -> Result<Vec<T>, LedgerError> {
        if !self.is_postgres() {
            self.stage(stage, rows).await?;
            return self.waiting().within(stage.name, self.read_staged(sql(stage.name))).await;
        }
        self.waiting().within(stage.name, self.read_given(stage, rows, sql)).await
    }

    async fn read_staged<T: Row>(&mut self, sql: String) -> Result<Vec<T>, sqlx::Error> {
        let Some(connection) = self.sqlite() else { return Ok(Vec::new()) };
        sqlx::query_as::<_, T>(AssertSqlSafe(sql)).fetch_all(connection).await
    }

    async fn read_given<T: Row>(
        &mut self,
        stage: &StagingTable,
        rows: Vec<Vec<Arg>>,
        sql: impl Fn(&str) -> String,
    ) -> Result<Vec<T>, sqlx::Error> {
        let Some(connection) = self.postgres() else { return Ok(Vec::new()) };
        let columns: Vec<&str> = stage.columns.iter().map(|(name, _)| *name).collect();
        let given = format!("{} AS {}({})", unnested(stage.columns), stage.name, columns.join(","));
        let query = sqlx::query_as::<_, T>(AssertSqlSafe(sql(&given)));
        with_columns!(query, values_of(stage.name, stage.columns, rows)?).fetch_all(connection).await
    }

    async fn replace(&mut self, stage: &StagingTable, rows: Vec<Vec<Arg>>) -> Result<(), sqlx::Error> {
        let many = rows.len() > ANALYSED_ROWS;
        let empty = if self.is_postgres() && many { "TRUNCATE" } else { "DELETE FROM" };
        // Made when it is first needed: a connection that made all of them at once would begin 80 ms late.
        self.plain(&format!("{}; {empty} {}", stage.ddl(self.is_postgres()), stage.name)).await?;
        self.pour(&Target { table: stage.name, columns: stage.columns, alike: &[] }, Vec::new(), rows).await?;
        if self.is_postgres() && many {
            self.plain(&format!("ANALYZE {}", stage.name)).await?;
        }
        Ok(())
    }

    async fn pour(&mut self, target: &Target, alike: Vec<Arg>, rows: Vec<Vec<Arg>>) -> Result<(), sqlx::Error> {
        if rows.is_empty() {
            return Ok(());
        }
        if self.is_postgres() {
            self.pour_into_postgres(target, alike, rows).await
        } else {
            self.pour_into_sqlite(target, alike, rows).await
        }
    }

    /// One statement, whatever the number of rows, so it is planned once. COPY is no quicker: its last
    /// word waits for the network's timer (about 40 ms), and bytes travel as text.
    async fn pour_into_postgres(
        &mut self,
        target: &Target,
        alike: Vec<Arg>,
        rows: Vec<Vec<Arg>>,
    ) -> Result<(), sqlx::Error> {
        let Some(connection) = self.postgres() else { return Ok(()) };
        let Target { table, columns, .. } = target;
        let numbered = target.alike.iter().zip(columns.len() + 1..);
        let values: String = numbered.map(|((_, column), n)| format!(", ${n}::{}", column.postgres())).collect();
        let sql = format!("INSERT INTO {table} ({}) SELECT u.*{values} FROM {} u", names(target), unnested(columns));
        let query = with_columns!(sqlx::query(AssertSqlSafe(sql)), values_of(table, columns, rows)?);
        bound!(query, alike).execute(connection).await.map(|_| ())
    }

    async fn pour_into_sqlite(
        &mut self,
        target: &Target,
        alike: Vec<Arg>,
        rows: Vec<Vec<Arg>>,
    ) -> Result<(), sqlx::Error> {
        let Some(connection) = self.sqlite() else { return Ok(()) };
        let columns = target.columns.len() + target.alike.len();
        let per_statement = SQLITE_BOUND_VALUES / columns;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let piece: Vec<Vec<Arg>> = rows.by_ref().take(per_statement).collect();
            let tuple = format!("({})", vec!["?"; columns].join(","));
            let tuples = vec![tuple.as_str(); piece.len()].join(",");
            let sql = format!("INSERT INTO {} ({}) VALUES {tuples}", target.table, names(target));
            // Only whole pieces recur, so only their text is worth a place in the statement cache.
            let query = sqlx::query(AssertSqlSafe(sql)).persistent(piece.len() == per_statement);
            let whole = piece.into_iter().flat_map(|row| row.into_iter().chain(alike.iter().cloned()));
            let query = bound!(query, whole);
            query.execute(&mut *connection).await?;
        }
        Ok(())
    }
}

/// Rows of PostgreSQL, one array a column, the first parameters of a statement.
fn unnested(columns: Columns) -> String {
    let kinds = columns.iter().zip(1..).map(|((_, column), n)| format!("${n}::{}[]", column.postgres()));
    format!("unnest({})", kinds.collect::<Vec<_>>().join(","))
}

fn names(target: &Target) -> String {
    target.columns.iter().chain(target.alike).map(|(name, _)| *name).collect::<Vec<_>>().join(",")
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
