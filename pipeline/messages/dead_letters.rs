//! What could not be read, until it is published: a queue of messages, written with them and emptied
//! by the relay once the broker has the letter.
//!
//! A queue and not sealed history, because what cannot be read moves nothing; it is rare, so a row for
//! each costs nothing.

use crate::limits::DEAD_LETTERS_PER_CLAIM;
use crate::store::leases::spend;
use crate::store::{Lease, Ledger, LedgerError, Tx};
use crate::{args, row};

row! {
    /// Where a message that could not be read came from, and why it was not.
    pub struct DeadLetter {
        message: i64,
        at: i64,
        topic: String,
        generation: i64,
        partition: i64,
        position: i64,
        reason: String,
        /// SHA-256 of its bytes.
        digest: Vec<u8>,
    }
}

/// Queues what of a chunk could not be read.
pub(crate) async fn queue(tx: &mut Tx, chunk: i64) -> Result<(), LedgerError> {
    tx.run(
        "INSERT INTO dead_letter (message) SELECT id FROM message WHERE chunk = $1 AND outcome = 'quarantined'",
        args![chunk],
    )
    .await?;
    Ok(())
}

impl Ledger {
    /// The next dead letters, in the order they were kept.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, LedgerError> {
        self.read()
            .await?
            .rows(
                "SELECT m.id AS message, c.at, c.source AS topic, c.generation, c.partition, m.position, COALESCE(m.reason, '') AS reason, m.digest
                 FROM dead_letter d JOIN message m ON m.id = d.message JOIN chunk c ON c.id = m.chunk ORDER BY d.message LIMIT $1",
                args![DEAD_LETTERS_PER_CLAIM],
            )
            .await
    }

    /// Takes letters out of the queue: the broker has them.
    pub async fn dead_letters_told(&self, lease: &Lease, messages: &[i64]) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        spend(&mut tx, lease).await?;
        for message in messages {
            tx.run("DELETE FROM dead_letter WHERE message = $1", args![*message]).await?;
        }
        tx.commit().await
    }
}
