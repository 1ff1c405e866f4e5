//! Recycling in the ledger: cards whose plastic came back, the request to the bank, its answer.

use cardline_core::lives::{ACCOUNT, CARD};

use super::accounts::{CutBatch, Group, advance_batch, finish_cut, insert_batch};
use super::engine::Tx;
use super::files::{ReceivedFile, freeze_file, register_file};
use super::moves::{Along, SUBJECT, Step, Why, lost, move_each, subject};
use super::stage::{Column, Stage};
use super::{Lease, Ledger, LedgerError, spend};
use crate::args;

/// A card to be closed and destroyed, with what the request row needs.
pub struct ReturnedCard {
    pub id: i64,
    pub card_number: String,
    pub reason: String,
    /// `received` or `not_received`.
    pub plastic: String,
    pub outlet: String,
    pub social_cancelled_on: String,
    pub message: Vec<u8>,
    pub account: Vec<u8>,
}

/// One row of the bank's answer, matched.
pub struct ClosingRow {
    pub row: i64,
    pub application: i64,
    pub closed_on: Option<String>,
    /// Why it is not closed, in our word; empty when it is.
    pub reason: String,
}

const RECYCLED: Stage = Stage {
    name: "recycled",
    columns: &[("row", Column::Int), ("id", Column::Int), ("reason", Column::Text), ("plastic", Column::Text)],
};

const CLOSING: Stage = Stage {
    name: "closing",
    columns: &[
        ("row", Column::Int),
        ("application", Column::Int),
        ("closed_on", Column::Text),
        ("reason", Column::Text),
    ],
};

/// What a closing request needs of a card; only the choice of cards differs.
macro_rules! returned {
    ($which:literal) => {
        concat!(
            "SELECT a.id, COALESCE(p.card_number, a.old_number), COALESCE(a.reason, 'replacement'), CASE WHEN EXISTS (SELECT 1 FROM move v WHERE v.scope = 'application' AND v.subject = a.id
                        AND v.life = 'card' AND v.from_state = 'lost' AND v.to_state = 'to_recycle') THEN 'not_received' ELSE 'received' END, a.outlet,
                    (SELECT COALESCE(max(v.at), 0) FROM move v WHERE v.scope = 'application' AND v.subject = a.id AND v.life = 'social'
                        AND v.to_state = 'cancelled'), m.sealed, c.sealed
                 FROM application a JOIN account c ON c.application = a.id JOIN message m ON m.id = a.message
                 LEFT JOIN production_row p ON p.application = a.id ",
            $which
        )
    };
}

type ReturnedRow = (i64, String, String, String, String, i64, Vec<u8>, Vec<u8>);

fn returned((id, card_number, reason, plastic, outlet, at, message, account): ReturnedRow) -> ReturnedCard {
    let cancelled_at = jiff::Timestamp::from_microsecond(at).unwrap_or_default();
    let social_cancelled_on = crate::time::local_date(cancelled_at).to_string();
    ReturnedCard { id, card_number, reason, plastic, outlet, social_cancelled_on, message, account }
}

impl Ledger {
    /// What waits for a recycling batch, group by group; lanes do not matter here.
    pub async fn waiting_recycling(&self) -> Result<Vec<Group>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<(String, String, i64, String)>(
                "SELECT region, bank, count(*), min(due_on) FROM application WHERE place = 'to_recycle'
                 GROUP BY region, bank ORDER BY region, bank",
                args![],
            )
            .await?;
        Ok(rows
            .into_iter()
            .map(|(region, bank, cards, oldest)| {
                // Recycling gathers by deadline; since when a card waits does not matter to it.
                let since = jiff::Timestamp::default();
                Group { region, bank, lane: "normal".into(), cards, oldest, since }
            })
            .collect())
    }

    /// The first cards of a group, in the order of application ids. The social function of each is
    /// cancelled already: the bank may close only after that (s2).
    pub async fn returned_cards(&self, group: &Group, most: i64) -> Result<Vec<ReturnedCard>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<ReturnedRow>(
                returned!(
                    "WHERE a.place = 'to_recycle' AND a.social = 'cancelled' AND a.region = $1 AND a.bank = $2
                     ORDER BY a.application_id LIMIT $3"
                ),
                args![&group.region, &group.bank, most],
            )
            .await?;
        Ok(rows.into_iter().map(returned).collect())
    }

    /// The cards of a recycling batch in the order of its rows, as its request needs them.
    pub async fn batch_to_recycle(&self, batch: i64) -> Result<Vec<ReturnedCard>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<ReturnedRow>(
                returned!("JOIN recycling_row r ON r.application = a.id WHERE r.batch = $1 AND a.place = 'in_recycling' ORDER BY r.row"),
                args![batch],
            )
            .await?;
        Ok(rows.into_iter().map(returned).collect())
    }

    /// Settles a recycling cut.
    pub async fn settle_recycling_cut(
        &self,
        lease: &Lease,
        cut: &CutBatch,
        cards: &[ReturnedCard],
        why: Why<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        cut_recycling(&mut tx, cut, cards, why).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }

    /// The rows of a recycling batch: row, application, card number, closed on.
    pub async fn recycling_rows(&self, batch: i64) -> Result<Vec<(i64, i64, String, Option<String>)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.rows::<(i64, i64, String, Option<String>)>(
            "SELECT r.row, r.application, COALESCE(p.card_number, a.old_number), r.closed_on FROM recycling_row r
             JOIN application a ON a.id = r.application LEFT JOIN production_row p ON p.application = r.application
             WHERE r.batch = $1 ORDER BY r.row",
            args![batch],
        )
        .await
    }

    /// Applies a bank's whole answer to a recycling request.
    pub async fn settle_recycling_answer(
        &self,
        lease: &Lease,
        file: &ReceivedFile<'_>,
        batch: i64,
        rows: Vec<ClosingRow>,
        again_on: jiff::civil::Date,
        why: Why<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let file_id = register_file(&mut tx, file, why).await?;
        tx.stage(&CLOSING, rows.into_iter().map(|r| args![r.row, r.application, r.closed_on, r.reason]).collect())
            .await?;
        // A row answered before keeps its first answer.
        tx.scratch(
            "DELETE FROM closing WHERE NOT EXISTS (SELECT 1 FROM application a JOIN recycling_row r ON r.application = a.id
                WHERE a.id = closing.application AND a.place = 'in_recycling' AND r.batch = $1 AND r.closed_on IS NULL)",
            args![batch],
        )
        .await?;
        let newly = tx.number("SELECT count(*) FROM closing", args![]).await?;
        tx.run(
            "INSERT INTO answer (file, row, application, outcome, reason)
             SELECT $1, row, application, 'not_closed', reason FROM closing WHERE closed_on IS NULL ORDER BY row",
            args![file_id],
        )
        .await?;
        tx.run(
            "UPDATE recycling_row SET closed_on = c.closed_on FROM closing c
             WHERE recycling_row.batch = $1 AND recycling_row.row = c.row AND c.closed_on IS NOT NULL",
            args![batch],
        )
        .await?;
        close_accounts(&mut tx, why).await?;
        ask_again(&mut tx, again_on, why).await?;
        advance_batch(&mut tx, batch, newly, why).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}

/// A recycling cut inside a transaction.
pub(super) async fn cut_recycling(
    tx: &mut Tx,
    cut: &CutBatch,
    cards: &[ReturnedCard],
    why: Why<'_>,
) -> Result<(), LedgerError> {
    let Some(file) = &cut.file else { return Ok(()) };
    let batch = insert_batch(tx, cut, why).await?;
    // Members stand in the order of the cards; whoever could not be carried is none of them.
    let mut members = cut.members.iter().peekable();
    let carried: Vec<&ReturnedCard> = cards.iter().filter(|c| members.next_if_eq(&&c.id).is_some()).collect();
    let rows = carried.iter().enumerate().map(|(at, c)| args![at as i64 + 1, c.id, &c.reason, &c.plastic]).collect();
    tx.stage(&RECYCLED, rows).await?;
    tx.run(
        "INSERT INTO recycling_row (batch, row, application, reason, plastic) SELECT $1, row, id, reason, plastic FROM recycled ORDER BY row",
        args![batch],
    )
    .await?;
    tx.stage(&SUBJECT, carried.iter().map(|c| subject(c.id)).collect()).await?;
    let step = Step { life: &CARD, from: "to_recycle", to: "in_recycling" };
    let along = Along { due_on: Some(cut.due_on), owner: Some("bank"), ..Along::default() };
    let moved = move_each(tx, &[step], along, why).await?;
    if moved != carried.len() as i64 {
        return Err(lost(&step, carried.len() as i64, moved));
    }
    freeze_file(tx, file, batch, why).await?;
    finish_cut(tx, cut, batch, why).await
}

async fn close_accounts(tx: &mut Tx, why: Why<'_>) -> Result<(), LedgerError> {
    for from in ["sealed", "active"] {
        let ids = tx
            .rows::<(i64,)>(
                "SELECT a.id FROM closing c JOIN application a ON a.id = c.application
                 WHERE c.closed_on IS NOT NULL AND a.financial = $1 ORDER BY a.id",
                args![from],
            )
            .await?;
        tx.stage(&SUBJECT, ids.into_iter().map(|(id,)| subject(id)).collect()).await?;
        let steps =
            [Step { life: &CARD, from: "in_recycling", to: "destroyed" }, Step { life: &ACCOUNT, from, to: "closed" }];
        let along = Along { owner: Some("nobody"), open: Some(false), live: Some(false), ..Along::default() };
        move_each(tx, &steps, along, Why { reason: "closed and destroyed, confirmed by the bank", ..why }).await?;
    }
    Ok(())
}

async fn ask_again(tx: &mut Tx, again_on: jiff::civil::Date, why: Why<'_>) -> Result<(), LedgerError> {
    let ids =
        tx.rows::<(i64,)>("SELECT application FROM closing WHERE closed_on IS NULL ORDER BY row", args![]).await?;
    tx.stage(&SUBJECT, ids.into_iter().map(|(id,)| subject(id)).collect()).await?;
    let along = Along { due_on: Some(again_on), owner: Some("administrator"), ..Along::default() };
    let step = Step { life: &CARD, from: "in_recycling", to: "to_recycle" };
    move_each(tx, &[step], along, Why { reason: "the bank could not close yet; asked again", ..why }).await?;
    Ok(())
}
