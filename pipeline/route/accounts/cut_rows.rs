//! The account cut in the ledger: what waits for a bank, and the batch that asks it.

use cardline_core::state_machines::CARD;
use jiff::civil::Date;

use crate::batching::cut_batch::{CutBatch, Member, QueueSlice, WaitingSlice, finish_cut, insert_batch, nothing_cut};
use crate::cases::desk::hold_cards;
use crate::custody::containers::ACCOUNT_BATCH;
use crate::exchange::files::freeze_file;
use crate::store::row_macs::catalog;
use crate::store::transition::{all_moved, move_set};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, row, transition};

row! {
    /// A card waiting for an account batch, with its encrypted application.
    pub struct WaitingCard {
        id: i64,
        application_id: String,
        /// The message it came with, and the record of that.
        message: i64,
        encrypted: Vec<u8>,
    }
}

impl Ledger {
    /// What waits for an account batch, group by group.
    pub async fn waiting_accounts(&self) -> Result<Vec<QueueSlice>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<WaitingSlice>(
                "SELECT g.region, g.bank, g.lane, g.cards, g.oldest, COALESCE(c.at, 0) AS since FROM
                    (SELECT region, bank, lane, count(*) AS cards, min(approved_on) AS oldest, min(chunk) AS chunk
                     FROM application WHERE queue = 'account' GROUP BY region, bank, lane) g
                 LEFT JOIN chunk c ON c.id = g.chunk ORDER BY g.region, g.bank, g.lane",
                args![],
            )
            .await?;
        Ok(rows.into_iter().map(QueueSlice::from).collect())
    }

    /// The cards of a group that were approved first and whose photo is rendered, in the order of application ids.
    pub async fn waiting_cards(&self, group: &QueueSlice, most: i64) -> Result<Vec<WaitingCard>, LedgerError> {
        let mut tx = self.read().await?;
        let mut rows = tx
            .rows::<WaitingCard>(
                "SELECT a.id, a.application_id, m.id AS message, m.sealed AS encrypted FROM
                    (SELECT a.id, a.application_id, a.message FROM application a
                     JOIN rendition r ON r.source = a.photo AND r.print IS NOT NULL
                     WHERE a.queue = 'account' AND a.region = $1 AND a.bank = $2 AND a.lane >= $3 AND a.lane <= $3
                     ORDER BY a.lane, a.approved_on, a.application_id LIMIT $4) a
                 JOIN message m ON m.id = a.message",
                args![&group.region, &group.bank, &group.lane, most],
            )
            .await?;
        // The lane is a range so that only the queue's index can give this order: with an equality the key
        // of all applications could, and with old statistics PostgreSQL reads them all. The encrypted messages
        // are sorted here, because they would not fit into its memory for that.
        rows.sort_unstable_by(|a, b| a.application_id.cmp(&b.application_id));
        Ok(rows)
    }

    /// The cards of an account batch in the order of its rows, as its request needs them.
    pub async fn batch_to_open(&self, batch: i64) -> Result<Vec<WaitingCard>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<WaitingCard>(
                "SELECT a.id, a.application_id, m.id AS message, m.sealed AS encrypted FROM application a JOIN message m ON m.id = a.message
                 WHERE a.account_batch = $1 AND a.place IS NULL ORDER BY a.account_row",
                args![batch],
            )
            .await?;
        Ok(rows)
    }
}

/// An account cut inside a transaction.
pub(super) async fn cut_accounts(tx: &mut Tx, cut: &CutBatch, why: Stamp<'_>) -> Result<(), LedgerError> {
    hold_cards(tx, &cut.on_hold, "waiting_account", cut.due_on, why).await?;
    let Some(file) = &cut.file else { return nothing_cut(tx, cut).await };
    let batch = insert_batch(tx, cut, why).await?;
    let rows = cut.members.iter().enumerate().map(|(at, id)| Member { row: at as i64 + 1, id: *id }).collect();
    tx.stage(rows).await?;
    let taken = tx
        .run(
            // CASE, of which the planner guesses nothing: where it last looked at an empty queue it would
            // expect one card, and compare every member with every card that waits.
            "UPDATE application SET account_batch = $1, account_row = m.row, queue = NULL FROM member m
             WHERE application.id = m.id
                AND CASE WHEN application.queue = 'account' AND application.place IS NULL AND application.lane = $2
                    THEN TRUE ELSE FALSE END",
            args![batch, &cut.group.lane],
        )
        .await? as i64;
    let transition = transition!(CARD, "waiting_account" => "in_account_batch");
    all_moved(&transition, cut.members.len() as i64, taken)?;
    let moved = move_set(tx, ACCOUNT_BATCH.of(batch), transition, why).await?;
    all_moved(&transition, taken, moved)?;
    freeze_file(tx, file, batch, why).await?;
    finish_cut(tx, cut, batch, why).await
}

/// The cards of an account batch that ends unsent wait for another.
pub(super) async fn back_to_accounts(
    tx: &mut Tx,
    batch: i64,
    again_on: Date,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    tx.run(
        "INSERT INTO former_row (batch, row, application, card_number)
         SELECT $1, account_row, id, NULL FROM application WHERE account_batch = $1 ORDER BY account_row",
        args![batch],
    )
    .await?;
    tx.cover_one(&catalog::FORMER_ROW, batch).await?;
    move_set(tx, ACCOUNT_BATCH.of(batch), transition!(CARD, "in_account_batch" => "waiting_account"), why).await?;
    tx.run(
        "UPDATE application SET account_batch = NULL, account_row = NULL, queue = CASE WHEN place IS NULL THEN 'account' ELSE queue END,
            due_on = CASE WHEN due_on < $2 THEN $2 ELSE due_on END WHERE account_batch = $1",
        args![batch, again_on],
    )
    .await?;
    Ok(())
}
