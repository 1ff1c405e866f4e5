//! Where intake goes on: the stored positions of a topic, and messages that wait for an earlier
//! revision.

use jiff::civil::Date;

use super::settle::{ArrivingMessage, ChunkSource, GAP, IntakeCounts, settle_in};
use crate::args;
use crate::quarantine::operation_record::take_one;
use crate::store::leases::spend;
use crate::store::{Lease, Ledger, LedgerError, Stamp, Tx};

/// A message that waits for an earlier revision of its application.
pub struct WaitingMessage {
    pub id: i64,
    pub encrypted: Vec<u8>,
}

impl Ledger {
    /// The stored positions of a topic's partitions; a partition seen first begins at 0.
    pub async fn positions(&self, topic: &str, partitions: &[i64]) -> Result<Vec<(i64, i64)>, LedgerError> {
        let mut tx = self.read().await?;
        let known = known_in(&mut tx, topic).await?;
        drop(tx);
        if known.len() >= partitions.len() {
            return Ok(known);
        }
        let mut tx = self.begin().await?;
        let positions = positions_in(&mut tx, topic, partitions).await?;
        tx.commit().await?;
        Ok(positions)
    }

    /// The stored positions of a topic, as they are.
    pub async fn known_positions(&self, topic: &str) -> Result<Vec<(i64, i64)>, LedgerError> {
        known_in(&mut self.read().await?, topic).await
    }

    /// Waiting messages whose earlier revision is there now, oldest first.
    pub async fn ready_gaps(&self, most: i64) -> Result<Vec<i64>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<(i64,)>(
                "SELECT m.id FROM message m JOIN application a ON a.application_id = m.application_id
                 WHERE m.outcome = 'waiting' AND m.act = 0 AND m.revision = a.revision + 1 ORDER BY +m.id LIMIT $1",
                args![most],
            )
            .await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// A waiting message, if its earlier revision is still there.
    pub async fn ready_gap(&self, id: i64) -> Result<Option<WaitingMessage>, LedgerError> {
        let mut tx = self.read().await?;
        let row = tx
            .row::<(i64, Vec<u8>)>(
                "SELECT m.id, m.sealed FROM message m JOIN application a ON a.application_id = m.application_id
                 WHERE m.outcome = 'waiting' AND m.act = 0 AND m.revision = a.revision + 1 AND m.id = $1",
                args![id],
            )
            .await?;
        Ok(row.map(|(id, encrypted)| WaitingMessage { id, encrypted }))
    }

    /// Takes a waiting message in as if it had just come.
    pub async fn settle_gap(
        &self,
        lease: &Lease,
        message: &WaitingMessage,
        checked: Vec<ArrivingMessage>,
        why: Stamp<'_>,
        today: Date,
    ) -> Result<IntakeCounts, LedgerError> {
        let mut tx = self.begin().await?;
        let operation = take_one(&mut tx, message.id, "promote", why).await?;
        let source = ChunkSource::again(GAP, operation, &[message.id]);
        let (counts, _) = settle_in(&mut tx, &source, checked, why, today).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(counts)
    }
}

async fn known_in(tx: &mut Tx, topic: &str) -> Result<Vec<(i64, i64)>, LedgerError> {
    tx.rows("SELECT partition, next FROM source_offset WHERE topic = $1 ORDER BY partition", args![topic]).await
}

/// The stored positions; those of new partitions are written.
pub(crate) async fn positions_in(tx: &mut Tx, topic: &str, partitions: &[i64]) -> Result<Vec<(i64, i64)>, LedgerError> {
    for partition in partitions {
        tx.run(
            "INSERT INTO source_offset (topic, partition, next, generation)
             VALUES ($1, $2, 0, (SELECT COALESCE(max(generation), 1) FROM source_topic WHERE topic = $1))
             ON CONFLICT (topic, partition) DO NOTHING",
            args![topic, *partition],
        )
        .await?;
    }
    let known = known_in(tx, topic).await?;
    Ok(known.into_iter().filter(|(partition, _)| partitions.contains(partition)).collect())
}
