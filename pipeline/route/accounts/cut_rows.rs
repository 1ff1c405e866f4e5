//! The account cut in the ledger: what waits for a bank, and the batch that asks it.

use cardline_core::state_machines::CARD;
use jiff::civil::Date;

use crate::batching::cut_batch::{CutBatch, Member, QueueSlice, WaitingSlice, finish_cut, insert_batch, nothing_cut};
use crate::cases::desk::hold_cards;
use crate::custody::account_waiting::wait_for_account;
use crate::custody::containers::ACCOUNT_BATCH;
use crate::exchange::files::freeze_file;
use crate::store::dialect::by_key;
use crate::store::row_macs::catalog;
use crate::store::transition::{Subject, all_moved, move_filled, move_set};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, row, transition};

row! {
    /// A card waiting for an account batch, with its encrypted application.
    pub struct WaitingCard {
        id: i64,
        application_id: String,
        approved_on: String,
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
                "SELECT w.region, w.bank, w.lane, w.cards, w.oldest, COALESCE(c.at, 0) AS since FROM
                    (SELECT region, bank, lane, count(*) AS cards, min(approved_on) AS oldest, min(application) AS first
                     FROM account_waiting GROUP BY region, bank, lane) w
                 LEFT JOIN application a ON a.id = w.first LEFT JOIN chunk c ON c.id = a.chunk ORDER BY w.region, w.bank, w.lane",
                args![],
            )
            .await?;
        Ok(rows.into_iter().map(QueueSlice::from).collect())
    }

    /// What waits of these groups now, and since when it was known to: as many as a batch takes are counted.
    pub async fn waiting_accounts_of(&self, groups: &[QueueSlice], most: i64) -> Result<Vec<QueueSlice>, LedgerError> {
        let mut tx = self.read().await?;
        let mut found = Vec::new();
        for group in groups {
            let sql = "SELECT count(*), COALESCE(min(approved_on), '') FROM (SELECT approved_on FROM account_waiting
                WHERE region = $1 AND bank = $2 AND lane = $3 ORDER BY approved_on, application_id LIMIT $4) w";
            let counted = tx.row::<(i64, String)>(sql, args![&group.region, &group.bank, &group.lane, most]).await?;
            let (cards, oldest) = counted.unwrap_or_default();
            if cards > 0 {
                found.push(QueueSlice { cards, oldest, ..group.clone() });
            }
        }
        Ok(found)
    }

    /// The cards of a group that were approved first and whose photo is rendered, in the order of application ids.
    pub async fn waiting_cards(&self, group: &QueueSlice, most: i64) -> Result<Vec<WaitingCard>, LedgerError> {
        let mut tx = self.read().await?;
        let mut rows = tx
            .rows::<WaitingCard>(
                "SELECT a.id, a.application_id, a.approved_on, m.id AS message, m.sealed AS encrypted FROM
                    (SELECT a.id, a.application_id, a.approved_on, a.message FROM account_waiting w JOIN application a ON a.id = w.application
                     JOIN rendition r ON r.source = a.photo AND r.print IS NOT NULL
                     WHERE w.region = $1 AND w.bank = $2 AND w.lane = $3
                        AND a.region = w.region AND a.bank = w.bank AND a.lane = w.lane AND a.place IS NULL
                     ORDER BY w.approved_on, w.application_id LIMIT $4) a
                 JOIN message m ON m.id = a.message",
                args![&group.region, &group.bank, &group.lane, most],
            )
            .await?;
        // The encrypted messages are sorted here, because they would not fit into the database's memory for that.
        rows.sort_unstable_by(|a, b| a.application_id.cmp(&b.application_id));
        Ok(rows)
    }

    /// The cards of an account batch in the order of its rows, as its request needs them.
    pub async fn batch_to_open(&self, batch: i64) -> Result<Vec<WaitingCard>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<WaitingCard>(
                "SELECT a.id, a.application_id, a.approved_on, m.id AS message, m.sealed AS encrypted FROM account_row g
                 JOIN application a ON a.id = g.application AND a.place IS NULL JOIN message m ON m.id = a.message
                 WHERE g.batch = $1 ORDER BY g.row",
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
    // Who was withdrawn, put on hold or put into another lane meanwhile waits here no more.
    let taken = tx
        .run(
            by_key!(tx, "DELETE FROM account_waiting WHERE lane = $1 AND application", "SELECT id FROM member"),
            args![&cut.group.lane],
        )
        .await? as i64;
    let transition = transition!(CARD, "waiting_account" => "in_account_batch");
    all_moved(&transition, cut.members.len() as i64, taken)?;
    let entered = tx
        .run(
            "INSERT INTO account_row (batch, row, application) SELECT $1, m.row, m.id FROM member m ORDER BY m.row",
            args![batch],
        )
        .await? as i64;
    all_moved(&transition, taken, entered)?;
    move_filled(tx, ACCOUNT_BATCH.of(batch), entered, transition, why).await?;
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
         SELECT batch, row, application, NULL FROM account_row WHERE batch = $1 ORDER BY row",
        args![batch],
    )
    .await?;
    tx.cover_one(&catalog::FORMER_ROW, batch).await?;
    move_set(tx, ACCOUNT_BATCH.of(batch), transition!(CARD, "in_account_batch" => "waiting_account"), why).await?;
    tx.run(
        "UPDATE application SET due_on = $2 WHERE due_on < $2 AND id IN (SELECT application FROM account_row WHERE batch = $1)",
        args![batch, again_on],
    )
    .await?;
    // Who is held meanwhile waits for a person, not for the bank.
    let members = "SELECT a.id FROM account_row g JOIN application a ON a.id = g.application
        WHERE g.batch = $1 AND a.place IS NULL ORDER BY g.row";
    let waiting = tx.rows::<(i64,)>(members, args![batch]).await?;
    tx.run("DELETE FROM account_row WHERE batch = $1", args![batch]).await?;
    tx.stage(waiting.into_iter().map(|(id,)| Subject::of(id)).collect()).await?;
    wait_for_account(tx).await
}
