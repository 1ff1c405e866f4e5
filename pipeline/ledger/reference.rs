//! Reference data, dated: points, outlets, regions and calendars as lines of their CSV files.

use jiff::civil::Date;

use super::stage::{Column, Stage};
use super::{Ledger, LedgerError};
use crate::args;

pub(in crate::ledger) const REFERENCE: Stage =
    Stage { name: "reference_line", columns: &[("code", Column::Text), ("line", Column::Text)] };

impl Ledger {
    /// Imports lines of one kind (`regions`, `points`, `outlets`, `calendar`, …), effective from a day.
    /// The same lines again change nothing. Returns how many are new or changed.
    pub async fn import_reference(
        &self,
        kind: &str,
        effective: Date,
        lines: Vec<(String, String)>,
    ) -> Result<i64, LedgerError> {
        let mut tx = self.begin().await?;
        tx.stage(&REFERENCE, lines.into_iter().map(|(code, line)| args![code, line]).collect()).await?;
        let changed = tx
            .run(
                "INSERT INTO reference (kind, code, effective, line) SELECT $1, code, $2, line FROM reference_line WHERE true
                 ON CONFLICT (kind, code, effective) DO UPDATE SET line = excluded.line WHERE reference.line <> excluded.line",
                args![kind, effective],
            )
            .await?;
        tx.commit().await?;
        Ok(changed as i64)
    }

    /// The lines of one kind in force on a day: of each code, the newest that is effective.
    pub async fn reference_lines(&self, kind: &str, on: Date) -> Result<Vec<(String, String)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.rows::<(String, String)>(
            "SELECT code, line FROM (
                SELECT code, line, row_number() OVER (PARTITION BY code ORDER BY effective DESC) AS newest
                FROM reference WHERE kind = $1 AND effective <= $2) r WHERE newest = 1 ORDER BY code",
            args![kind, on],
        )
        .await
    }
}
