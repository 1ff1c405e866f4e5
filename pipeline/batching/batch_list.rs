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
        /// The key of pages; in the order in which batches were cut.
        #[serde(skip)]
        id: i64,
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

/// Batches within the viewer's scope of which a condition is so.
macro_rules! batches {
    ($where:literal, $order:literal) => {
        concat!(
            "SELECT b.id, b.number, b.kind, b.state, b.partner, b.region, b.bank, b.lane, b.cards, b.answered, b.cut_on, b.due_on, b.owner
             FROM batch b WHERE ",
            $where,
            " AND ",
            in_scope!("b.bank", "b.region"),
            $order
        )
    };
}

/// Which batches a page asks for; an empty text leaves nothing out.
#[derive(Clone, Default)]
pub struct BatchFilter {
    pub kind: String,
    pub state: String,
    pub partner: String,
    pub bank: String,
    /// First digits of the region. A batch that merges regions is of none.
    pub region: String,
    /// Only batches cut before the one of this id: the next page.
    pub before: Option<i64>,
    pub limit: i64,
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
            batches!("($1 = '' OR b.kind = $1) AND ($2 = '' OR b.state = $2)", " ORDER BY b.id"),
            args![kind.unwrap_or(""), state.unwrap_or("")],
        )
        .await
    }

    /// A page of the batches asked for within the viewer's scope, the newest first.
    pub async fn batches_matching(&self, filter: &BatchFilter) -> Result<Vec<BatchRecord>, LedgerError> {
        let BatchFilter { kind, state, partner, bank, region, before, limit } = filter;
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(
            batches!(
                "b.id < $1 AND ($2 = '' OR b.kind = $2) AND ($3 = '' OR b.state = $3) AND ($4 = '' OR b.partner = $4)
                    AND ($5 = '' OR b.bank = $5) AND substr(b.region, 1, length($6)) = $6",
                " ORDER BY b.id DESC LIMIT $7"
            ),
            args![before.unwrap_or(i64::MAX), kind, state, partner, bank, region, *limit],
        )
        .await
    }

    /// One batch by its number, within the viewer's scope.
    pub async fn batch(&self, number: &str) -> Result<Option<(i64, BatchRecord)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let row = tx.row::<BatchRecord>(batches!("b.number = $1", ""), args![number]).await?;
        Ok(row.map(|batch| (batch.id, batch)))
    }

    /// Cards of a batch by where they are now.
    pub async fn batch_places(&self, batch: i64) -> Result<BTreeMap<String, i64>, LedgerError> {
        let mut tx = self.read().await?;
        Ok(tx.rows::<(String, i64)>(&PLACES, args![batch]).await?.into_iter().collect())
    }
}
