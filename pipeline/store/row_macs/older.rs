//! Rows of the version before, which covered none: covered once, as they stand.
//!
//! Invariant: never a second time. Whoever takes digests away by SQL must not get new ones made for what they changed.

use jiff::Timestamp;

use super::catalog::{COVERED, Covered};
use super::key::RowKey;
use crate::args;
use crate::store::{Ledger, LedgerError, Tx};

const KEYED_SEALS: &str = "SELECT count(*) FROM (SELECT no FROM seal WHERE digest LIKE 'keyed:%' LIMIT 1) s";

const BEGUN: &str = "SELECT count(*) FROM rows_covered";

impl Ledger {
    /// Covers the rows of a ledger that has no covered row yet; returns how many.
    pub async fn cover_older_rows(&self, key: &RowKey, at: Timestamp) -> Result<i64, LedgerError> {
        if self.read().await?.number(BEGUN, args![]).await? > 0 {
            return Ok(0);
        }
        let mut tx = self.begin().await?;
        tx.without_hurry();
        // Workers that start at once wait here, and then find it done.
        tx.lock(COVERING_LOCK).await?;
        if tx.number(BEGUN, args![]).await? > 0 || tx.bears_digests().await? {
            return Ok(0);
        }
        let mut rows = 0;
        for covered in COVERED {
            rows += tx.cover_all(covered, key).await?;
        }
        tx.count_older().await?;
        let mac = begun_mac(key, at.as_microsecond(), rows);
        tx.run("INSERT INTO rows_covered (at, rows, mac) VALUES ($1, $2, $3)", args![at, rows, mac]).await?;
        tx.commit().await?;
        Ok(rows)
    }
}

/// Held while older rows are covered; any number that nothing else of ours uses.
const COVERING_LOCK: i64 = 0x526f_774d;

/// The digest of the row that says when covering began.
pub(crate) fn begun_mac(key: &RowKey, at: i64, rows: i64) -> i64 {
    key.mac("rows_covered").field(at).field(rows).end()
}

impl Tx {
    /// Whether any row, or the chain of history, was ever covered.
    async fn bears_digests(&mut self) -> Result<bool, LedgerError> {
        if self.number(KEYED_SEALS, args![]).await? > 0 {
            return Ok(true);
        }
        for covered in COVERED {
            let sql =
                format!("SELECT count(*) FROM (SELECT mac FROM {} WHERE mac IS NOT NULL LIMIT 1) m", covered.table);
            if self.rows_built::<(i64,)>(sql, args![]).await?.iter().any(|(count,)| *count > 0) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn cover_all(&mut self, covered: &Covered, key: &RowKey) -> Result<i64, LedgerError> {
        let (mut rows, mut after) = (0, vec![i64::MIN; covered.key.len()]);
        loop {
            let page = self.page_compared(covered, key, &after).await?;
            let Some(last) = page.last() else { return Ok(rows) };
            after.clone_from(&last.key);
            rows += page.len() as i64;
            self.assign(covered, page).await?;
        }
    }
}
