//! The accounts stage in the ledger: what waits for a bank, the cut, and the bank's answer.

use cardline_core::domain::outcomes::AnswerOutcome;
use cardline_core::state_machines::{ACCOUNT, APPLICATION, CARD, SOCIAL};
use jiff::civil::Date;

use crate::batching::cut_batch::advance_batch;
use crate::cases::desk::{UnmatchedRow, hold_cards, open_case, open_row_cases};
use crate::custody::account_waiting::wait_for_account;
use crate::custody::batch_state::locked_state;
use crate::custody::containers::ANSWER;
use crate::exchange::files::{ReceivedFile, register_file};
use crate::limits::UNCLEAR_ANSWERS_MAX;
use crate::store::leases::spend;
use crate::store::row_macs::RowKey;
use crate::store::row_macs::catalog;
use crate::store::transition::{Along, Subject, Transition, move_each, move_filled, move_one, write_move};
use crate::store::{Lease, Ledger, LedgerError, Stamp, Tx};
use crate::{args, bulk_row, transition};

/// The answer to one row, after it was matched with what was asked.
pub struct AnsweredRow {
    pub row: i64,
    pub application: i64,
    pub outcome: AnswerOutcome,
    pub reason: String,
    pub account: Option<OpenedAccount>,
}

/// An opened account: keyed hashes for uniqueness, and the encrypted numbers.
pub struct OpenedAccount {
    pub number_key: Vec<u8>,
    pub pan_key: Vec<u8>,
    pub opened_on: String,
    pub encrypted: Vec<u8>,
}

/// The reason of a row whose answer code the profile does not know.
pub const UNKNOWN_CODE: &str = "unknown_code";

pub(crate) const UNKNOWN_CODE_CASE: &str = "the bank answered with a code its profile does not know; asked again";

/// A whole answer, row by row.
#[derive(Default)]
pub struct MatchedAnswer {
    pub rows: Vec<AnsweredRow>,
    pub unmatched: Vec<UnmatchedRow>,
}

/// What an answer did.
#[derive(Default, Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerCounts {
    pub opened: i64,
    pub returned: i64,
    pub refused: i64,
    pub asked_again: i64,
    pub on_hold: i64,
    pub contradicted: i64,
    pub same: i64,
}

bulk_row! {
    struct Answered in "answered" {
        row: i64,
        application: i64,
        outcome: AnswerOutcome,
        reason: String,
        number_key: Option<Vec<u8>>,
        pan_key: Option<Vec<u8>>,
        opened_on: Option<String>,
        sealed: Option<Vec<u8>>,
        mac: Option<i64>,
    }
}

impl Ledger {
    /// Applies a bank's answer to an account request: every row that is believed, a case for every other.
    pub async fn settle_account_answer(
        &self,
        lease: &Lease,
        file: &ReceivedFile<'_>,
        batch: i64,
        answer: MatchedAnswer,
        dates: AnswerDates,
        why: Stamp<'_>,
    ) -> Result<AnswerCounts, LedgerError> {
        let mut tx = self.begin().await?;
        let file_id = register_file(&mut tx, file, why).await?;
        open_row_cases(&mut tx, file_id, &answer.unmatched, dates.case_on, "bank IT", why).await?;
        let key = tx.row_key();
        tx.stage(answer.rows.into_iter().map(|row| staged(row, file_id, key.as_ref())).collect()).await?;
        let mut counts = AnswerCounts::default();
        // Of a batch that was only sent nothing is answered yet, and no card in it has an account.
        if locked_state(&mut tx, batch).await? != "sent" {
            contradictions(&mut tx, file_id, batch, &mut counts, dates, why).await?;
        }
        never_clear(&mut tx).await?;
        counts.opened = open_accounts(&mut tx, file_id, batch, why).await?;
        counts.on_hold = mismatches(&mut tx, file_id, dates, why).await?;
        refusals(&mut tx, file_id, &mut counts, dates, why).await?;
        let new = counts.opened + counts.on_hold + counts.returned + counts.refused + counts.asked_again;
        // Opened accounts wait in their batch for the bureau's cut: its deadline is the batch's now.
        tx.run(
            "UPDATE batch SET to_produce = to_produce + $2, due_on = CASE WHEN $2 > 0 AND due_on < $3 THEN $3 ELSE due_on END WHERE id = $1",
            args![batch, counts.opened, dates.production_on],
        )
        .await?;
        advance_batch(&mut tx, batch, new, why).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(counts)
    }
}

/// The dates an answer sets, reckoned by the caller in the working calendar.
#[derive(Clone, Copy)]
pub struct AnswerDates {
    pub today: Date,
    /// A returned application lapses after this day.
    pub correction_on: Date,
    /// A case must be decided by this day.
    pub case_on: Date,
    /// Opened accounts are in a production batch by this day.
    pub production_on: Date,
}

/// A row under way. The account it may open is covered by the key.
fn staged(row: AnsweredRow, file: i64, key: Option<&RowKey>) -> Answered {
    let AnsweredRow { row, application, outcome, reason, account } = row;
    let bound = |encrypted| match key {
        Some(key) => key.bound(catalog::ACCOUNT.table, application, encrypted),
        None => encrypted,
    };
    let account = account.map(|a| OpenedAccount { encrypted: bound(a.encrypted), ..a });
    let mac = key.zip(account.as_ref()).map(|(key, a)| {
        let mac = key.mac(catalog::ACCOUNT.table).field(application).field(file).field(&a.number_key).field(&a.pan_key);
        mac.field(&a.opened_on).field(&a.encrypted).end()
    });
    let (number_key, pan_key, opened_on, sealed) = account
        .map(|a| (a.number_key, a.pan_key, a.opened_on, a.encrypted))
        .map_or_else(Default::default, |a| (Some(a.0), Some(a.1), Some(a.2), Some(a.3)));
    Answered { row, application, outcome, reason, number_key, pan_key, opened_on, sealed, mac }
}

/// Rows that were answered before: the same answer again is nothing, another one is a case and stops
/// the card while it still can be stopped.
async fn contradictions(
    tx: &mut Tx,
    file: i64,
    batch: i64,
    counts: &mut AnswerCounts,
    dates: AnswerDates,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    tx.scratch(
        "UPDATE answered SET outcome = 'same' WHERE EXISTS (SELECT 1 FROM account c JOIN account_row g ON g.application = c.application
            WHERE c.application = answered.application AND g.batch = $1 AND c.number_key = answered.number_key AND answered.outcome = 'opened')
         OR EXISTS (SELECT 1 FROM answer n JOIN file f ON f.id = n.file WHERE f.batch = $1 AND n.application = answered.application
            AND n.outcome = answered.outcome AND n.reason = answered.reason)",
        args![batch],
    )
    .await?;
    tx.scratch(
        "UPDATE answered SET outcome = 'contradicted' WHERE outcome <> 'same' AND (
            EXISTS (SELECT 1 FROM account c WHERE c.application = answered.application)
            OR EXISTS (SELECT 1 FROM answer n JOIN file f ON f.id = n.file WHERE f.batch = $1 AND n.application = answered.application))",
        args![batch],
    )
    .await?;
    counts.same = tx.number("SELECT count(*) FROM answered WHERE outcome = 'same'", args![]).await?;
    let found = tx
        .rows::<(i64, i64, String)>(
            "SELECT n.row, n.application, c.place FROM answered n JOIN card c ON c.id = n.application
             WHERE n.outcome = 'contradicted' ORDER BY n.row",
            args![],
        )
        .await?;
    for (row, application, place) in &found {
        let reason = "the bank answered this row twice, differently";
        tx.run(
            "INSERT INTO answer (file, row, application, outcome, reason) VALUES ($1, $2, $3, 'contradicted', $4)",
            args![file, *row, *application, reason],
        )
        .await?;
        tx.cover(&catalog::ANSWER, "file = $1 AND row = $2", args![file, *row]).await?;
        open_case(tx, Some(*application), Some(file), reason, dates.case_on, "bank IT", why).await?;
        if ["waiting_production", "in_production", "produced"].contains(&place.as_str()) {
            let on_hold = Transition::between(&CARD, place, "held")?;
            let along = Along {
                due_on: Some(dates.case_on),
                owner: Some("bank IT"),
                reason: Some(reason.into()),
                ..Along::default()
            };
            move_one(tx, *application, on_hold, along, Stamp { reason, ..why }).await?;
            if place == "waiting_production" {
                tx.run("UPDATE batch SET to_produce = to_produce - 1 WHERE id = $1", args![batch]).await?;
            }
        }
    }
    counts.contradicted = found.len() as i64;
    Ok(())
}

/// One account for two cards, or two rows of one file with the same account: nobody gets it. Accounts
/// that exist are looked up by their indexes, one by one; those of the file are counted once.
async fn doubles(tx: &mut Tx) -> Result<(), LedgerError> {
    tx.scratch(
        "UPDATE answered SET outcome = 'mismatch', reason = 'ACCOUNT-TWICE' WHERE outcome = 'opened' AND (
            EXISTS (SELECT 1 FROM account c WHERE c.number_key = answered.number_key LIMIT 1 OFFSET 0)
            OR EXISTS (SELECT 1 FROM account c WHERE c.pan_key = answered.pan_key LIMIT 1 OFFSET 0)
            OR number_key IN (SELECT o.number_key FROM answered o WHERE o.outcome = 'opened'
                GROUP BY o.number_key HAVING count(DISTINCT o.application) > 1)
            OR pan_key IN (SELECT o.pan_key FROM answered o WHERE o.outcome = 'opened'
                GROUP BY o.pan_key HAVING count(DISTINCT o.application) > 1))",
        args![],
    )
    .await?;
    Ok(())
}

/// A bank that cannot tell is asked again, but not forever: the last time a person looks.
async fn never_clear(tx: &mut Tx) -> Result<(), LedgerError> {
    tx.scratch(
        "UPDATE answered SET outcome = 'mismatch', reason = 'NO-CLEAR-ANSWER' WHERE outcome = 'unknown'
            AND (SELECT count(*) FROM answer n WHERE n.application = answered.application AND n.outcome = 'unknown') >= $1",
        args![UNCLEAR_ANSWERS_MAX - 1],
    )
    .await?;
    Ok(())
}

/// Writes the accounts as if no card had them yet; where one has, or a row is of a card that went elsewhere, those that
/// two cards would share are looked for.
async fn open_accounts(tx: &mut Tx, file: i64, batch: i64, why: Stamp<'_>) -> Result<i64, LedgerError> {
    const OPEN: &str = "INSERT INTO account (application, answer, number_key, pan_key, opened_on, sealed, mac)
        SELECT n.application, $1, n.number_key, n.pan_key, n.opened_on, n.sealed, n.mac FROM answered n
        JOIN account_row g ON g.application = n.application AND g.batch = $2
        JOIN application a ON a.id = n.application AND a.place IS NULL
        WHERE n.outcome = 'opened' ORDER BY n.row";
    let mut opened = tx.number("SELECT count(*) FROM answered WHERE outcome = 'opened'", args![]).await?;
    if opened > 0 && !tx.run_whole(OPEN, args![file, batch], opened as u64).await? {
        doubles(tx).await?;
        opened = tx.run(OPEN, args![file, batch]).await? as i64;
    }
    let card = transition!(CARD, "in_account_batch" => "waiting_production");
    move_filled(tx, ANSWER.of(file), opened, card, why).await?;
    move_filled(tx, ANSWER.of(file), opened, transition!(ACCOUNT, "" => "sealed"), why).await?;
    Ok(opened)
}

/// Answers about another person, or an account that two cards would share: on hold, never printed.
async fn mismatches(tx: &mut Tx, file: i64, dates: AnswerDates, why: Stamp<'_>) -> Result<i64, LedgerError> {
    keep_answers(tx, file, AnswerOutcome::Mismatch).await?;
    let on_hold = tx
        .rows::<(i64, String)>(
            "SELECT application, reason FROM answered WHERE outcome = 'mismatch' ORDER BY row",
            args![],
        )
        .await?;
    hold_cards(tx, &on_hold, "in_account_batch", dates.case_on, why).await?;
    Ok(on_hold.len() as i64)
}

async fn keep_answers(tx: &mut Tx, file: i64, outcome: AnswerOutcome) -> Result<(), LedgerError> {
    tx.run(
        "INSERT INTO answer (file, row, application, outcome, reason)
         SELECT $1, row, application, outcome, reason FROM answered WHERE outcome = $2 ORDER BY row",
        args![file, outcome],
    )
    .await?;
    tx.cover(&catalog::ANSWER, "file = $1 AND mac IS NULL", args![file]).await
}

async fn stage_outcome(tx: &mut Tx, outcome: AnswerOutcome) -> Result<(), LedgerError> {
    let ids =
        tx.rows::<(i64,)>("SELECT application FROM answered WHERE outcome = $1 ORDER BY row", args![outcome]).await?;
    tx.stage(ids.into_iter().map(|(id,)| Subject::of(id)).collect()).await
}

async fn refusals(
    tx: &mut Tx,
    file: i64,
    counts: &mut AnswerCounts,
    dates: AnswerDates,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let refused =
        tx.number("SELECT count(*) FROM answered WHERE outcome IN ('fixable', 'final', 'unknown')", args![]).await?;
    if refused == 0 {
        return Ok(());
    }
    for outcome in [AnswerOutcome::Fixable, AnswerOutcome::Final, AnswerOutcome::Unknown] {
        keep_answers(tx, file, outcome).await?;
    }
    // The reason of each row stays with the application until it moves on.
    tx.run(
        "UPDATE application SET reason = n.reason, returned_on = CASE WHEN n.outcome = 'fixable' THEN $1 ELSE returned_on END
         FROM answered n WHERE n.application = application.id AND n.outcome IN ('fixable', 'final')",
        args![dates.today],
    )
    .await?;
    stage_outcome(tx, AnswerOutcome::Fixable).await?;
    let gone = transition!(CARD, "in_account_batch" => "no_plastic");
    let along = Along { due_on: Some(dates.correction_on), owner: Some("applicant"), ..Along::default() };
    let back = transition!(APPLICATION, "accepted" => "returned");
    counts.returned = move_each(
        tx,
        &[back, gone],
        along,
        Stamp { reason: "the bank refused for a reason the holder can put right", ..why },
    )
    .await?;
    stage_outcome(tx, AnswerOutcome::Final).await?;
    let transitions =
        [transition!(APPLICATION, "accepted" => "refused"), gone, transition!(SOCIAL, "sealed" => "cancelled")];
    let along = Along { owner: Some("nobody"), open: Some(false), ..Along::default() };
    counts.refused = move_each(tx, &transitions, along, Stamp { reason: "the bank refused for good", ..why }).await?;
    stage_outcome(tx, AnswerOutcome::Unknown).await?;
    wait_for_account(tx).await?;
    unknown_codes(tx, file, dates, why).await?;
    ask_again(tx, counts, why).await
}

/// A code that was never agreed is asked about again, and a person agrees on it with the bank meanwhile.
async fn unknown_codes(tx: &mut Tx, file: i64, dates: AnswerDates, why: Stamp<'_>) -> Result<(), LedgerError> {
    let found = tx
        .rows::<(i64,)>(
            "SELECT application FROM answered WHERE outcome = 'unknown' AND reason = $1 ORDER BY row",
            args![UNKNOWN_CODE],
        )
        .await?;
    for (application,) in found {
        open_case(tx, Some(application), Some(file), UNKNOWN_CODE_CASE, dates.case_on, "bank IT", why).await?;
    }
    Ok(())
}

/// The bank could not tell: asked again in the next batch, where it answers a repeated request with
/// the same account.
async fn ask_again(tx: &mut Tx, counts: &mut AnswerCounts, why: Stamp<'_>) -> Result<(), LedgerError> {
    let ids =
        tx.rows::<(i64,)>("SELECT application FROM answered WHERE outcome = 'unknown' ORDER BY row", args![]).await?;
    counts.asked_again = ids.len() as i64;
    let transition = transition!(CARD, "in_account_batch" => "waiting_account");
    for (id,) in ids {
        // Taking it out of the batch is the move: no column of its own says where it waits.
        write_move(tx, id, transition, Stamp { reason: "the bank could not tell; asked again", ..why }).await?;
    }
    Ok(())
}
