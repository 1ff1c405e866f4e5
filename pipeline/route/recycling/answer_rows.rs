//! Recycling in the ledger: cards whose plastic came back, the request to the bank, its answer.

use cardline_core::domain::outcomes::AnswerOutcome;
use cardline_core::state_machines::{ACCOUNT, CARD};
use jiff::civil::Date;

use crate::batching::cut_batch::advance_batch;
use crate::cases::desk::{UnmatchedRow, open_case, open_row_cases};
use crate::exchange::files::{ReceivedFile, register_file};
use crate::limits::NOT_YET_CLOSED_MAX;
use crate::route::accounts::answer_rows::{UNKNOWN_CODE, UNKNOWN_CODE_CASE};
use crate::store::leases::spend;
use crate::store::row_macs::catalog;
use crate::store::transition::{Along, Subject, move_each, move_one};
use crate::store::{Lease, Ledger, LedgerError, Stamp, Tx};
use crate::{args, bulk_row, row, transition};

/// What was asked of a bank in one recycling batch.
pub struct AskedClosings {
    pub region: String,
    /// The day of the request.
    pub cut_on: String,
    pub rows: Vec<AskedClosing>,
}

row! {
    /// A card to be closed, as the answer must match it.
    pub struct AskedClosing {
        row: i64,
        application: i64,
        card_number: String,
        /// The account numbers, encrypted.
        account: Vec<u8>,
    }
}

/// A whole answer, row by row.
#[derive(Default)]
pub struct MatchedClosings {
    pub rows: Vec<ClosingRow>,
    pub unmatched: Vec<UnmatchedRow>,
}

/// One row of the bank's answer, matched.
pub struct ClosingRow {
    pub row: i64,
    pub application: i64,
    pub says: Closing,
}

/// What a bank says of one closing.
pub enum Closing {
    /// Closed and destroyed on this day.
    Closed(String),
    /// Not yet, for this reason: asked again.
    NotYet(String),
    /// Never, for this reason: a person decides.
    Never(String),
    /// It cannot be believed: a person decides.
    Doubtful(&'static str),
}

/// The dates an answer sets, reckoned by the caller by the policy of the batch's region.
#[derive(Clone, Copy)]
pub struct ClosingDates {
    /// What is not closed yet is in a batch again by this day.
    pub again_on: Date,
    /// A case must be decided by this day.
    pub case_on: Date,
}

bulk_row! {
    struct StagedClosing in "closing" {
        row: i64,
        application: i64,
        closed_on: Option<String>,
        outcome: AnswerOutcome,
        reason: String,
    }
}

fn staged(row: ClosingRow) -> StagedClosing {
    let (closed_on, outcome, reason) = match row.says {
        Closing::Closed(on) => (Some(on), AnswerOutcome::Closed, String::new()),
        Closing::NotYet(reason) => (None, AnswerOutcome::NotClosed, reason),
        Closing::Never(reason) => (None, AnswerOutcome::Final, reason),
        Closing::Doubtful(reason) => (None, AnswerOutcome::Mismatch, reason.into()),
    };
    StagedClosing { row: row.row, application: row.application, closed_on, outcome, reason }
}

impl Ledger {
    /// A recycling batch, as it was asked.
    pub async fn asked_closings(&self, batch: i64) -> Result<AskedClosings, LedgerError> {
        let mut tx = self.read().await?;
        let (region, cut_on) = tx
            .row::<(String, String)>("SELECT region, cut_on FROM batch WHERE id = $1", args![batch])
            .await?
            .ok_or_else(|| LedgerError::Shape("an asked batch".into()))?;
        let rows = tx
            .rows(
                "SELECT r.row, r.application, COALESCE(p.card_number, a.old_number, 'NOCARD') AS card_number, c.sealed AS account FROM recycling_row r
                 JOIN application a ON a.id = r.application JOIN account c ON c.application = a.id
                 LEFT JOIN production_row p ON p.application = r.application
                 WHERE r.batch = $1 ORDER BY r.row",
                args![batch],
            )
            .await?;
        Ok(AskedClosings { region, cut_on, rows })
    }

    /// Applies a bank's answer to a recycling request: every row that is believed, a case for every other.
    pub async fn settle_recycling_answer(
        &self,
        lease: &Lease,
        file: &ReceivedFile<'_>,
        batch: i64,
        answer: MatchedClosings,
        dates: ClosingDates,
        why: Stamp<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let file_id = register_file(&mut tx, file, why).await?;
        open_row_cases(&mut tx, file_id, &answer.unmatched, dates.case_on, "bank IT", why).await?;
        tx.stage(answer.rows.into_iter().map(staged).collect()).await?;
        contradictions(&mut tx, file_id, batch, dates, why).await?;
        never_closed(&mut tx).await?;
        let newly = tx.number("SELECT count(*) FROM closing", args![]).await?;
        tx.run(
            "INSERT INTO answer (file, row, application, outcome, reason)
             SELECT $1, row, application, outcome, reason FROM closing WHERE closed_on IS NULL ORDER BY row",
            args![file_id],
        )
        .await?;
        tx.cover(&catalog::ANSWER, "file = $1 AND mac IS NULL", args![file_id]).await?;
        tx.run(
            "UPDATE recycling_row SET closed_on = c.closed_on FROM closing c
             WHERE recycling_row.batch = $1 AND recycling_row.row = c.row AND c.closed_on IS NOT NULL",
            args![batch],
        )
        .await?;
        close_accounts(&mut tx, why).await?;
        not_closing(&mut tx, file_id, dates, why).await?;
        ask_again(&mut tx, file_id, dates, why).await?;
        advance_batch(&mut tx, batch, newly, why).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}

async fn close_accounts(tx: &mut Tx, why: Stamp<'_>) -> Result<(), LedgerError> {
    for closed in [transition!(ACCOUNT, "sealed" => "closed"), transition!(ACCOUNT, "active" => "closed")] {
        let ids = tx
            .rows::<(i64,)>(
                "SELECT a.id FROM closing c JOIN application a ON a.id = c.application
                 WHERE c.closed_on IS NOT NULL AND a.financial = $1 ORDER BY a.id",
                args![closed.from()],
            )
            .await?;
        tx.stage(ids.into_iter().map(|(id,)| Subject::of(id)).collect()).await?;
        let transitions = [transition!(CARD, "in_recycling" => "destroyed"), closed];
        let along = Along { owner: Some("nobody"), open: Some(false), live: Some(false), ..Along::default() };
        move_each(tx, &transitions, along, Stamp { reason: "closed and destroyed, confirmed by the bank", ..why })
            .await?;
    }
    Ok(())
}

/// Whether the bank has not answered a row of the batch yet.
macro_rules! open_row {
    () => {
        "EXISTS (SELECT 1 FROM application a JOIN recycling_row r ON r.application = a.id
            WHERE a.id = closing.application AND a.place = 'in_recycling' AND r.batch = $1 AND r.closed_on IS NULL)"
    };
}

/// A row answered before keeps its first answer; another one is a case.
async fn contradictions(
    tx: &mut Tx,
    file: i64,
    batch: i64,
    dates: ClosingDates,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let differing = concat!(
        "SELECT application FROM closing WHERE NOT ",
        open_row!(),
        " AND NOT EXISTS (SELECT 1 FROM recycling_row r WHERE r.batch = $1 AND r.row = closing.row AND r.closed_on = closing.closed_on)
            AND NOT EXISTS (SELECT 1 FROM answer n JOIN file f ON f.id = n.file WHERE f.batch = $1
                AND n.application = closing.application AND n.outcome = closing.outcome AND n.reason = closing.reason)
         ORDER BY row"
    );
    for (application,) in tx.rows::<(i64,)>(differing, args![batch]).await? {
        let reason = "the bank answered this closing twice, differently";
        open_case(tx, Some(application), Some(file), reason, dates.case_on, "bank IT", why).await?;
    }
    tx.scratch(concat!("DELETE FROM closing WHERE NOT ", open_row!()), args![batch]).await?;
    Ok(())
}

/// A bank that cannot close yet is asked again, but not forever: the last time a person looks.
async fn never_closed(tx: &mut Tx) -> Result<(), LedgerError> {
    tx.scratch(
        "UPDATE closing SET outcome = 'mismatch', reason = 'NOT-CLOSED-BY-NOW' WHERE outcome = 'not_closed'
            AND (SELECT count(*) FROM answer n WHERE n.application = closing.application AND n.outcome = 'not_closed') >= $1",
        args![NOT_YET_CLOSED_MAX - 1],
    )
    .await?;
    Ok(())
}

/// The bank will not close, or cannot be believed: not asked again before a person has looked. Why the card
/// ends stays with it.
async fn not_closing(tx: &mut Tx, file: i64, dates: ClosingDates, why: Stamp<'_>) -> Result<(), LedgerError> {
    let found = tx
        .rows::<(i64, String, String)>(
            "SELECT application, outcome, reason FROM closing WHERE outcome IN ('final', 'mismatch') ORDER BY row",
            args![],
        )
        .await?;
    for (application, outcome, reason) in found {
        let reason = if outcome == AnswerOutcome::Final.word() {
            format!("the bank will not close this account: {reason}")
        } else {
            reason
        };
        let along = Along { due_on: Some(dates.case_on), owner: Some("bureau operator"), ..Along::default() };
        let transition = transition!(CARD, "in_recycling" => "held");
        move_one(tx, application, transition, along, Stamp { reason: &reason, ..why }).await?;
        open_case(tx, Some(application), Some(file), &reason, dates.case_on, "bureau operator", why).await?;
    }
    Ok(())
}

async fn ask_again(tx: &mut Tx, file: i64, dates: ClosingDates, why: Stamp<'_>) -> Result<(), LedgerError> {
    let found = tx
        .rows::<(i64, String)>(
            "SELECT application, reason FROM closing WHERE outcome = 'not_closed' ORDER BY row",
            args![],
        )
        .await?;
    for (application, _) in found.iter().filter(|(_, reason)| reason == UNKNOWN_CODE) {
        open_case(tx, Some(*application), Some(file), UNKNOWN_CODE_CASE, dates.case_on, "bank IT", why).await?;
    }
    tx.stage(found.into_iter().map(|(id, _)| Subject::of(id)).collect()).await?;
    let along = Along { due_on: Some(dates.again_on), owner: Some("administrator"), ..Along::default() };
    let transition = transition!(CARD, "in_recycling" => "to_recycle");
    move_each(tx, &[transition], along, Stamp { reason: "the bank could not close yet; asked again", ..why }).await?;
    Ok(())
}
