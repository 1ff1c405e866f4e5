//! The recycling cut in the ledger: cards whose plastic is back or gone, and the batch that has them closed.

use cardline_core::state_machines::CARD;
use jiff::civil::Date;

use crate::batching::cut_batch::{CutBatch, QueueSlice, WaitingSlice, finish_cut, insert_batch};
use crate::exchange::files::freeze_file;
use crate::store::row_macs::catalog;
use crate::store::transition::{Along, Subject, all_moved, move_each};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, bulk_row, row, transition};

/// A card to be closed and destroyed, with what the request row needs.
pub struct ReturnedCard {
    pub id: i64,
    /// `NOCARD` of an account for which no card was ever ordered.
    pub card_number: String,
    pub reason: String,
    /// `received` or `not_received`.
    pub plastic: String,
    pub outlet: String,
    pub social_cancelled_on: String,
    pub message_id: i64,
    pub message: Vec<u8>,
    pub account: Vec<u8>,
}

bulk_row! {
    /// A card whose account is to be closed, by its row.
    struct Recycled<'a> in "recycled" { row: i64, id: i64, reason: &'a str, plastic: &'a str }
}

/// What a closing request needs of a card; only the choice of cards differs.
macro_rules! returned {
    ($which:literal) => {
        concat!(
            "SELECT a.id, COALESCE(p.card_number, a.old_number, 'NOCARD') AS card_number, COALESCE(a.reason, 'replacement') AS reason, CASE WHEN EXISTS (SELECT 1 FROM move v WHERE v.scope = 'application' AND v.subject = a.id
                        AND v.life = 'card' AND v.from_state IN ('lost', 'held') AND v.to_state = 'to_recycle')
                        AND NOT EXISTS (SELECT 1 FROM move v WHERE v.scope = 'application' AND v.subject = a.id
                        AND v.life = 'card' AND v.from_state IN ('in_hand', 'awaiting_return', 'recalled', 'stored') AND v.to_state = 'to_recycle') THEN 'not_received' ELSE 'received' END AS plastic, a.outlet,
                    (SELECT COALESCE(max(v.at), 0) FROM move v WHERE v.scope = 'application' AND v.subject = a.id AND v.life = 'social'
                        AND v.to_state = 'cancelled') AS cancelled_at, m.id AS message_id, m.sealed AS message, c.sealed AS account
                 FROM application a JOIN account c ON c.application = a.id JOIN message m ON m.id = a.message
                 LEFT JOIN production_row p ON p.application = a.id ",
            $which
        )
    };
}

row! {
    struct StoredReturned {
        id: i64,
        card_number: String,
        reason: String,
        plastic: String,
        outlet: String,
        cancelled_at: i64,
        message_id: i64,
        message: Vec<u8>,
        account: Vec<u8>,
    }
}

impl From<StoredReturned> for ReturnedCard {
    fn from(row: StoredReturned) -> ReturnedCard {
        let StoredReturned { id, card_number, reason, plastic, outlet, cancelled_at, message_id, message, account } =
            row;
        let cancelled_at = jiff::Timestamp::from_microsecond(cancelled_at).unwrap_or_default();
        let social_cancelled_on = crate::time::local_date(cancelled_at).to_string();
        ReturnedCard { id, card_number, reason, plastic, outlet, social_cancelled_on, message_id, message, account }
    }
}

impl Ledger {
    /// What waits for a recycling batch, group by group; lanes do not matter here.
    pub async fn waiting_recycling(&self) -> Result<Vec<QueueSlice>, LedgerError> {
        let mut tx = self.read().await?;
        // Recycling gathers by deadline; since when a card waits does not matter to it.
        let rows = tx
            .rows::<WaitingSlice>(
                "SELECT region, bank, 'normal' AS lane, count(*) AS cards, min(due_on) AS oldest, CAST(0 AS BIGINT) AS since
                 FROM application WHERE place = 'to_recycle' GROUP BY region, bank ORDER BY region, bank",
                args![],
            )
            .await?;
        Ok(rows.into_iter().map(QueueSlice::from).collect())
    }

    /// The cards of a group that were approved first, in the order of application ids. The social function of each is
    /// cancelled already: the bank may close only after that (s2).
    pub async fn returned_cards(&self, group: &QueueSlice, most: i64) -> Result<Vec<ReturnedCard>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<StoredReturned>(
                returned!(
                    "WHERE a.id IN (SELECT w.id FROM application w WHERE w.place = 'to_recycle' AND w.social = 'cancelled'
                        AND w.region = $1 AND w.bank = $2 ORDER BY w.approved_on, w.application_id LIMIT $3)
                     ORDER BY a.application_id"
                ),
                args![&group.region, &group.bank, most],
            )
            .await?;
        Ok(rows.into_iter().map(ReturnedCard::from).collect())
    }

    /// The cards of a recycling batch in the order of its rows, as its request needs them.
    pub async fn batch_to_recycle(&self, batch: i64) -> Result<Vec<ReturnedCard>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<StoredReturned>(
                returned!("JOIN recycling_row r ON r.application = a.id WHERE r.batch = $1 AND a.place = 'in_recycling' ORDER BY r.row"),
                args![batch],
            )
            .await?;
        Ok(rows.into_iter().map(ReturnedCard::from).collect())
    }
}

/// A recycling cut inside a transaction.
pub(super) async fn cut_recycling(
    tx: &mut Tx,
    cut: &CutBatch,
    cards: &[ReturnedCard],
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let Some(file) = &cut.file else { return Ok(()) };
    let batch = insert_batch(tx, cut, why).await?;
    // Members stand in the order of the cards; whoever could not be carried is none of them.
    let mut members = cut.members.iter().peekable();
    let carried: Vec<&ReturnedCard> = cards.iter().filter(|c| members.next_if_eq(&&c.id).is_some()).collect();
    let rows = carried.iter().zip(1..);
    tx.stage(rows.map(|(c, row)| Recycled { row, id: c.id, reason: &c.reason, plastic: &c.plastic }).collect()).await?;
    tx.run(
        "INSERT INTO recycling_row (batch, row, application, reason, plastic) SELECT $1, row, id, reason, plastic FROM recycled ORDER BY row",
        args![batch],
    )
    .await?;
    tx.cover_one(&catalog::RECYCLING_ROW, batch).await?;
    tx.stage(carried.iter().map(|c| Subject::of(c.id)).collect()).await?;
    let transition = transition!(CARD, "to_recycle" => "in_recycling");
    let along = Along { due_on: Some(cut.due_on), owner: Some("bank"), ..Along::default() };
    let moved = move_each(tx, &[transition], along, why).await?;
    all_moved(&transition, carried.len() as i64, moved)?;
    freeze_file(tx, file, batch, why).await?;
    finish_cut(tx, cut, batch, why).await
}

/// The cards of a recycling batch that ends unsent wait for another.
pub(super) async fn back_to_recycling(
    tx: &mut Tx,
    batch: i64,
    again_on: Date,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    tx.run(
        "INSERT INTO former_row (batch, row, application, card_number)
         SELECT batch, row, application, NULL FROM recycling_row WHERE batch = $1 ORDER BY row",
        args![batch],
    )
    .await?;
    tx.cover_one(&catalog::FORMER_ROW, batch).await?;
    let members =
        tx.rows::<(i64,)>("SELECT application FROM recycling_row WHERE batch = $1 ORDER BY row", args![batch]).await?;
    tx.run("DELETE FROM recycling_row WHERE batch = $1", args![batch]).await?;
    tx.stage(members.into_iter().map(|(id,)| Subject::of(id)).collect()).await?;
    let along = Along { due_on: Some(again_on), owner: Some("administrator"), ..Along::default() };
    move_each(tx, &[transition!(CARD, "in_recycling" => "to_recycle")], along, why).await?;
    Ok(())
}
