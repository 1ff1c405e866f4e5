//! The production cut in the ledger: opened accounts that wait for the bureau, and their order.

use cardline_core::domain::card_number;
use cardline_core::state_machines::CARD;
use jiff::civil::Date;

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
        photo: String,
        point: String,
        message_id: i64,
        message: Vec<u8>,
        account: Vec<u8>,
    }
}

bulk_row! {
    /// A card with the number it gets.
    struct Numbered<'a> in "numbered" { row: i64, id: i64, card_number: &'a str, mac: Option<i64> }
}

bulk_row! {
    /// A section of a run that is about to be cut.
    struct Section<'a> in "section" { region: &'a str }
}

/// The cards of a bank and lane whose account is open and that no bureau was asked for yet.
macro_rules! to_order {
    () => {
        "batch b JOIN account_row g ON g.batch = b.id JOIN application a ON a.id = g.application AND a.place IS NULL
         JOIN account o ON o.application = a.id LEFT JOIN production_row p ON p.application = a.id
         WHERE b.to_produce > 0 AND b.bank = $1 AND b.lane = $2 AND p.application IS NULL"
    };
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
                "SELECT a.id, a.application_id, a.region, COALESCE(a.photo, '') AS photo, a.point, m.id AS message_id, m.sealed AS message, c.sealed AS account
                 FROM production_row p JOIN application a ON a.id = p.application
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

    /// The cards of these groups, which are of one bank and lane, that were approved first and can be ordered: region
    /// by region, in the order of application ids. All that wait are looked at: `to_produce` is a hint, and a batch
    /// that counts too many keeps no other back.
    pub async fn accounted_cards(&self, groups: &[QueueSlice], most: i64) -> Result<Vec<AccountedCard>, LedgerError> {
        let Some(first) = groups.first() else { return Ok(Vec::new()) };
        let mut tx = self.read().await?;
        tx.stage(groups.iter().map(|group| Section { region: &group.region }).collect()).await?;
        let mut rows = tx
            .rows::<AccountedCard>(
                concat!(
                    "SELECT a.id, a.application_id, a.region, COALESCE(a.photo, '') AS photo, a.point, m.id AS message_id, m.sealed AS message, c.sealed AS account FROM
                        (SELECT a.id FROM ",
                    to_order!(),
                    " AND b.region IN (SELECT region FROM section) ORDER BY a.approved_on, a.application_id LIMIT $3) w
                     JOIN application a ON a.id = w.id JOIN account c ON c.application = a.id JOIN message m ON m.id = a.message"
                ),
                args![&first.bank, &first.lane, most],
            )
            .await?;
        // As for the account cut: only keys are sorted in the database, however many wait.
        rows.sort_unstable_by(|a, b| (&a.region, &a.application_id).cmp(&(&b.region, &b.application_id)));
        Ok(rows)
    }

    /// How many of each of these groups, which are of one bank and lane, are among those approved first.
    pub async fn approved_first(&self, groups: &[QueueSlice], most: i64) -> Result<Vec<(String, i64)>, LedgerError> {
        let Some(first) = groups.first() else { return Ok(Vec::new()) };
        let mut tx = self.read().await?;
        tx.stage(groups.iter().map(|group| Section { region: &group.region }).collect()).await?;
        tx.rows(
            concat!(
                "SELECT w.region, count(*) FROM (SELECT b.region FROM ",
                to_order!(),
                " AND b.region IN (SELECT region FROM section) ORDER BY a.approved_on, a.application_id LIMIT $3) w
                 GROUP BY w.region ORDER BY w.region"
            ),
            args![&first.bank, &first.lane, most],
        )
        .await
    }
}

/// A production cut inside a transaction.
pub(super) async fn cut_production(
    tx: &mut Tx,
    cut: &CutBatch,
    numbers: &[String],
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let on_hold: Vec<_> = cut.on_hold.iter().map(|(id, _)| Subject::of(*id)).collect();
    tx.stage(on_hold).await?;
    no_longer_to_produce(tx, "subject").await?;
    hold_cards(tx, &cut.on_hold, "waiting_production", cut.due_on, why).await?;
    let Some(file) = &cut.file else { return nothing_cut(tx, cut).await };
    let batch = insert_batch(tx, cut, why).await?;
    let rows = cut.members.iter().zip(numbers).enumerate();
    let key = tx.row_key();
    let numbered = rows.map(|(at, (id, number))| {
        let row = at as i64 + 1;
        let mac = key
            .as_ref()
            .map(|key| key.mac(catalog::PRODUCTION_ROW.table).field(batch).field(row).field(*id).field(number).end());
        Numbered { row, id: *id, card_number: number, mac }
    });
    tx.stage(numbered.collect()).await?;
    // Before they are ordered, for it waits for whoever is putting a card of these account batches on hold: then that
    // is seen.
    no_longer_to_produce(tx, "numbered").await?;
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

/// Takes staged cards off the count of those that still wait in their account batches.
async fn no_longer_to_produce(tx: &mut Tx, staged: &str) -> Result<(), LedgerError> {
    let sql = if staged == "subject" {
        "UPDATE batch SET to_produce = to_produce - g.cards
         FROM (SELECT r.batch AS id, count(*) AS cards FROM subject s JOIN account_row r ON r.application = s.id GROUP BY r.batch) g
         WHERE batch.id = g.id"
    } else {
        "UPDATE batch SET to_produce = to_produce - g.cards
         FROM (SELECT r.batch AS id, count(*) AS cards FROM numbered s JOIN account_row r ON r.application = s.id GROUP BY r.batch) g
         WHERE batch.id = g.id"
    };
    tx.run(sql, args![]).await?;
    Ok(())
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
