//! How many rows there are of what is only ever added: a row that was deleted by SQL is missed.
//!
//! Invariant: a count that does not agree with its digest is never given a new one, so that the next act does not
//! hide what was done to those before it.

use super::key::RowKey;
use crate::args;
use crate::store::{Ledger, LedgerError, Tx};

/// A table of acts, and which of its rows are counted.
pub struct Counted {
    pub table: &'static str,
    count: &'static str,
}

/// What persons did. What the ledger does by itself, to a message that was waited for, is not counted: every
/// partition would wait for one row.
pub const ACTS: Counted =
    Counted { table: "act", count: "SELECT count(*) FROM act WHERE what NOT IN ('promote', 'withdraw')" };
pub const BATCH_ACTS: Counted = Counted { table: "batch_act", count: "SELECT count(*) FROM batch_act" };
pub const PICKUP_ACTS: Counted = Counted { table: "pickup_act", count: "SELECT count(*) FROM pickup_act" };
pub const CASE_ACTS: Counted = Counted { table: "case_act", count: "SELECT count(*) FROM case_act" };
pub const STREAM_ACTS: Counted = Counted { table: "stream_act", count: "SELECT count(*) FROM stream_act" };
pub const IMPORTS: Counted = Counted { table: "reference_import", count: "SELECT count(*) FROM reference_import" };
pub const RECONCILIATIONS: Counted = Counted { table: "reconciliation", count: "SELECT count(*) FROM reconciliation" };
/// What was destroyed: a mark that is gone would make a purged file a missing one.
pub const PURGES: Counted = Counted { table: "purge", count: "SELECT count(*) FROM purge" };
pub const DESTROYED_RECORDS: Counted =
    Counted { table: "destroyed_record", count: "SELECT count(*) FROM destroyed_record" };
pub const ERASURES: Counted = Counted { table: "erasure", count: "SELECT count(*) FROM erasure" };
pub const ERASED_CARDS: Counted = Counted { table: "erased_card", count: "SELECT count(*) FROM erased_card" };
/// The chain of history: its length, and the digest it ends with.
pub(crate) const SEALS: Counted = Counted { table: "seal", count: "SELECT count(*) FROM seal" };

/// Everything that is counted.
pub const COUNTED: &[&Counted] = &[
    &ACTS,
    &BATCH_ACTS,
    &PICKUP_ACTS,
    &CASE_ACTS,
    &STREAM_ACTS,
    &IMPORTS,
    &RECONCILIATIONS,
    &PURGES,
    &DESTROYED_RECORDS,
    &ERASURES,
    &ERASED_CARDS,
    &SEALS,
];

const LAST_SEAL: &str = "SELECT digest FROM seal ORDER BY no DESC LIMIT 1";

/// A count as it stands.
struct Count {
    rows: i64,
    last: String,
    mac: i64,
}

impl Count {
    fn reckoned(&self, key: &RowKey, table: &str) -> i64 {
        key.mac("row_count").field(table).field(self.rows).field(&self.last).end()
    }

    fn stands(&self, key: &RowKey, table: &str) -> bool {
        self.mac == self.reckoned(key, table)
    }
}

impl Tx {
    /// Counts one row more.
    pub async fn count_one(&mut self, counted: &Counted) -> Result<(), LedgerError> {
        self.count_to(counted, 1, "").await
    }

    /// Counts rows that were added; `last` is what the table ends with now.
    pub(crate) async fn count_to(&mut self, counted: &Counted, more: i64, last: &str) -> Result<(), LedgerError> {
        let Some(key) = self.row_key() else { return Ok(()) };
        // Taken first, so that of two who count at once the second sees what the first counted.
        self.run("INSERT INTO row_count (name, rows, last, mac) VALUES ($1, 0, '', $2) ON CONFLICT (name) DO UPDATE SET rows = row_count.rows",
            args![counted.table, Count { rows: 0, last: String::new(), mac: 0 }.reckoned(&key, counted.table)]).await?;
        let Some(count) = self.counted(counted).await? else { return Ok(()) };
        let new = Count { rows: count.rows + more, last: last.into(), mac: count.mac };
        let mac = if count.stands(&key, counted.table) { new.reckoned(&key, counted.table) } else { count.mac };
        self.run(
            "UPDATE row_count SET rows = $2, last = $3, mac = $4 WHERE name = $1",
            args![counted.table, new.rows, new.last, mac],
        )
        .await?;
        Ok(())
    }

    async fn counted(&mut self, counted: &Counted) -> Result<Option<Count>, LedgerError> {
        let sql = "SELECT rows, last, mac FROM row_count WHERE name = $1";
        let row = self.row::<(i64, String, i64)>(sql, args![counted.table]).await?;
        Ok(row.map(|(rows, last, mac)| Count { rows, last, mac }))
    }

    /// What is wrong with a count, if anything.
    async fn miscounted(&mut self, counted: &Counted, key: &RowKey) -> Result<Option<String>, LedgerError> {
        let (table, found) = (counted.table, self.number(counted.count, args![]).await?);
        let Some(count) = self.counted(counted).await? else {
            return Ok((found > 0).then(|| format!("{table}: {found} rows, and none was ever counted")));
        };
        if !count.stands(key, table) {
            return Ok(Some(format!("row_count {table}: is not as it was written")));
        }
        if count.rows != found {
            return Ok(Some(format!("{table}: {found} rows, {} were written", count.rows)));
        }
        let last = if table == SEALS.table { self.row::<(String,)>(LAST_SEAL, args![]).await? } else { None };
        Ok(last
            .filter(|(last,)| *last != count.last)
            .map(|_| format!("{table}: the chain does not end as it was sealed")))
    }

    /// What is wrong with the counts and with the end of the chain.
    pub(crate) async fn all_miscounted(&mut self, key: &RowKey) -> Result<Vec<String>, LedgerError> {
        let mut wrong = Vec::new();
        for counted in COUNTED {
            wrong.extend(self.miscounted(counted, key).await?);
        }
        Ok(wrong)
    }

    /// Counts what a version before left uncounted.
    pub(super) async fn count_older(&mut self) -> Result<(), LedgerError> {
        for counted in COUNTED {
            let rows = self.number(counted.count, args![]).await?;
            let last =
                if counted.table == SEALS.table { self.row::<(String,)>(LAST_SEAL, args![]).await? } else { None };
            if rows > 0 {
                self.count_to(counted, rows, &last.map(|last| last.0).unwrap_or_default()).await?;
            }
        }
        Ok(())
    }
}

impl Ledger {
    /// What is missing of acts and of the chain of history, in words; nothing where the ledger has no key yet.
    pub async fn missing_records(&self) -> Result<Vec<String>, LedgerError> {
        let mut tx = self.read().await?;
        let Some(key) = tx.row_key() else { return Ok(Vec::new()) };
        tx.all_miscounted(&key).await
    }
}
