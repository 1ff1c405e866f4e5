//! Renditions of photos in the ledger: each distinct photo is looked at once.

use super::stage::{Column, Stage};
use super::{Lease, Ledger, LedgerError, spend};
use crate::args;

/// What became of a photo: the digests of its renditions, or why it cannot be used.
pub struct Rendition {
    pub source: String,
    pub print: Option<String>,
    pub chip: Option<String>,
    pub fault: Option<String>,
}

pub(in crate::ledger) const RENDERED: Stage = Stage {
    name: "rendered",
    columns: &[("source", Column::Text), ("print", Column::Text), ("chip", Column::Text), ("fault", Column::Text)],
};

impl Ledger {
    /// Photos of waiting cards that were not looked at yet, each once.
    pub async fn unrendered_photos(&self, most: i64) -> Result<Vec<String>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<(String,)>(
                "SELECT DISTINCT a.photo FROM application a WHERE a.queue = 'account'
                    AND NOT EXISTS (SELECT 1 FROM rendition r WHERE r.source = a.photo) ORDER BY a.photo LIMIT $1",
                args![most],
            )
            .await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// Keeps what was found.
    pub async fn settle_renditions(&self, lease: &Lease, renditions: Vec<Rendition>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.stage(&RENDERED, renditions.into_iter().map(|r| args![r.source, r.print, r.chip, r.fault]).collect())
            .await?;
        tx.run(
            "INSERT INTO rendition (source, print, chip, fault) SELECT source, print, chip, fault FROM rendered WHERE true
             ON CONFLICT (source) DO NOTHING",
            args![],
        )
        .await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }

    /// Print and chip rendition of every usable photo in a list.
    pub async fn renditions(&self, sources: &[String]) -> Result<Vec<(String, String, String)>, LedgerError> {
        let mut tx = self.begin().await?;
        tx.stage(&RENDERED, sources.iter().map(|s| args![s, None::<String>, None::<String>, None::<String>]).collect())
            .await?;
        tx.rows::<(String, String, String)>(
            "SELECT DISTINCT r.source, r.print, r.chip FROM rendered s JOIN rendition r ON r.source = s.source
             WHERE r.print IS NOT NULL AND r.chip IS NOT NULL ORDER BY r.source",
            args![],
        )
        .await
    }
}
