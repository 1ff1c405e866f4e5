//! Batches, as lists and pages show them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::custody::batch_members::OF_BATCH;
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};
use crate::{args, row};

row! {
    /// A batch, as lists show it.
    #[derive(Clone, serde::Serialize)]
    pub struct BatchRecord {
        number: String,
        kind: String,
        state: String,
        partner: String,
        region: String,
        bank: String,
        lane: String,
        cards: i64,
        answered: i64,
        cut_on: String,
        due_on: String,
        owner: String,
    }
}

/// Cards of the batch `$1` by where they are now, with those that left it with an answer.
static PLACES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT c.place, count(*) FROM card c JOIN ({}
            UNION SELECT n.application FROM answer n JOIN file f ON f.id = n.file WHERE f.batch = $1) t ON t.application = c.id
         GROUP BY c.place",
        *OF_BATCH
    )
});

impl Ledger {
    /// Batches within the viewer's scope in the order they were cut; all, or of one kind or state.
    pub async fn batches(&self, kind: Option<&str>, state: Option<&str>) -> Result<Vec<BatchRecord>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(
                concat!(
                    "SELECT number, kind, state, partner, region, bank, lane, cards, answered, cut_on, due_on, owner FROM batch b
                     WHERE ($1 = '' OR kind = $1) AND ($2 = '' OR state = $2) AND ",
                    in_scope!("b.bank", "b.region"),
                    " ORDER BY id"
                ),
                args![kind.unwrap_or(""), state.unwrap_or("")],
            )
            .await
    }

    /// One batch by its number, within the viewer's scope.
    pub async fn batch(&self, number: &str) -> Result<Option<(i64, BatchRecord)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let id = tx.row::<(i64,)>("SELECT id FROM batch WHERE number = $1", args![number]).await?;
        let row = tx
            .row::<BatchRecord>(
                concat!(
                    "SELECT number, kind, state, partner, region, bank, lane, cards, answered, cut_on, due_on, owner FROM batch b
                     WHERE number = $1 AND ",
                    in_scope!("b.bank", "b.region")
                ),
                args![number],
            )
            .await?;
        Ok(id.zip(row).map(|((id,), row)| (id, row)))
    }

    /// Cards of a batch by where they are now.
    pub async fn batch_places(&self, batch: i64) -> Result<BTreeMap<String, i64>, LedgerError> {
        let mut tx = self.read().await?;
        Ok(tx.rows::<(String, i64)>(&PLACES, args![batch]).await?.into_iter().collect())
    }
}
