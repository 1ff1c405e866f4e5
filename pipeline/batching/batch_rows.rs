//! The rows of a batch, and what became of each: those that are in it, those that left it with an answer, and those
//! that were in it before it ended unsent.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cardline_core::batch_kinds::{BatchKind, Members};

use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};
use crate::{args, row};

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

/// Of each kind of batch: a page of its rows after a row and an application, within the viewer's scope.
static ROWS: LazyLock<BTreeMap<&'static str, String>> = LazyLock::new(|| {
    let of_kind = |kind: BatchKind| {
        let Members { table, batch, row, application } = &kind.members;
        let sql = format!(
            "WITH t AS (
                SELECT {row} AS row, {application} AS application FROM {table} WHERE {batch} = $1
                UNION ALL SELECT row, application FROM former_row WHERE batch = $1
                UNION ALL SELECT min(n.row), n.application FROM file f JOIN answer n ON n.file = f.id
                    WHERE f.batch = $1 AND NOT EXISTS
                        (SELECT 1 FROM {table} m WHERE m.{application} = n.application AND m.{batch} = $1)
                    GROUP BY n.application)
             SELECT t.row, a.id, a.application_id, c.card_number, c.place,
                (SELECT n.outcome || ' ' || n.reason FROM file f JOIN answer n ON n.file = f.id
                 WHERE f.batch = $1 AND n.application = a.id ORDER BY n.file DESC LIMIT 1) AS answer,
                (SELECT count(*) FROM spoilage s WHERE s.application = a.id AND s.batch = $1) AS spoiled
             FROM t JOIN application a ON a.id = t.application JOIN card c ON c.id = a.id
             WHERE (t.row > $2 OR (t.row = $2 AND a.id > $3)) AND {}
             ORDER BY t.row, a.id LIMIT $4",
            in_scope!("a.bank", "a.region")
        );
        (kind.word, sql)
    };
    BatchKind::ALL.map(of_kind).into()
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
        let Some(sql) = ROWS.get(kind.word) else { return Ok(Vec::new()) };
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(sql, args![batch, after.0, after.1, limit]).await
    }
}
