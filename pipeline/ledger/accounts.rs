//! The accounts stage in the ledger: what waits for a bank, the cut, and the bank's answer.

use cardline_core::lives::{ACCOUNT, APPLICATION, BATCH, CARD, FILE, SOCIAL};
use jiff::Timestamp;
use jiff::civil::Date;

use super::batches::{NewBatchAct, record_act, refuse_held};
use super::cases::{UnmatchedRow, open_case, open_row_cases};
use super::engine::{Arg, Tx};
use super::files::{FrozenFile, ReceivedFile, freeze_file, register_file};
use super::moves::{Along, SUBJECT, Set, Step, Why, move_each, move_one, move_set, subject, write_history};
use super::stage::{Column, Stage};
use super::{Lease, Ledger, LedgerError, spend, take_numbers};
use crate::args;
use crate::limits::UNCLEAR_ANSWERS_MAX;

/// Batches are homogeneous: one region, bank and lane (domain.md §2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    pub region: String,
    pub bank: String,
    pub lane: String,
    pub cards: i64,
    /// The day the oldest card counts from: its approval, its account batch, or the deadline of its recycling.
    pub oldest: String,
    /// Since when the first of them waits here.
    pub since: Timestamp,
}

/// A card waiting for an account batch, with its sealed application.
pub struct WaitingCard {
    pub id: i64,
    pub application_id: String,
    pub sealed: Vec<u8>,
}

/// A batch about to be cut: its file was rendered with exactly these numbers.
pub struct CutBatch {
    pub kind: &'static str,
    pub number: String,
    /// Counter the number was taken from, and the value expected.
    pub counter: (String, i64),
    pub partner: String,
    pub group: Group,
    pub members: Vec<i64>,
    /// Cards no file can carry, with the reason; each becomes a case.
    pub held: Vec<(i64, String)>,
    pub file: Option<FrozenFile>,
    pub cut_on: Date,
    pub due_on: Date,
    /// It is sent once a person releases it.
    pub wait_for_release: bool,
    /// The stream it is cut from; none for a part of a batch that is split.
    pub stream: Option<String>,
    /// The act of the person who has it cut; none when it is the scheduler's.
    pub act: Option<NewBatchAct>,
}

impl CutBatch {
    /// Who has it cut: a person, or the scheduler.
    pub fn actor(&self) -> &str {
        self.act.as_ref().map_or("scheduler", |act| act.actor.as_str())
    }
}

/// The answer to one row, after it was matched with what was asked.
pub struct AnsweredRow {
    pub row: i64,
    pub application: i64,
    /// `opened`, `fixable`, `final`, `unknown` or `mismatch`.
    pub outcome: &'static str,
    pub reason: String,
    pub account: Option<OpenedAccount>,
}

/// An opened account: keyed hashes for uniqueness, and the sealed numbers.
pub struct OpenedAccount {
    pub number_key: Vec<u8>,
    pub pan_key: Vec<u8>,
    pub opened_on: String,
    pub sealed: Vec<u8>,
}

/// The reason of a row whose answer code the profile does not know.
pub const UNKNOWN_CODE: &str = "unknown_code";

pub(super) const UNKNOWN_CODE_CASE: &str = "the bank answered with a code its profile does not know; asked again";

/// A whole answer, row by row.
#[derive(Default)]
pub struct MatchedAnswer {
    pub rows: Vec<AnsweredRow>,
    pub unmatched: Vec<UnmatchedRow>,
}

/// What was asked of a bank in one batch.
pub struct AskedBatch {
    pub region: String,
    /// The day of the request.
    pub cut_on: String,
    pub cards: Vec<AskedCard>,
}

/// A card asked of the bank, as the answer must match it.
pub struct AskedCard {
    pub row: i64,
    pub id: i64,
    pub application_id: String,
    pub approved_on: String,
    pub sealed: Vec<u8>,
}

/// What an answer did.
#[derive(Default, Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerCounts {
    pub opened: i64,
    pub returned: i64,
    pub refused: i64,
    pub asked_again: i64,
    pub held: i64,
    pub contradicted: i64,
    pub same: i64,
}

const ANSWERED: Stage = Stage {
    name: "answered",
    columns: &[
        ("row", Column::Int),
        ("application", Column::Int),
        ("outcome", Column::Text),
        ("reason", Column::Text),
        ("number_key", Column::Bytes),
        ("pan_key", Column::Bytes),
        ("opened_on", Column::Text),
        ("sealed", Column::Bytes),
    ],
};

impl Ledger {
    /// What waits for an account batch, group by group.
    pub async fn waiting_accounts(&self) -> Result<Vec<Group>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<GroupRow>(
                "SELECT g.region, g.bank, g.lane, g.cards, g.oldest, COALESCE(c.at, 0) FROM
                    (SELECT region, bank, lane, count(*) AS cards, min(approved_on) AS oldest, min(chunk) AS chunk
                     FROM application WHERE queue = 'account' GROUP BY region, bank, lane) g
                 LEFT JOIN chunk c ON c.id = g.chunk ORDER BY g.region, g.bank, g.lane",
                args![],
            )
            .await?;
        Ok(rows.into_iter().map(group).collect())
    }

    /// The cards of a group that were approved first and whose photo is rendered, in the order of application ids.
    pub async fn waiting_cards(&self, group: &Group, most: i64) -> Result<Vec<WaitingCard>, LedgerError> {
        let mut tx = self.read().await?;
        let mut rows = tx
            .rows::<(i64, String, Vec<u8>)>(
                "SELECT a.id, a.application_id, m.sealed FROM
                    (SELECT a.id, a.application_id, a.message FROM application a
                     JOIN rendition r ON r.source = a.photo AND r.print IS NOT NULL
                     WHERE a.queue = 'account' AND a.region = $1 AND a.bank = $2 AND a.lane >= $3 AND a.lane <= $3
                     ORDER BY a.lane, a.approved_on, a.application_id LIMIT $4) a
                 JOIN message m ON m.id = a.message",
                args![&group.region, &group.bank, &group.lane, most],
            )
            .await?;
        // The lane is a range so that only the queue's index can give this order: with an equality the key
        // of all applications could, and with old statistics PostgreSQL reads them all. The sealed messages
        // are sorted here, because they would not fit into its memory for that.
        rows.sort_unstable_by(|a, b| a.1.cmp(&b.1));
        Ok(rows.into_iter().map(|(id, application_id, sealed)| WaitingCard { id, application_id, sealed }).collect())
    }

    /// The cards of an account batch in the order of its rows, as its request needs them.
    pub async fn batch_to_open(&self, batch: i64) -> Result<Vec<WaitingCard>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<(i64, String, Vec<u8>)>(
                "SELECT a.id, a.application_id, m.sealed FROM application a JOIN message m ON m.id = a.message
                 WHERE a.account_batch = $1 AND a.place IS NULL ORDER BY a.account_row",
                args![batch],
            )
            .await?;
        Ok(rows.into_iter().map(|(id, application_id, sealed)| WaitingCard { id, application_id, sealed }).collect())
    }

    /// Settles an account cut: the batch, its members, the frozen file and the held cards at once.
    pub async fn settle_account_cut(
        &self,
        lease: &Lease,
        cut: &CutBatch,
        why: Why<'_>,
    ) -> Result<Option<i64>, LedgerError> {
        let mut tx = self.begin().await?;
        let batch = cut_accounts(&mut tx, cut, why).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(batch)
    }

    /// An account batch, as it was asked.
    pub async fn asked_batch(&self, batch: i64) -> Result<AskedBatch, LedgerError> {
        let mut tx = self.read().await?;
        let found = tx
            .row::<(String, String)>("SELECT region, cut_on FROM batch WHERE id = $1", args![batch])
            .await?
            .ok_or_else(|| LedgerError::Shape("an asked batch".into()))?;
        let rows = tx
            .rows::<(i64, i64, String, String, Vec<u8>)>(
                "SELECT a.account_row, a.id, a.application_id, a.approved_on, m.sealed FROM application a JOIN message m ON m.id = a.message
                 WHERE a.account_batch = $1 ORDER BY a.account_row",
                args![batch],
            )
            .await?;
        let card =
            |(row, id, application_id, approved_on, sealed)| AskedCard { row, id, application_id, approved_on, sealed };
        Ok(AskedBatch { region: found.0, cut_on: found.1, cards: rows.into_iter().map(card).collect() })
    }

    /// The batch a placed file asked for, by the file's own stream and number.
    pub async fn batch_of_request(
        &self,
        partner: &str,
        kind: &str,
        sequence: i64,
    ) -> Result<Option<(i64, String, i64)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.row::<(i64, String, i64)>(
            "SELECT b.id, b.number, b.cards FROM file f JOIN batch b ON b.id = f.batch
             WHERE f.partner = $1 AND f.kind = $2 AND f.direction = 'out' AND f.sequence = $3 AND f.state IN ('placed', 'answered')",
            args![partner, kind, sequence],
        )
        .await
    }

    /// Applies a bank's answer to an account request: every row that is believed, a case for every other.
    pub async fn settle_account_answer(
        &self,
        lease: &Lease,
        file: &ReceivedFile<'_>,
        batch: i64,
        answer: MatchedAnswer,
        dates: AnswerDates,
        why: Why<'_>,
    ) -> Result<AnswerCounts, LedgerError> {
        let mut tx = self.begin().await?;
        let file_id = register_file(&mut tx, file, why).await?;
        open_row_cases(&mut tx, file_id, &answer.unmatched, dates.case_on, "bank IT", why).await?;
        tx.stage(&ANSWERED, answer.rows.into_iter().map(staged).collect()).await?;
        let mut counts = AnswerCounts::default();
        contradictions(&mut tx, file_id, batch, &mut counts, dates, why).await?;
        doubles(&mut tx).await?;
        never_clear(&mut tx).await?;
        counts.opened = open_accounts(&mut tx, file_id, why).await?;
        counts.held = mismatches(&mut tx, file_id, dates, why).await?;
        refusals(&mut tx, file_id, &mut counts, dates, why).await?;
        let new = counts.opened + counts.held + counts.returned + counts.refused + counts.asked_again;
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

pub(super) const MEMBER: Stage = Stage { name: "member", columns: &[("row", Column::Int), ("id", Column::Int)] };

/// Region, bank, lane, cards, oldest, since.
pub(super) type GroupRow = (String, String, String, i64, String, i64);

pub(super) fn group((region, bank, lane, cards, oldest, since): GroupRow) -> Group {
    let since = Timestamp::from_microsecond(since).unwrap_or_default();
    Group { region, bank, lane, cards, oldest, since }
}

/// An account cut inside a transaction.
pub(super) async fn cut_accounts(tx: &mut Tx, cut: &CutBatch, why: Why<'_>) -> Result<Option<i64>, LedgerError> {
    hold_cards(tx, &cut.held, "waiting_account", cut.due_on, why).await?;
    let Some(file) = &cut.file else { return nothing_cut(tx, cut).await };
    let batch = insert_batch(tx, cut, why).await?;
    let rows = cut.members.iter().enumerate().map(|(at, id)| args![at as i64 + 1, *id]).collect();
    tx.stage(&MEMBER, rows).await?;
    let moved = tx
        .run(
            // CASE, of which the planner guesses nothing: where it last looked at an empty queue it would
            // expect one card, and compare every member with every card that waits.
            "UPDATE application SET account_batch = $1, account_row = m.row, queue = NULL FROM member m
             WHERE application.id = m.id
                AND CASE WHEN application.queue = 'account' AND application.place IS NULL THEN TRUE ELSE FALSE END",
            args![batch],
        )
        .await? as i64;
    let step = Step { life: &CARD, from: "waiting_account", to: "in_account_batch" };
    if moved != cut.members.len() as i64 {
        return Err(super::moves::lost(&step, cut.members.len() as i64, moved));
    }
    move_set(tx, Set::AccountBatch(batch), step, moved, why).await?;
    freeze_file(tx, file, batch, why).await?;
    finish_cut(tx, cut, batch, why).await?;
    Ok(Some(batch))
}

/// Ends a cut of which no card can be carried: what a person has held by it stays that person's act.
pub(super) async fn nothing_cut(tx: &mut Tx, cut: &CutBatch) -> Result<Option<i64>, LedgerError> {
    if let Some(act) = cut.act.as_ref().filter(|_| !cut.held.is_empty()) {
        record_act(tx, act, None, None).await?;
    }
    Ok(None)
}

/// Ends a cut whose cards are in the batch: the act of the person who has it cut is recorded, and a batch
/// that is not sent by itself waits.
pub(super) async fn finish_cut(tx: &mut Tx, cut: &CutBatch, batch: i64, why: Why<'_>) -> Result<(), LedgerError> {
    if let Some(act) = &cut.act {
        record_act(tx, act, Some(batch), Some(&cut.number)).await?;
    }
    if !cut.wait_for_release {
        return Ok(());
    }
    let step = Step { life: &BATCH, from: "cut", to: "held" };
    move_one(tx, batch, step, Along::default(), Why { reason: "waits for its release", ..why }).await
}

/// Cards that no file can carry wait for a person, each with its reason.
pub(super) async fn hold_cards(
    tx: &mut Tx,
    held: &[(i64, String)],
    from: &'static str,
    due_on: Date,
    why: Why<'_>,
) -> Result<(), LedgerError> {
    for (id, reason) in held {
        tx.run("UPDATE application SET queue = NULL WHERE id = $1 AND queue IS NOT NULL", args![*id]).await?;
        let along = Along {
            due_on: Some(due_on),
            owner: Some("bureau operator"),
            reason: Some(reason.clone()),
            ..Along::default()
        };
        move_one(tx, *id, Step { life: &CARD, from, to: "held" }, along, Why { reason, ..why }).await?;
        open_case(tx, Some(*id), None, reason, due_on, "bureau operator", why).await?;
    }
    Ok(())
}

/// Inserts a batch in the state `cut`, with the number its file was rendered with.
pub(super) async fn insert_batch(tx: &mut Tx, cut: &CutBatch, why: Why<'_>) -> Result<i64, LedgerError> {
    if let Some(stream) = &cut.stream {
        refuse_held(tx, stream).await?;
    }
    let (counter, expected) = &cut.counter;
    if take_numbers(tx, counter, 1).await? != *expected {
        return Err(LedgerError::OffsetMoved { topic: counter.clone(), partition: 0, expected: *expected });
    }
    let id = tx
        .run_returning::<(i64,)>(
            "INSERT INTO batch (number, kind, state, partner, region, bank, lane, cards, cut_on, due_on, owner)
             VALUES ($1, $2, 'cut', $3, $4, $5, $6, $7, $8, $9, 'bureau operator') RETURNING id",
            args![
                &cut.number,
                cut.kind,
                &cut.partner,
                &cut.group.region,
                &cut.group.bank,
                &cut.group.lane,
                cut.members.len() as i64,
                cut.cut_on,
                cut.due_on
            ],
        )
        .await?;
    let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("batch id".into()))?;
    write_history(tx, &Step { life: &BATCH, from: "", to: "cut" }, "batch", id, 1, why, None).await?;
    Ok(id)
}

/// Counts newly answered rows; the batch and its request file move on as far as that takes them.
pub(super) async fn advance_batch(tx: &mut Tx, batch: i64, newly: i64, why: Why<'_>) -> Result<(), LedgerError> {
    let row = tx
        .run_returning::<(String, i64, i64)>(
            "UPDATE batch SET answered = answered + $2 WHERE id = $1 RETURNING state, answered, cards",
            args![batch, newly],
        )
        .await?;
    let Some((state, answered, cards)) = row.into_iter().next() else {
        return Ok(());
    };
    let whole = answered >= cards;
    let step = match (state.as_str(), whole) {
        ("sent", true) => Some(Step { life: &BATCH, from: "sent", to: "answered" }),
        ("sent", false) if answered > 0 => Some(Step { life: &BATCH, from: "sent", to: "part_answered" }),
        ("part_answered", true) => Some(Step { life: &BATCH, from: "part_answered", to: "answered" }),
        _ => None,
    };
    if let Some(step) = step {
        move_one(tx, batch, step, Along::default(), why).await?;
        if whole {
            super::cases::overtake(tx, batch, Why { reason: "the answer came", ..why }).await?;
            let request = tx
                .number("SELECT id FROM file WHERE batch = $1 AND direction = 'out' AND state = 'placed'", args![batch])
                .await?;
            move_one(tx, request, Step { life: &FILE, from: "placed", to: "answered" }, Along::default(), why).await?;
        }
    }
    Ok(())
}

fn staged(row: AnsweredRow) -> Vec<Arg> {
    let mut staged = args![row.row, row.application, row.outcome, row.reason];
    match row.account {
        Some(a) => staged.extend(args![a.number_key, a.pan_key, a.opened_on, a.sealed]),
        None => staged.extend([Arg::Bytes(None), Arg::Bytes(None), Arg::Text(None), Arg::Bytes(None)]),
    }
    staged
}

/// Rows that were answered before: the same answer again is nothing, another one is a case and stops
/// the card while it still can be stopped.
async fn contradictions(
    tx: &mut Tx,
    file: i64,
    batch: i64,
    counts: &mut AnswerCounts,
    dates: AnswerDates,
    why: Why<'_>,
) -> Result<(), LedgerError> {
    tx.scratch(
        "UPDATE answered SET outcome = 'same' WHERE EXISTS (SELECT 1 FROM account c JOIN application a ON a.id = c.application
            WHERE a.id = answered.application AND a.account_batch = $1 AND c.number_key = answered.number_key AND answered.outcome = 'opened')
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
        open_case(tx, Some(*application), Some(file), reason, dates.case_on, "bank IT", why).await?;
        let from = match place.as_str() {
            "waiting_production" => Some("waiting_production"),
            "in_production" => Some("in_production"),
            "produced" => Some("produced"),
            _ => None,
        };
        if let Some(from) = from {
            let along = Along {
                due_on: Some(dates.case_on),
                owner: Some("bank IT"),
                reason: Some(reason.into()),
                ..Along::default()
            };
            move_one(tx, *application, Step { life: &CARD, from, to: "held" }, along, Why { reason, ..why }).await?;
            if from == "waiting_production" {
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

/// A bank that cannot tell is asked again, but not for ever: the last time a person looks.
async fn never_clear(tx: &mut Tx) -> Result<(), LedgerError> {
    tx.scratch(
        "UPDATE answered SET outcome = 'mismatch', reason = 'NO-CLEAR-ANSWER' WHERE outcome = 'unknown'
            AND (SELECT count(*) FROM answer n WHERE n.application = answered.application AND n.outcome = 'unknown') >= $1",
        args![UNCLEAR_ANSWERS_MAX - 1],
    )
    .await?;
    Ok(())
}

async fn open_accounts(tx: &mut Tx, file: i64, why: Why<'_>) -> Result<i64, LedgerError> {
    let opened = tx
        .run(
            "INSERT INTO account (application, answer, number_key, pan_key, opened_on, sealed)
             SELECT n.application, $1, n.number_key, n.pan_key, n.opened_on, n.sealed FROM answered n
             JOIN application a ON a.id = n.application AND a.place IS NULL
             WHERE n.outcome = 'opened' ORDER BY n.row",
            args![file],
        )
        .await? as i64;
    if opened > 0 {
        let card = Step { life: &CARD, from: "in_account_batch", to: "waiting_production" };
        move_set(tx, Set::Answer(file), card, opened, why).await?;
        move_set(tx, Set::Answer(file), Step { life: &ACCOUNT, from: "", to: "sealed" }, opened, why).await?;
    }
    Ok(opened)
}

/// Answers about another person, or an account that two cards would share: held, never printed.
async fn mismatches(tx: &mut Tx, file: i64, dates: AnswerDates, why: Why<'_>) -> Result<i64, LedgerError> {
    keep_answers(tx, file, "mismatch").await?;
    let held = tx
        .rows::<(i64, String)>(
            "SELECT application, reason FROM answered WHERE outcome = 'mismatch' ORDER BY row",
            args![],
        )
        .await?;
    hold_cards(tx, &held, "in_account_batch", dates.case_on, why).await?;
    Ok(held.len() as i64)
}

async fn keep_answers(tx: &mut Tx, file: i64, outcome: &str) -> Result<(), LedgerError> {
    tx.run(
        "INSERT INTO answer (file, row, application, outcome, reason)
         SELECT $1, row, application, outcome, reason FROM answered WHERE outcome = $2 ORDER BY row",
        args![file, outcome],
    )
    .await?;
    Ok(())
}

async fn stage_outcome(tx: &mut Tx, outcome: &str) -> Result<(), LedgerError> {
    let ids =
        tx.rows::<(i64,)>("SELECT application FROM answered WHERE outcome = $1 ORDER BY row", args![outcome]).await?;
    tx.stage(&SUBJECT, ids.into_iter().map(|(id,)| subject(id)).collect()).await
}

async fn refusals(
    tx: &mut Tx,
    file: i64,
    counts: &mut AnswerCounts,
    dates: AnswerDates,
    why: Why<'_>,
) -> Result<(), LedgerError> {
    let refused =
        tx.number("SELECT count(*) FROM answered WHERE outcome IN ('fixable', 'final', 'unknown')", args![]).await?;
    if refused == 0 {
        return Ok(());
    }
    for outcome in ["fixable", "final", "unknown"] {
        keep_answers(tx, file, outcome).await?;
    }
    // The reason of each row stays with the application until it moves on.
    tx.run(
        "UPDATE application SET reason = n.reason, returned_on = CASE WHEN n.outcome = 'fixable' THEN $1 ELSE returned_on END
         FROM answered n WHERE n.application = application.id AND n.outcome IN ('fixable', 'final')",
        args![dates.today],
    )
    .await?;
    stage_outcome(tx, "fixable").await?;
    let gone = Step { life: &CARD, from: "in_account_batch", to: "no_plastic" };
    let along = Along { due_on: Some(dates.correction_on), owner: Some("applicant"), ..Along::default() };
    let back = Step { life: &APPLICATION, from: "accepted", to: "returned" };
    counts.returned = move_each(
        tx,
        &[back, gone],
        along,
        Why { reason: "the bank refused for a reason the holder can put right", ..why },
    )
    .await?;
    stage_outcome(tx, "final").await?;
    let steps = [
        Step { life: &APPLICATION, from: "accepted", to: "refused" },
        gone,
        Step { life: &SOCIAL, from: "sealed", to: "cancelled" },
    ];
    let along = Along { owner: Some("nobody"), open: Some(false), ..Along::default() };
    counts.refused = move_each(tx, &steps, along, Why { reason: "the bank refused for good", ..why }).await?;
    tx.run(
        "UPDATE application SET account_batch = NULL, queue = 'account'
         WHERE id IN (SELECT application FROM answered WHERE outcome = 'unknown')",
        args![],
    )
    .await?;
    unknown_codes(tx, file, dates, why).await?;
    ask_again(tx, counts, why).await
}

/// A code that was never agreed is asked about again, and a person agrees on it with the bank meanwhile.
async fn unknown_codes(tx: &mut Tx, file: i64, dates: AnswerDates, why: Why<'_>) -> Result<(), LedgerError> {
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
async fn ask_again(tx: &mut Tx, counts: &mut AnswerCounts, why: Why<'_>) -> Result<(), LedgerError> {
    let ids =
        tx.rows::<(i64,)>("SELECT application FROM answered WHERE outcome = 'unknown' ORDER BY row", args![]).await?;
    counts.asked_again = ids.len() as i64;
    let step = Step { life: &CARD, from: "in_account_batch", to: "waiting_account" };
    for (id,) in ids {
        // Taking it out of the batch is the move: no column of its own says where it waits.
        write_history(
            tx,
            &step,
            "application",
            id,
            1,
            Why { reason: "the bank could not tell; asked again", ..why },
            None,
        )
        .await?;
    }
    Ok(())
}
