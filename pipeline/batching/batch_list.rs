//! Batches, as lists and pages show them.

use std::collections::BTreeMap;

use crate::args;
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};

/// A batch, as lists show it.
#[derive(Clone, serde::Serialize)]
pub struct BatchRecord {
    pub number: String,
    pub kind: String,
    pub state: String,
    pub partner: String,
    pub region: String,
    pub bank: String,
    pub lane: String,
    pub cards: i64,
    pub answered: i64,
    pub cut_on: String,
    pub due_on: String,
    pub owner: String,
}

type BatchRow = (String, String, String, String, String, String, String, i64, i64, String, String, String);

fn batch_record(row: BatchRow) -> BatchRecord {
    let (number, kind, state, partner, region, bank, lane, cards, answered, cut_on, due_on, owner) = row;
    BatchRecord { number, kind, state, partner, region, bank, lane, cards, answered, cut_on, due_on, owner }
}

impl Ledger {
    /// Batches within the viewer's scope in the order they were cut; all, or of one kind or state.
    pub async fn batches(&self, kind: Option<&str>, state: Option<&str>) -> Result<Vec<BatchRecord>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let rows = tx
            .rows::<BatchRow>(
                concat!(
                    "SELECT number, kind, state, partner, region, bank, lane, cards, answered, cut_on, due_on, owner FROM batch b
                     WHERE ($1 = '' OR kind = $1) AND ($2 = '' OR state = $2) AND ",
                    in_scope!("b.bank", "b.region"),
                    " ORDER BY id"
                ),
                args![kind.unwrap_or(""), state.unwrap_or("")],
            )
            .await?;
        Ok(rows.into_iter().map(batch_record).collect())
    }

    /// One batch by its number, within the viewer's scope.
    pub async fn batch(&self, number: &str) -> Result<Option<(i64, BatchRecord)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let id = tx.row::<(i64,)>("SELECT id FROM batch WHERE number = $1", args![number]).await?;
        let row = tx
            .row::<BatchRow>(
                concat!(
                    "SELECT number, kind, state, partner, region, bank, lane, cards, answered, cut_on, due_on, owner FROM batch b
                     WHERE number = $1 AND ",
                    in_scope!("b.bank", "b.region")
                ),
                args![number],
            )
            .await?;
        Ok(id.zip(row).map(|((id,), row)| (id, batch_record(row))))
    }

    /// Cards of a batch by where they are now.
    pub async fn batch_places(&self, batch: i64) -> Result<BTreeMap<String, i64>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<(String, i64)>(
                "SELECT c.place, count(*) FROM card c JOIN (
                    SELECT id FROM application WHERE account_batch = $1 UNION SELECT application FROM production_row WHERE batch = $1
                    UNION SELECT application FROM recycling_row WHERE batch = $1
                    UNION SELECT application FROM former_row WHERE batch = $1
                    UNION SELECT n.application FROM answer n JOIN file f ON f.id = n.file WHERE f.batch = $1) t ON t.id = c.id
                 GROUP BY c.place",
                args![batch],
            )
            .await?;
        Ok(rows.into_iter().collect())
    }
}
