//! What a bank was asked in a batch, as its answer is matched with it.

use std::collections::HashMap;

use crate::store::{Ledger, LedgerError};
use crate::{args, bulk_row, row};

/// What was asked of a bank in one batch.
pub struct AskedBatch {
    pub region: String,
    /// The day of the request.
    pub cut_on: String,
    pub cards: Vec<AskedCard>,
}

row! {
    /// A card asked of the bank, as the answer must match it.
    pub struct AskedCard {
        row: i64,
        id: i64,
        application_id: String,
        approved_on: String,
        message: i64,
        /// Its application, where it must be looked into.
        encrypted: Option<Vec<u8>> = None,
    }
}

row! {
    /// The application of a card that was asked.
    struct SealedMessage { id: i64, sealed: Vec<u8> }
}

bulk_row! {
    struct WantedMessage in "wanted_message" { id: i64 }
}

impl Ledger {
    /// An account batch, as it was asked.
    pub async fn asked_batch(&self, batch: i64) -> Result<AskedBatch, LedgerError> {
        let mut tx = self.read().await?;
        let found = tx
            .row::<(String, String)>("SELECT region, cut_on FROM batch WHERE id = $1", args![batch])
            .await?
            .ok_or_else(|| LedgerError::Shape("an asked batch".into()))?;
        let cards = tx
            .rows(
                "SELECT g.row, a.id, a.application_id, a.approved_on, a.message
                 FROM account_row g JOIN application a ON a.id = g.application WHERE g.batch = $1 ORDER BY g.row",
                args![batch],
            )
            .await?;
        Ok(AskedBatch { region: found.0, cut_on: found.1, cards })
    }

    /// Reads the applications of these cards.
    pub async fn read_applications(&self, cards: &mut [&mut AskedCard]) -> Result<(), LedgerError> {
        if cards.is_empty() {
            return Ok(());
        }
        let mut tx = self.read().await?;
        let wanted = cards.iter().map(|card| WantedMessage { id: card.message }).collect();
        let read =
            |given: &str| format!("SELECT m.id, m.sealed FROM {given} JOIN message m ON m.id = wanted_message.id");
        let found: Vec<SealedMessage> = tx.rows_given(wanted, read).await?;
        let mut found: HashMap<i64, Vec<u8>> = found.into_iter().map(|message| (message.id, message.sealed)).collect();
        for card in cards {
            card.encrypted = Some(found.remove(&card.message).unwrap_or_default());
        }
        Ok(())
    }
}
