//! The production cut in the ledger: opened accounts that wait for the bureau, and their order.

use cardline_core::domain::card_number;
use cardline_core::state_machines::CARD;
use jiff::civil::Date;

use super::queue::{Waiting, first_waiting};
use crate::batching::cut_batch::{CutBatch, QueueSlice, WaitingSlice, finish_cut, insert_batch, nothing_cut};
use crate::cases::desk::hold_cards;
use crate::custody::containers::PRODUCTION_BATCH;
use crate::exchange::files::freeze_file;
use crate::store::row_macs::catalog;
use crate::store::transition::{Subject, all_moved, move_filled, move_set};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, bulk_row, row, transition};

row! {
    /// A card waiting for production, with what the package needs.
    pub struct AccountedCard {
        id: i64,
        application_id: String,
        /// The issuing region: its section of the run.
        region: String,
        /// The batch that its account came with.
        account_batch: i64,
        photo: String,
        point: String,
        message_id: i64,
        message: Vec<u8>,
        account: Vec<u8>,
    }
}

bulk_row! {
    /// A card with the number it gets.
    struct Numbered<'a> in "numbered" { row: i64, id: i64, account_batch: i64, card_number: &'a str, mac: Option<i64> }
}

bulk_row! {
    /// A card that goes next, and the batch that its account came with.
    struct Next in "next_made" { id: i64, account_batch: i64 }
}

impl Ledger {
    /// Opened accounts whose cards are not ordered yet, group by group.
    pub async fn waiting_production(&self) -> Result<Vec<QueueSlice>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<WaitingSlice>(
                "SELECT b.region, b.bank, b.lane, CAST(sum(b.to_produce) AS BIGINT) AS cards, min(b.cut_on) AS oldest,
                    COALESCE(min((SELECT min(f.at) FROM file f WHERE f.batch = b.id AND f.direction = 'in')), 0) AS since FROM batch b
                 WHERE b.to_produce > 0 GROUP BY b.region, b.bank, b.lane ORDER BY b.region, b.bank, b.lane",
                args![],
            )
            .await?;
        Ok(rows.into_iter().map(QueueSlice::from).collect())
    }

    /// The cards of a production batch in the order of its rows, as a package needs them.
    pub async fn batch_to_produce(&self, batch: i64) -> Result<Vec<AccountedCard>, LedgerError> {
        let mut tx = self.read().await?;
        tx.rows(
                "SELECT a.id, a.application_id, a.region, g.batch AS account_batch, COALESCE(a.photo, '') AS photo, a.point,
                    m.id AS message_id, m.sealed AS message, c.sealed AS account
                 FROM production_row p JOIN application a ON a.id = p.application JOIN account_row g ON g.application = a.id
                 JOIN account c ON c.application = a.id JOIN message m ON m.id = a.message
                 WHERE p.batch = $1 AND a.place IS NULL ORDER BY p.row",
                args![batch],
            )
            .await
    }

    /// The serial of the card number in a batch's first row; those of the others follow it.
    pub async fn first_serial(&self, batch: i64) -> Result<i64, LedgerError> {
        let mut tx = self.read().await?;
        let sql = "SELECT card_number FROM production_row WHERE batch = $1 ORDER BY row LIMIT 1";
        let first = tx.row::<(String,)>(sql, args![batch]).await?;
        let serial = first.and_then(|(number,)| card_number::serial(&number));
        serial.map(|serial| serial as i64).ok_or_else(|| LedgerError::Shape("card number of the first row".into()))
    }

    /// The cards of these groups, which are of one bank and lane, that were approved first: region by region, in the
    /// order of application ids.
    pub async fn accounted_cards(&self, groups: &[QueueSlice], most: i64) -> Result<Vec<AccountedCard>, LedgerError> {
        let mut tx = self.read().await?;
        let first = first_waiting(&mut tx, groups, most).await?;
        let next = |card: &Waiting| Next { id: card.application, account_batch: card.account_batch };
        tx.stage(first.iter().map(next).collect()).await?;
        let mut rows = tx
            .rows::<AccountedCard>(
                "SELECT a.id, a.application_id, a.region, n.account_batch, COALESCE(a.photo, '') AS photo, a.point,
                    m.id AS message_id, m.sealed AS message, c.sealed AS account
                 FROM next_made n JOIN application a ON a.id = n.id
                 JOIN account c ON c.application = a.id JOIN message m ON m.id = a.message",
                args![],
            )
            .await?;
        rows.sort_unstable_by(|a, b| (&a.region, &a.application_id).cmp(&(&b.region, &b.application_id)));
        Ok(rows)
    }
}

/// The members of a run besides their ids: by which account batches they are counted, and the numbers they get.
pub(super) struct Ordered<'a> {
    pub account_batches: &'a [i64],
    pub numbers: &'a [String],
}

/// A production cut inside a transaction.
pub(super) async fn cut_production(
    tx: &mut Tx,
    cut: &CutBatch,
    ordered: Ordered<'_>,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let on_hold: Vec<_> = cut.on_hold.iter().map(|(id, _)| Subject::of(*id)).collect();
    tx.stage(on_hold).await?;
    tx.run(
        "UPDATE batch SET to_produce = to_produce - g.cards
         FROM (SELECT r.batch AS id, count(*) AS cards FROM subject s JOIN account_row r ON r.application = s.id GROUP BY r.batch) g
         WHERE batch.id = g.id",
        args![],
    )
    .await?;
    hold_cards(tx, &cut.on_hold, "waiting_production", cut.due_on, why).await?;
    let Some(file) = &cut.file else { return nothing_cut(tx, cut).await };
    let batch = insert_batch(tx, cut, why).await?;
    let rows = cut.members.iter().zip(ordered.account_batches).zip(ordered.numbers).enumerate();
    let key = tx.row_key();
    let numbered = rows.map(|(at, ((id, account_batch), number))| {
        let row = at as i64 + 1;
        let mac = key
            .as_ref()
            .map(|key| key.mac(catalog::PRODUCTION_ROW.table).field(batch).field(row).field(*id).field(number).end());
        Numbered { row, id: *id, account_batch: *account_batch, card_number: number, mac }
    });
    tx.stage(numbered.collect()).await?;
    // Before they are ordered, for it waits for whoever is putting a card of these account batches on hold: then that
    // is seen.
    tx.run(
        "UPDATE batch SET to_produce = to_produce - g.cards
         FROM (SELECT account_batch AS id, count(*) AS cards FROM numbered GROUP BY account_batch) g WHERE batch.id = g.id",
        args![],
    )
    .await?;
    let ordered = tx
        .run(
            "INSERT INTO production_row (batch, row, application, card_number, mac)
             SELECT $1, n.row, n.id, n.card_number, n.mac FROM numbered n JOIN application a ON a.id = n.id AND a.place IS NULL ORDER BY n.row",
            args![batch],
        )
        .await? as i64;
    let transition = transition!(CARD, "waiting_production" => "in_production");
    all_moved(&transition, cut.members.len() as i64, ordered)?;
    move_filled(tx, PRODUCTION_BATCH.of(batch), ordered, transition, why).await?;
    freeze_file(tx, file, batch, why).await?;
    finish_cut(tx, cut, batch, why).await
}

/// The cards of a production batch that ends unsent wait for another; the numbers it gave are used up.
pub(super) async fn back_to_production(
    tx: &mut Tx,
    batch: i64,
    again_on: Date,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    tx.run(
        "INSERT INTO former_row (batch, row, application, card_number)
         SELECT batch, row, application, card_number FROM production_row WHERE batch = $1 ORDER BY row",
        args![batch],
    )
    .await?;
    tx.cover_one(&catalog::FORMER_ROW, batch).await?;
    // Who is held meanwhile waits for a person, not for the bureau.
    tx.run(
        "UPDATE batch SET to_produce = to_produce + g.cards, due_on = CASE WHEN due_on < $2 THEN $2 ELSE due_on END
         FROM (SELECT r.batch AS id, count(*) AS cards FROM production_row p JOIN account_row r ON r.application = p.application
            JOIN application a ON a.id = p.application WHERE p.batch = $1 AND a.place IS NULL GROUP BY r.batch) g WHERE batch.id = g.id",
        args![batch, again_on],
    )
    .await?;
    move_set(tx, PRODUCTION_BATCH.of(batch), transition!(CARD, "in_production" => "waiting_production"), why).await?;
    tx.run("DELETE FROM production_row WHERE batch = $1", args![batch]).await?;
    Ok(())
}
