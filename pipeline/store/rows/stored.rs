//! Rows of a table from end to end, as they are stored: for what looks at all of them. They come one by one.

use futures_util::StreamExt;
use sqlx::{AssertSqlSafe, Row, SqliteConnection, TypeInfo, ValueRef};
use tokio::task::yield_now;

use super::{PgRow, RowError, SqliteRow};
use crate::limits::ROWS_AT_A_STRETCH;
use crate::store::postgres::copied_out;
use crate::store::row_macs::Field;
use crate::store::{LedgerError, Tx};

impl Tx {
    /// The values of these columns of rows `x`, as `rows` names them. Names and rows are ours, never a sender's.
    pub(crate) async fn each_stored(
        &mut self,
        columns: &[&str],
        rows: &str,
        each: impl FnMut(&[Field<'_>]) + Send,
    ) -> Result<(), LedgerError> {
        let columns: Vec<_> = columns.iter().map(|column| format!("x.\"{column}\"")).collect();
        let sql = format!("SELECT {} FROM {rows}", columns.join(", "));
        let sql = self.given().map_or(sql.clone(), |given| given.before(&sql));
        let (waiting, statement) = (self.waiting(), sql.clone());
        let asked = async {
            if let Some(connection) = self.sqlite() {
                return each_of_sqlite(connection, sql, each).await;
            }
            copied_out::each(self.postgres().ok_or(RowError::PoolClosed)?, &sql, each).await
        };
        let read = waiting.within(&statement, asked).await;
        if read.is_err() {
            // The library does not read what follows a COPY that is refused before it begins (sqlx 0.9.0): the next
            // statement would be given the answer to this one.
            self.forget_session();
        }
        read
    }
}

async fn each_of_sqlite(
    connection: &mut SqliteConnection,
    sql: String,
    mut each: impl FnMut(&[Field<'_>]),
) -> Result<(), RowError> {
    let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection).enumerate();
    while let Some((at, row)) = rows.next().await {
        if at % ROWS_AT_A_STRETCH == ROWS_AT_A_STRETCH - 1 {
            yield_now().await;
        }
        each(&row?.fields()?);
    }
    Ok(())
}

/// A row whose values are read as what they are, whatever its columns are called.
pub(in crate::store) trait StoredRow {
    /// Its values, in the order of its columns.
    fn fields(&self) -> Result<Vec<Field<'_>>, RowError>;
}

macro_rules! stored_row {
    ($row:ident) => {
        impl StoredRow for $row {
            fn fields(&self) -> Result<Vec<Field<'_>>, RowError> {
                let field = |at| {
                    let raw = self.try_get_raw(at)?;
                    Ok(match raw.type_info().name() {
                        _ if raw.is_null() => Field::Null,
                        "TEXT" | "VARCHAR" => self.try_get::<&str, _>(at)?.into(),
                        "BLOB" | "BYTEA" => Field::Bytes(self.try_get::<&[u8], _>(at)?),
                        "BOOLEAN" | "BOOL" => i64::from(self.try_get::<bool, _>(at)?).into(),
                        // On SQLite anything may have been put there: what we never write is like nothing we wrote.
                        "REAL" => Field::Bytes(self.try_get_unchecked::<&[u8], _>(at)?),
                        _ => self.try_get::<i64, _>(at)?.into(),
                    })
                };
                (0..self.len()).map(field).collect()
            }
        }
    };
}

stored_row!(PgRow);
stored_row!(SqliteRow);

#[cfg(test)]
mod tests {
    use sqlx::Connection;

    use super::*;

    #[tokio::test]
    async fn a_value_is_read_as_what_it_is() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let row = sqlx::query("SELECT 7, 'text', x'00ff', NULL, 1.5").fetch_one(&mut connection).await.unwrap();
        let fields = row.fields().unwrap();
        let [Field::Int(7), Field::Bytes(b"text"), Field::Bytes(b"\x00\xff"), Field::Null, Field::Bytes(real)] =
            fields[..]
        else {
            panic!("other values");
        };
        assert!(!real.is_empty(), "a number that we never write is no number and not nothing");
    }
}
