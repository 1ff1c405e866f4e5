//! What the ledger keeps of a purge, in SQL.

use cardline_core::card_states;
use jiff::Timestamp;

use super::due::Dates;
use crate::crypto::keys::DESTROYED;
use crate::store::leases::spend;
use crate::store::row_macs::{catalog, counts};
use crate::store::{Lease, Ledger, LedgerError, Tx};
use crate::{args, bulk_row, row};

row! {
    /// A rendition no card on its way needs.
    pub struct SpareRendition {
        source: String,
        print: String,
        chip: String,
    }
}

bulk_row! {
    /// A message whose record is destroyed.
    struct Doomed in "doomed_message" { id: i64 }
}

impl Ledger {
    /// Whether a file was purged.
    pub async fn is_purged(&self, file: i64) -> Result<bool, LedgerError> {
        Ok(self.read().await?.number("SELECT count(*) FROM purge WHERE file = $1", args![file]).await? > 0)
    }

    /// Marks a file whose bytes are gone.
    pub async fn settle_purged(&self, lease: &Lease, file: i64, at: Timestamp) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.mark_purged(file, at).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }

    /// Discarded messages whose days are over and whose record is still there, at most so many.
    pub async fn records_to_purge(&self, dates: &Dates, most: i64) -> Result<Vec<i64>, LedgerError> {
        let mut tx = self.read().await?;
        let sql = "SELECT m.id FROM act a CROSS JOIN message m
                   WHERE m.act = a.id AND m.act <> 0 AND a.what = 'discard' AND a.at <= $1 AND NOT EXISTS (SELECT 1 FROM destroyed_record d WHERE d.message = m.id)
                   ORDER BY m.id LIMIT $2";
        let found = tx.rows::<(i64,)>(sql, args![*dates.discarded.of(""), most]).await?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }

    /// Destroys the records of messages.
    pub async fn settle_purged_records(
        &self,
        lease: &Lease,
        messages: Vec<i64>,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.destroy_records(messages, 0, at).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }

    /// Renditions made for the cards of a production batch, but for those of photos that a card on its way to
    /// production declares, too.
    pub async fn renditions_to_purge(&self, batch: i64) -> Result<Vec<SpareRendition>, LedgerError> {
        self.read()
            .await?
            .rows(
                concat!(
                    "WITH open_batch AS (
                    SELECT id FROM batch WHERE kind = 'account' AND state <> 'answered' AND state <> 'cancelled'
                    UNION SELECT id FROM batch WHERE kind = 'account' AND to_produce > 0),
                 needed AS (
                    SELECT a.photo FROM account_waiting w CROSS JOIN application a WHERE a.id = w.application
                    UNION SELECT photo FROM application WHERE place IN (",
                    card_states!(due_alone),
                    ") AND place = 'held'
                    UNION SELECT a.photo FROM open_batch b CROSS JOIN account_row g CROSS JOIN application a
                        WHERE g.batch = b.id AND a.id = g.application),
                 mine AS (
                    SELECT DISTINCT r.digest FROM production_row p JOIN application a ON a.id = p.application
                    JOIN rendition r ON r.source = a.photo WHERE p.batch = $1 AND r.print IS NOT NULL)
                 SELECT r.source, r.print, r.chip FROM mine m JOIN rendition r ON r.digest = m.digest
                 WHERE r.print IS NOT NULL AND m.digest NOT IN (
                    SELECT n.digest FROM needed d JOIN rendition n ON n.source = d.photo WHERE n.digest IS NOT NULL)
                 ORDER BY r.source"
                ),
                args![batch],
            )
            .await
    }

    /// Forgets a rendition: a card that declares its photo has it rendered again from the upload.
    pub async fn forget_rendition(&self, source: &str) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.run("DELETE FROM rendition WHERE source = $1", args![source]).await?;
        tx.commit().await
    }
}

impl Tx {
    /// Marks a file whose bytes are gone; one that is marked stays as it is.
    pub(crate) async fn mark_purged(&mut self, file: i64, at: Timestamp) -> Result<(), LedgerError> {
        let sql = "INSERT INTO purge (file, at) VALUES ($1, $2) ON CONFLICT (file) DO NOTHING";
        let marked = self.run(sql, args![file, at]).await?;
        if marked > 0 {
            self.cover_one(&catalog::PURGE, file).await?;
            self.count_one(&counts::PURGES).await?;
        }
        Ok(())
    }

    /// Destroys the records of messages with their keys; the rows stay. Those that are destroyed stay as they are.
    pub(crate) async fn destroy_records(
        &mut self,
        messages: Vec<i64>,
        erasure: i64,
        at: Timestamp,
    ) -> Result<i64, LedgerError> {
        self.stage(messages.into_iter().map(|id| Doomed { id }).collect()).await?;
        self.run("UPDATE message SET sealed = $1 WHERE id IN (SELECT id FROM doomed_message)", args![DESTROYED])
            .await?;
        let marked = self
            .run(
                "INSERT INTO destroyed_record (message, at, erasure) SELECT id, $1, $2 FROM doomed_message WHERE true
                 ON CONFLICT (message) DO NOTHING",
                args![at, erasure],
            )
            .await? as i64;
        self.cover(&catalog::DESTROYED_RECORD, "message IN (SELECT id FROM doomed_message)", args![]).await?;
        self.count_to(&counts::DESTROYED_RECORDS, marked, "").await?;
        Ok(marked)
    }
}
