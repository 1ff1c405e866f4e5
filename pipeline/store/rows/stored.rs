//! Rows of a table from end to end, as they are stored: for what looks at all of them. They come one by one.

use futures_util::StreamExt;
use sqlx::{AssertSqlSafe, Row, SqliteConnection, TypeInfo, ValueRef};
use tokio::task::yield_now;

use super::{RowError, SqliteRow};
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
        let row = row?;
        let fields: Result<Vec<_>, RowError> = (0..row.len()).map(|at| field(&row, at)).collect();
        each(&fields?);
    }
    Ok(())
}

/// On SQLite any value may stand in any column: it is read as what it is.
fn field(row: &SqliteRow, at: usize) -> Result<Field<'_>, RowError> {
    let raw = row.try_get_raw(at)?;
    Ok(match raw.type_info().name() {
        _ if raw.is_null() => Field::Null,
        "TEXT" => row.try_get::<&str, _>(at)?.into(),
        "BLOB" => Field::Bytes(row.try_get::<&[u8], _>(at)?),
        "BOOLEAN" => i64::from(row.try_get::<bool, _>(at)?).into(),
        _ => row.try_get::<i64, _>(at)?.into(),
    })
}
