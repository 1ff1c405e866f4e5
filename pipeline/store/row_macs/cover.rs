//! Rows that a statement wrote are read back and covered; and covered rows are read to be compared.

use std::iter::zip;

use super::catalog::Covered;
use super::key::{Field, RowKey};
use crate::store::rows::{FromRow, PgRow, RowError, SqliteRow, StoredRow};
use crate::store::{Arg, LedgerError, Tx};
use crate::{args, bulk_row};

/// So many rows are covered one by one; more, in one statement.
const FEW_ROWS: usize = 8;
/// What most rows are written in.
const WRITTEN_BYTES: usize = 512;
/// Rows read at a time.
const ROWS_PER_PAGE: i64 = 5_000;

/// A row as it stands in its table, written as its digest covers it: its key columns first; the last column is its
/// digest.
#[derive(Default)]
pub struct Fields {
    written: Vec<u8>,
    /// The first two columns, where they are numbers.
    key: [i64; 2],
    stored: Option<i64>,
}

/// What a row says about itself, and what the key says about it.
pub struct StoredMac {
    /// The values of its key columns.
    pub key: Vec<i64>,
    pub stored: Option<i64>,
    pub reckoned: i64,
}

bulk_row! {
    /// A digest on its way into a row, by the one or two numbers that name the row.
    struct NewMac in "row_mac" { a: i64, b: Option<i64>, mac: i64 }
}

impl StoredMac {
    fn staged(&self) -> NewMac {
        let mut key = self.key.iter().copied();
        NewMac { a: key.next().unwrap_or_default(), b: key.next(), mac: self.reckoned }
    }
}

macro_rules! fields_of {
    ($row:ident) => {
        impl<'r> FromRow<'r, $row> for Fields {
            fn from_row(row: &'r $row) -> Result<Self, RowError> {
                row.fields().map(|stored| Fields::of(&stored))
            }
        }
    };
}

fields_of!(PgRow);
fields_of!(SqliteRow);

impl Fields {
    /// Of the values of a row, its digest the last of them.
    fn of(stored: &[Field<'_>]) -> Fields {
        let mut fields = Fields::default();
        if let Some((mac, covered)) = stored.split_last() {
            fields.written.reserve(WRITTEN_BYTES);
            covered.iter().enumerate().for_each(|(at, field)| fields.add(at, field));
            // On SQLite anything may have been put there; it is no digest.
            fields.stored = if let Field::Int(mac) = mac { Some(*mac) } else { None };
        }
        fields
    }

    fn add(&mut self, at: usize, field: &Field<'_>) {
        if let (Some(key), Field::Int(number)) = (self.key.get_mut(at), field) {
            *key = *number;
        }
        field.write(|bytes| self.written.extend_from_slice(bytes));
    }

    fn compared(self, covered: &Covered, key: &RowKey) -> StoredMac {
        let reckoned = key.mac(covered.table).written(&self.written).end();
        StoredMac { key: self.key.iter().take(covered.key.len()).copied().collect(), stored: self.stored, reckoned }
    }
}

impl Covered {
    /// The columns by which a row is compared: its key, what is covered besides, and its digest.
    pub fn stored(&self) -> Vec<&'static str> {
        [self.key, self.columns, &["mac"]].concat()
    }

    /// The rows `x` a run of the books looks at: all, or those touched.
    pub fn rows(&self, whole: bool) -> String {
        let touched = if whole || self.touched.is_empty() { "TRUE" } else { self.touched };
        format!("{} x WHERE {touched}", self.table)
    }

    /// What a row says about itself, and what the key says: of the values of the columns it is compared by.
    pub fn compared(&self, key: &RowKey, stored: &[Field<'_>]) -> StoredMac {
        Fields::of(stored).compared(self, key)
    }

    /// A SELECT of covered rows that fulfil a condition.
    fn select(&self, condition: &str) -> String {
        format!("SELECT {} FROM {} WHERE {condition}", self.stored().join(", "), self.table)
    }

    fn assign_staged(&self) -> String {
        let keys: Vec<_> =
            zip(self.key, ["a", "b"]).map(|(column, of)| format!("{}.{column} = g.{of}", self.table)).collect();
        format!("UPDATE {} SET mac = g.mac FROM row_mac g WHERE {}", self.table, keys.join(" AND "))
    }

    fn assign(&self) -> String {
        let keys: Vec<_> = zip(self.key, 2..).map(|(column, n)| format!("{column} = ${n}")).collect();
        format!("UPDATE {} SET mac = $1 WHERE {}", self.table, keys.join(" AND "))
    }
}

impl Tx {
    /// Covers rows that a statement of this transaction wrote: those that fulfil the condition. Without a key
    /// they stay as they are, and the books name them.
    pub async fn cover(&mut self, covered: &Covered, condition: &str, args: Vec<Arg>) -> Result<(), LedgerError> {
        let Some(key) = self.row_key() else { return Ok(()) };
        self.bind(covered, &key, condition, args.clone()).await?;
        let rows = self.rows_built::<Fields>(covered.select(condition), args).await?;
        let rows = rows.into_iter().map(|row| row.compared(covered, &key));
        let rows: Vec<_> = rows.filter(|row| row.stored != Some(row.reckoned)).collect();
        self.assign(covered, rows).await
    }

    /// Writes the digests of these rows.
    pub(super) async fn assign(&mut self, covered: &Covered, rows: Vec<StoredMac>) -> Result<(), LedgerError> {
        if rows.len() > FEW_ROWS {
            self.stage(rows.iter().map(StoredMac::staged).collect()).await?;
            self.run_built(covered.assign_staged(), args![]).await?;
            return Ok(());
        }
        for row in rows {
            let args = args![row.reckoned].into_iter().chain(row.key.into_iter().map(Arg::from)).collect();
            self.run_built(covered.assign(), args).await?;
        }
        Ok(())
    }

    /// Binds the records of these rows to them.
    async fn bind(
        &mut self,
        covered: &Covered,
        key: &RowKey,
        condition: &str,
        args: Vec<Arg>,
    ) -> Result<(), LedgerError> {
        let (Some(column), Some(id)) = (covered.record, covered.key.first()) else { return Ok(()) };
        let sql = format!("SELECT {id}, {column} FROM {} WHERE {condition}", covered.table);
        for (row, record) in self.rows_built::<(i64, Vec<u8>)>(sql, args).await? {
            let bound = key.bound(covered.table, row, record.clone());
            if bound != record {
                let sql = format!("UPDATE {} SET {column} = $1 WHERE {id} = $2", covered.table);
                self.run_built(sql, args![bound, row]).await?;
            }
        }
        Ok(())
    }

    /// Covers the row of this id.
    pub async fn cover_one(&mut self, covered: &Covered, id: i64) -> Result<(), LedgerError> {
        let condition = format!("{} = $1", covered.key.first().unwrap_or(&"id"));
        self.cover(covered, &condition, args![id]).await
    }

    /// Fails when the row of this id is not as it was written: nothing may be done on its word.
    pub async fn trust(&mut self, covered: &Covered, id: i64) -> Result<(), LedgerError> {
        self.trust_those(covered, "id = $1", args![id]).await
    }

    /// The same of every row that fulfils the condition.
    pub async fn trust_those(&mut self, covered: &Covered, condition: &str, args: Vec<Arg>) -> Result<(), LedgerError> {
        let Some(key) = self.row_key() else { return Ok(()) };
        let rows = self.rows_built::<Fields>(covered.select(condition), args).await?;
        let changed =
            rows.into_iter().map(|row| row.compared(covered, &key)).find(|row| row.stored != Some(row.reckoned));
        match changed {
            Some(row) => {
                Err(LedgerError::ChangedRow { table: covered.table, id: row.key.first().copied().unwrap_or_default() })
            }
            None => Ok(()),
        }
    }

    /// Whether the row of this id is as it was written; without a key nobody knows better.
    pub async fn stands(&mut self, covered: &Covered, id: i64) -> Result<bool, LedgerError> {
        let Some(key) = self.row_key() else { return Ok(true) };
        let rows = self.rows_built::<Fields>(covered.select("id = $1"), args![id]).await?;
        Ok(rows.into_iter().map(|row| row.compared(covered, &key)).all(|row| row.stored == Some(row.reckoned)))
    }

    /// A page of covered rows, beginning after the row of this key, with what their key says.
    pub(super) async fn page_compared(
        &mut self,
        covered: &Covered,
        key: &RowKey,
        after: &[i64],
    ) -> Result<Vec<StoredMac>, LedgerError> {
        let names = covered.key.join(", ");
        let places: Vec<_> = zip(covered.key, 1..).map(|(_, n)| format!("${n}")).collect();
        let sql =
            covered.select(&format!("({names}) > ({}) ORDER BY {names} LIMIT {ROWS_PER_PAGE}", places.join(", ")));
        let after = after.iter().copied().map(Arg::from).collect();
        let rows = self.rows_built::<Fields>(sql, after).await?;
        Ok(rows.into_iter().map(|row| row.compared(covered, key)).collect())
    }
}
