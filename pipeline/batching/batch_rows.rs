//! The rows of a batch, and what became of each: those that are in it, those that left it with an answer, and those
//! that were in it before it ended unsent.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cardline_core::batch_kinds::{BatchKind, Members};

use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};
use crate::{args, bulk_row, row};

row! {
    /// One row.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct BatchRow {
        row: i64,
        /// The ledger's own number of the application: with `row` the key of the next page.
        id: i64,
        application_id: String,
        card_number: Option<String>,
        /// Where the card is now.
        place: String,
        /// The last answer about it that opened nothing, or contradicted another, and its reason.
        answer: Option<String>,
        /// Times it was reported spoiled.
        spoiled: i64,
    }
}

bulk_row! {
    /// The number of a row that is asked for.
    struct WantedRow in "wanted_row" { row: i64 }
}

/// The rows of the batch `$1` of which a condition is so, within the viewer's scope, as many as are asked for. What
/// became of them is looked up for these alone.
fn rows_that(kind: BatchKind, condition: &str, limit: &str) -> String {
    let Members { table, batch, row, application } = &kind.members;
    format!(
        "WITH t AS (
            SELECT {row} AS row, {application} AS application FROM {table} WHERE {batch} = $1
            UNION ALL SELECT row, application FROM former_row WHERE batch = $1
            UNION ALL SELECT min(n.row), n.application FROM file f JOIN answer n ON n.file = f.id
                WHERE f.batch = $1 AND NOT EXISTS
                    (SELECT 1 FROM {table} m WHERE m.{application} = n.application AND m.{batch} = $1)
                GROUP BY n.application),
         page AS MATERIALIZED (
            SELECT t.row, a.id FROM t JOIN application a ON a.id = t.application
            WHERE {condition} AND {} ORDER BY t.row, a.id {limit})
         SELECT t.row, c.id, c.application_id, c.card_number, c.place,
            (SELECT n.outcome || ' ' || n.reason FROM file f JOIN answer n ON n.file = f.id
             WHERE f.batch = $1 AND n.application = c.id ORDER BY n.file DESC LIMIT 1) AS answer,
            (SELECT count(*) FROM spoilage s WHERE s.application = c.id AND s.batch = $1) AS spoiled
         FROM page t JOIN card c ON c.id = t.id
         ORDER BY t.row, c.id",
        in_scope!("a.bank", "a.region")
    )
}

/// Of each kind of batch: a page of its rows after a row and an application.
static PAGE: LazyLock<BTreeMap<&'static str, String>> = LazyLock::new(|| {
    BatchKind::ALL
        .map(|kind| (kind.word, rows_that(kind, "(t.row > $2 OR (t.row = $2 AND a.id > $3))", "LIMIT $4")))
        .into()
});

/// The same, those of some numbers.
static WANTED: LazyLock<BTreeMap<&'static str, String>> = LazyLock::new(|| {
    BatchKind::ALL.map(|kind| (kind.word, rows_that(kind, "t.row IN (SELECT row FROM wanted_row)", ""))).into()
});

impl Ledger {
    /// A page of the rows of a batch after a row and an application (0 and 0: from the first), within the viewer's
    /// scope.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn batch_rows(
        &self,
        batch: i64,
        kind: BatchKind,
        after: (i64, i64),
        limit: i64,
    ) -> Result<Vec<BatchRow>, LedgerError> {
        let Some(sql) = PAGE.get(kind.word) else { return Ok(Vec::new()) };
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(sql, args![batch, after.0, after.1, limit]).await
    }

    /// The rows of a batch that have some numbers, within the viewer's scope.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn batch_rows_of(
        &self,
        batch: i64,
        kind: BatchKind,
        rows: Vec<i64>,
    ) -> Result<Vec<BatchRow>, LedgerError> {
        let Some(sql) = WANTED.get(kind.word) else { return Ok(Vec::new()) };
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.stage(rows.into_iter().map(|row| WantedRow { row }).collect()).await?;
        tx.rows(sql, args![batch]).await
    }
}
