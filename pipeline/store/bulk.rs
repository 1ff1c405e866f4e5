//! Bulk hand-over of rows into a table: COPY in binary on PostgreSQL, or one array a column where it refuses that;
//! multi-row VALUES on SQLite.
//!
//! From temporary tables plain SQL that both engines share does the work, set by set.

use sqlx::AssertSqlSafe;

use super::LedgerError;
use super::args::{Arg, Column, bound};
use super::bulk_row::{BulkRow, ColumnValues, Columns};
use super::engine::Tx;
use super::rows::Row;
use crate::limits::{SQLITE_BOUND_VALUES, SQLITE_ROWS_AT_ONCE};

/// Beyond so many rows plans are worth telling PostgreSQL how many there are.
const ANALYSED_ROWS: usize = 400;

/// What a binary COPY begins and ends with: its signature, no flags, nothing more to say; a row of no fields.
pub(super) const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const COPY_END: [u8; 2] = (-1_i16).to_be_bytes();
/// A COPY is sent in pieces of about so many bytes.
const COPIED_BYTES: usize = 256 * 1024;

/// Binds columns of values in order.
macro_rules! with_columns {
    ($query:expr, $columns:expr) => {{
        let mut query = $query;
        for values in $columns {
            query = match values {
                ColumnValues::Ints(values) => query.bind(values),
                ColumnValues::Texts(values) => query.bind(values),
                ColumnValues::Bytes(values) => query.bind(values),
                ColumnValues::Flags(values) => query.bind(values),
            };
        }
        query
    }};
}

/// Values that all rows handed over together have.
struct Alike {
    columns: Columns,
    values: Vec<Arg>,
}

impl Alike {
    const NOTHING: Alike = Alike { columns: &[], values: Vec::new() };
}

impl Tx {
    /// Replaces the content of a temporary table by these rows.
    pub async fn stage<R: BulkRow>(&mut self, rows: Vec<R>) -> Result<(), LedgerError> {
        if let Some(given) = self.given() {
            given.stage(rows);
            return Ok(());
        }
        self.waiting().within(R::TABLE, self.replace(rows)).await
    }

    /// Empties a temporary table, and makes it where it is not there yet.
    pub async fn clear<R: BulkRow>(&mut self) -> Result<(), LedgerError> {
        self.stage(Vec::<R>::new()).await
    }

    /// Writes so many rows, or nothing: where a row with a key of theirs is there already, or another number would be
    /// written, what the statement did is taken back.
    pub(crate) async fn run_whole(
        &mut self,
        sql: &'static str,
        args: Vec<Arg>,
        rows: u64,
    ) -> Result<bool, LedgerError> {
        self.script("SAVEPOINT whole").await?;
        let is_whole = match self.scratch(sql, args).await {
            Ok(written) => written == rows,
            Err(error) if error.is_known_key() => false,
            Err(error) => return Err(error),
        };
        self.script(if is_whole {
            "RELEASE SAVEPOINT whole"
        } else {
            "ROLLBACK TO SAVEPOINT whole; RELEASE SAVEPOINT whole"
        })
        .await?;
        self.wrote(if is_whole { rows } else { 0 });
        Ok(is_whole)
    }

    /// Tells PostgreSQL how much lies in a temporary table that was filled by statements.
    pub(crate) async fn analyse<R: BulkRow>(&mut self) -> Result<(), LedgerError> {
        if !self.is_postgres() || self.given().is_some() {
            return Ok(());
        }
        self.waiting().within(R::TABLE, self.plain(&format!("ANALYZE {}", R::TABLE))).await
    }

    /// Adds rows to a table of the ledger.
    pub(crate) async fn insert<R: BulkRow>(&mut self, rows: Vec<R>) -> Result<(), LedgerError> {
        self.add(Alike::NOTHING, rows).await
    }

    /// Adds rows to a table of the ledger: their own columns, and those that are alike in all of them.
    pub(crate) async fn insert_alike<A: BulkRow, R: BulkRow>(
        &mut self,
        alike: A,
        rows: Vec<R>,
    ) -> Result<(), LedgerError> {
        self.add(Alike { columns: A::COLUMNS, values: alike.values().into_iter().collect() }, rows).await
    }

    async fn add<R: BulkRow>(&mut self, alike: Alike, rows: Vec<R>) -> Result<(), LedgerError> {
        let count = rows.len() as u64;
        self.waiting().within(R::TABLE, self.pour(alike, rows)).await?;
        self.wrote(count);
        Ok(())
    }

    /// Reads with rows that are given beside the ledger's: `sql` says what, and gets what to read them from.
    /// PostgreSQL takes them with the statement, which costs less than a table; its plans know nothing of them.
    pub(crate) async fn rows_given<R: BulkRow, T: Row>(
        &mut self,
        rows: Vec<R>,
        sql: impl Fn(&str) -> String + Send,
    ) -> Result<Vec<T>, LedgerError> {
        if !self.is_postgres() {
            self.stage(rows).await?;
            return self.waiting().within(R::TABLE, self.read_staged(sql(R::TABLE))).await;
        }
        self.waiting().within(R::TABLE, self.read_given(rows, sql)).await
    }

    async fn read_staged<T: Row>(&mut self, sql: String) -> Result<Vec<T>, sqlx::Error> {
        let Some(connection) = self.sqlite() else { return Ok(Vec::new()) };
        sqlx::query_as::<_, T>(AssertSqlSafe(sql)).fetch_all(connection).await
    }

    async fn read_given<R: BulkRow, T: Row>(
        &mut self,
        rows: Vec<R>,
        sql: impl Fn(&str) -> String,
    ) -> Result<Vec<T>, sqlx::Error> {
        let Some(connection) = self.postgres() else { return Ok(Vec::new()) };
        let given = format!("{} AS {}({})", unnested(R::COLUMNS), R::TABLE, names(R::COLUMNS, &[]));
        let query = sqlx::query_as::<_, T>(AssertSqlSafe(sql(&given)));
        with_columns!(query, R::by_column(rows)).fetch_all(connection).await
    }

    async fn replace<R: BulkRow>(&mut self, rows: Vec<R>) -> Result<(), sqlx::Error> {
        let many = rows.len() > ANALYSED_ROWS;
        let empty = if self.is_postgres() && many { "TRUNCATE" } else { "DELETE FROM" };
        // Made when it is first needed: a connection that made all of them at once would begin 80 ms late.
        let sql = format!("{}; {empty} {}", ddl::<R>(self.is_postgres()), R::TABLE);
        if let Some(connection) = self.sqlite() {
            // Not as `plain` does: it would be parsed each time.
            sqlx::query(AssertSqlSafe(sql)).execute(connection).await?;
        } else {
            self.plain(&sql).await?;
        }
        self.pour(Alike::NOTHING, rows).await?;
        if self.is_postgres() && many {
            // What is encrypted or hashed is told from everything else; to sort it takes longest.
            let told = R::COLUMNS.iter().filter(|(_, column)| *column != Column::Bytes).map(|(name, _)| *name);
            self.plain(&format!("ANALYZE {} ({})", R::TABLE, told.collect::<Vec<_>>().join(","))).await?;
        }
        Ok(())
    }

    async fn pour<R: BulkRow>(&mut self, alike: Alike, rows: Vec<R>) -> Result<(), sqlx::Error> {
        if rows.is_empty() {
            return Ok(());
        }
        if self.copies() {
            self.copy_into_postgres(alike, rows).await
        } else if self.is_postgres() {
            self.pour_into_postgres(alike, rows).await
        } else {
            self.pour_into_sqlite(alike, rows).await
        }
    }

    /// Piece by piece, so that the server writes rows while the next are made ready here.
    async fn copy_into_postgres<R: BulkRow>(&mut self, alike: Alike, rows: Vec<R>) -> Result<(), sqlx::Error> {
        let Some(connection) = self.postgres() else { return Ok(()) };
        let sql = format!("COPY {} ({}) FROM STDIN (FORMAT binary)", R::TABLE, names(R::COLUMNS, alike.columns));
        let fields = ((R::COLUMNS.len() + alike.columns.len()) as i16).to_be_bytes();
        let mut same = Vec::new();
        alike.values.iter().for_each(|value| value.copy(&mut same));
        let mut copy = connection.copy_in_raw(&sql).await?;
        let mut piece = COPY_HEADER.to_vec();
        for row in rows {
            piece.extend_from_slice(&fields);
            row.copy(&mut piece);
            piece.extend_from_slice(&same);
            if piece.len() > COPIED_BYTES {
                copy.send(&*piece).await?;
                piece.clear();
            }
        }
        piece.extend_from_slice(&COPY_END);
        copy.send(piece).await?;
        copy.finish().await.map(|_| ())
    }

    /// One statement, whatever the number of rows, so it is planned once.
    async fn pour_into_postgres<R: BulkRow>(&mut self, alike: Alike, rows: Vec<R>) -> Result<(), sqlx::Error> {
        let Some(connection) = self.postgres() else { return Ok(()) };
        let numbered = alike.columns.iter().zip(R::COLUMNS.len() + 1..);
        let values: String = numbered.map(|((_, column), n)| format!(", ${n}::{}", column.postgres())).collect();
        let (names, unnested) = (names(R::COLUMNS, alike.columns), unnested(R::COLUMNS));
        let sql = format!("INSERT INTO {} ({names}) SELECT u.*{values} FROM {unnested} u", R::TABLE);
        let query = with_columns!(sqlx::query(AssertSqlSafe(sql)), R::by_column(rows));
        bound!(query, alike.values).execute(connection).await.map(|_| ())
    }

    async fn pour_into_sqlite<R: BulkRow>(&mut self, alike: Alike, rows: Vec<R>) -> Result<(), sqlx::Error> {
        let Some(connection) = self.sqlite() else { return Ok(()) };
        let columns = R::COLUMNS.len() + alike.columns.len();
        let per_statement = (SQLITE_BOUND_VALUES / columns).min(SQLITE_ROWS_AT_ONCE);
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let piece: Vec<R> = rows.by_ref().take(per_statement).collect();
            let tuple = format!("({})", vec!["?"; columns].join(","));
            let tuples = vec![tuple.as_str(); piece.len()].join(",");
            let sql = format!("INSERT INTO {} ({}) VALUES {tuples}", R::TABLE, names(R::COLUMNS, alike.columns));
            // Only whole pieces recur, so only their text is worth a place in the statement cache.
            let query = sqlx::query(AssertSqlSafe(sql)).persistent(piece.len() == per_statement);
            let whole = piece.into_iter().flat_map(|row| row.values().into_iter().chain(alike.values.iter().cloned()));
            let query = bound!(query, whole);
            query.execute(&mut *connection).await?;
        }
        Ok(())
    }
}

fn ddl<R: BulkRow>(postgres: bool) -> String {
    let columns: Vec<String> = R::COLUMNS
        .iter()
        .map(|(name, column)| format!("{name} {}", if postgres { column.postgres() } else { column.sqlite() }))
        .collect();
    format!("CREATE TEMPORARY TABLE IF NOT EXISTS {} ({})", R::TABLE, columns.join(", "))
}

/// Rows of PostgreSQL, one array a column, the first parameters of a statement.
fn unnested(columns: Columns) -> String {
    let kinds = columns.iter().zip(1..).map(|((_, column), n)| format!("${n}::{}[]", column.postgres()));
    format!("unnest({})", kinds.collect::<Vec<_>>().join(","))
}

fn names(columns: Columns, alike: Columns) -> String {
    columns.iter().chain(alike).map(|(name, _)| *name).collect::<Vec<_>>().join(",")
}
