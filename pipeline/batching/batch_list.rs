//! Batches, as lists and pages show them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;

use super::cut_batch::QueueSlice;
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

impl BatchRecord {
    /// What its cards have in common, as if they waited together since an instant.
    pub(crate) fn slice(&self, since: Timestamp) -> QueueSlice {
        QueueSlice {
            region: self.region.clone(),
            bank: self.bank.clone(),
            lane: self.lane.clone(),
            cards: self.cards,
            oldest: self.cut_on.clone(),
            since,
        }
    }
}

/// Batches within the viewer's scope of which a condition is so.
macro_rules! batches {
    ($where:expr, $order:expr) => {
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
    pub order: BatchOrder,
    /// The last batch of the page before: what it is ordered by, and its id.
    pub after: Option<(i64, i64)>,
    pub limit: i64,
}

/// By what a list of batches is ordered; those that are alike in it, the newest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BatchOrder {
    /// The newest first.
    #[default]
    Newest,
    /// Unanswered ones, the earliest day first; then all others.
    Due,
    /// The largest first.
    Cards,
    /// Those of which most answers are missing first.
    Missing,
}

impl BatchOrder {
    /// Every order, and its name in a URL.
    pub const ALL: [(&'static str, BatchOrder); 4] = [
        ("newest", BatchOrder::Newest),
        ("due", BatchOrder::Due),
        ("cards", BatchOrder::Cards),
        ("missing", BatchOrder::Missing),
    ];

    /// The order of that name; the newest first where there is none.
    #[must_use]
    pub fn named(name: &str) -> BatchOrder {
        BatchOrder::ALL.iter().find(|(known, _)| *known == name).map_or(BatchOrder::Newest, |(_, order)| *order)
    }

    /// What a batch is ordered by, ascending.
    #[must_use]
    pub fn key(self, batch: &BatchRecord) -> i64 {
        match self {
            BatchOrder::Newest => 0,
            BatchOrder::Due if ["answered", "cancelled"].contains(&batch.state.as_str()) => FINISHED_KEY,
            BatchOrder::Due => batch.due_on.replace('-', "").parse().unwrap_or(FINISHED_KEY),
            BatchOrder::Cards => -batch.cards,
            BatchOrder::Missing => batch.answered - batch.cards,
        }
    }
}

/// After every day.
const FINISHED_KEY: i64 = 99_999_999;

/// A page of batches by a key that ascends.
macro_rules! batches_by {
    ($key:literal) => {
        batches!(
            concat!(
                "(",
                $key,
                " > $1 OR (",
                $key,
                " = $1 AND b.id < $2)) AND ($3 = '' OR b.kind = $3)
                    AND ($4 = '' OR b.state = $4) AND ($5 = '' OR b.partner = $5) AND ($6 = '' OR b.bank = $6)
                    AND ($7 = '' OR substr(b.region, 1, length($7)) = $7)"
            ),
            concat!(" ORDER BY ", $key, ", b.id DESC LIMIT $8")
        )
    };
}

impl BatchOrder {
    fn page(self) -> &'static str {
        match self {
            BatchOrder::Newest => batches_by!("CAST(0 AS BIGINT)"),
            BatchOrder::Due => batches_by!(
                "CASE WHEN b.state IN ('answered', 'cancelled') THEN 99999999 ELSE CAST(replace(b.due_on, '-', '') AS BIGINT) END"
            ),
            BatchOrder::Cards => batches_by!("-b.cards"),
            BatchOrder::Missing => batches_by!("(b.answered - b.cards)"),
        }
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
            batches!("($1 = '' OR b.kind = $1) AND ($2 = '' OR b.state = $2)", " ORDER BY b.id"),
            args![kind.unwrap_or(""), state.unwrap_or("")],
        )
        .await
    }

    /// A page of the batches asked for within the viewer's scope, in the order asked for.
    pub async fn batches_matching(&self, filter: &BatchFilter) -> Result<Vec<BatchRecord>, LedgerError> {
        let BatchFilter { kind, state, partner, bank, region, order, after, limit } = filter;
        let (key, id) = after.unwrap_or((i64::MIN, i64::MAX));
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(order.page(), args![key, id, kind, state, partner, bank, region, *limit]).await
    }

    /// One batch by its number, within the viewer's scope.
    pub async fn batch(&self, number: &str) -> Result<Option<(i64, BatchRecord)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let row = tx.row::<BatchRecord>(batches!("b.number = $1", ""), args![number]).await?;
        Ok(row.map(|batch| (batch.id, batch)))
    }

    /// The number of a batch.
    pub async fn batch_number(&self, id: i64) -> Result<Option<String>, LedgerError> {
        let mut tx = self.read().await?;
        Ok(tx.row::<(String,)>("SELECT number FROM batch WHERE id = $1", args![id]).await?.map(|(number,)| number))
    }

    /// Cards of a batch by where they are now.
    pub async fn batch_places(&self, batch: i64) -> Result<BTreeMap<String, i64>, LedgerError> {
        let mut tx = self.read().await?;
        Ok(tx.rows::<(String, i64)>(&PLACES, args![batch]).await?.into_iter().collect())
    }
}
