//! A batch that is cut: what it holds and which numbers it gets, whatever its kind.

use cardline_core::file_formats::FileKind;
use cardline_core::state_machines::{BATCH, FILE};
use jiff::Timestamp;
use jiff::civil::Date;

use super::batch_record::{NewBatchAction, record_action, refuse_on_hold};
use crate::exchange::files::FrozenFile;
use crate::store::counters::take_numbers;
use crate::store::row_macs::catalog;
use crate::store::transition::{Along, move_one, write_move};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, bulk_row, row, transition};

/// The counter card numbers are taken from; a number is never reused, not even when its card fails.
pub const CARD_NUMBERS: &str = "card_number";

/// Batches are homogeneous: one region, bank and lane (domain.md §2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueueSlice {
    pub region: String,
    pub bank: String,
    pub lane: String,
    pub cards: i64,
    /// The day the oldest card counts from: its approval, its account batch, or the deadline of its recycling.
    pub oldest: String,
    /// Since when the first of them waits here.
    pub since: Timestamp,
}

impl QueueSlice {
    /// What its cards have in common: region, bank and lane.
    pub fn key(&self) -> (&str, &str, &str) {
        (&self.region, &self.bank, &self.lane)
    }
}

/// A batch about to be cut: its file was rendered with exactly these numbers.
pub struct CutBatch {
    pub kind: &'static str,
    pub number: String,
    /// Counter the number was taken from, and the value expected.
    pub counter: (String, i64),
    pub partner: String,
    pub group: QueueSlice,
    pub members: Vec<i64>,
    /// Cards no file can carry, with the reason; each becomes a case.
    pub on_hold: Vec<(i64, String)>,
    pub file: Option<FrozenFile>,
    pub cut_on: Date,
    pub due_on: Date,
    /// It is sent once a person releases it.
    pub wait_for_release: bool,
    /// The stream it is cut from; none for a part of a batch that is split.
    pub stream: Option<String>,
    /// The action of the person who has it cut; none when it is the scheduler's.
    pub action: Option<NewBatchAction>,
}

impl CutBatch {
    /// The digest of its file; empty where it has none.
    pub fn digest(&self) -> &str {
        self.file.as_ref().map_or("", |file| &file.sha256)
    }

    /// Who has it cut: a person, or the scheduler.
    pub fn actor(&self) -> &str {
        self.action.as_ref().map_or("scheduler", |action| action.actor.as_str())
    }
}

/// Cards a partner was asked for by files of a kind between two instants; what was cancelled or replaced does not
/// count.
pub(super) async fn cards_asked(
    tx: &mut Tx,
    partner: &str,
    kind: FileKind,
    (from, until): (Timestamp, Timestamp),
) -> Result<i64, LedgerError> {
    tx.number(
        "SELECT CAST(COALESCE(sum(rows), 0) AS BIGINT) FROM file WHERE partner = $1 AND kind = $4
            AND direction = 'out' AND state NOT IN ('cancelled', 'replaced') AND at >= $2 AND at < $3",
        args![partner, from, until, kind.name()],
    )
    .await
}

impl Ledger {
    /// The batch a placed file asked for, by the file's own stream and number; also one that was replaced, because
    /// the partner may have read it.
    pub async fn batch_of_request(
        &self,
        partner: &str,
        kind: &str,
        sequence: i64,
    ) -> Result<Option<(i64, String, i64)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.row::<(i64, String, i64)>(
            "SELECT b.id, b.number, b.cards FROM file f JOIN batch b ON b.id = f.batch
             WHERE f.partner = $1 AND f.kind = $2 AND f.direction = 'out' AND f.sequence = $3 AND f.state IN ('placed', 'answered', 'replaced')",
            args![partner, kind, sequence],
        )
        .await
    }
}

bulk_row! {
    /// A card of a batch that is being cut, by its row.
    pub(crate) struct Member in "member" { row: i64, id: i64 }
}

row! {
    /// A [`QueueSlice`] as it is read. `since`: microseconds; 0 where it does not matter.
    pub(crate) struct WaitingSlice {
        region: String,
        bank: String,
        lane: String,
        cards: i64,
        oldest: String,
        since: i64,
    }
}

impl From<WaitingSlice> for QueueSlice {
    fn from(row: WaitingSlice) -> QueueSlice {
        let WaitingSlice { region, bank, lane, cards, oldest, since } = row;
        let since = Timestamp::from_microsecond(since).unwrap_or_default();
        QueueSlice { region, bank, lane, cards, oldest, since }
    }
}

/// Ends a cut of which no card can be carried: what a person has held by it stays that person's action.
pub(crate) async fn nothing_cut(tx: &mut Tx, cut: &CutBatch) -> Result<(), LedgerError> {
    if let Some(action) = cut.action.as_ref().filter(|_| !cut.on_hold.is_empty()) {
        record_action(tx, action, None, None).await?;
    }
    Ok(())
}

/// Ends a cut whose cards are in the batch: the action of the person who has it cut is recorded, and a batch
/// that is not sent by itself waits.
pub(crate) async fn finish_cut(tx: &mut Tx, cut: &CutBatch, batch: i64, why: Stamp<'_>) -> Result<(), LedgerError> {
    if let Some(action) = &cut.action {
        record_action(tx, action, Some(batch), Some(&cut.number)).await?;
    }
    if !cut.wait_for_release {
        return Ok(());
    }
    let transition = transition!(BATCH, "cut" => "held");
    move_one(tx, batch, transition, Along::default(), Stamp { reason: "waits for its release", ..why }).await
}

/// Inserts a batch in the state `cut`, with the number its file was rendered with.
pub(crate) async fn insert_batch(tx: &mut Tx, cut: &CutBatch, why: Stamp<'_>) -> Result<i64, LedgerError> {
    if let Some(stream) = &cut.stream {
        refuse_on_hold(tx, stream).await?;
    }
    let (counter, expected) = &cut.counter;
    if take_numbers(tx, counter, 1).await? != *expected {
        return Err(LedgerError::OffsetMoved { topic: counter.clone(), partition: 0, expected: *expected });
    }
    let id = tx
        .run_returning::<(i64,)>(
            "INSERT INTO batch (number, kind, state, partner, region, bank, lane, cards, cut_on, due_on, oldest, owner)
             VALUES ($1, $2, 'cut', $3, $4, $5, $6, $7, $8, $9, $10, 'bureau operator') RETURNING id",
            args![
                &cut.number,
                cut.kind,
                &cut.partner,
                &cut.group.region,
                &cut.group.bank,
                &cut.group.lane,
                cut.members.len() as i64,
                cut.cut_on,
                cut.due_on,
                &cut.group.oldest
            ],
        )
        .await?;
    let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("batch id".into()))?;
    tx.cover_one(&catalog::BATCH, id).await?;
    write_move(tx, id, transition!(BATCH, "" => "cut"), why).await?;
    Ok(id)
}

/// Counts newly answered rows; the batch and its request file move on as far as that takes them.
pub(crate) async fn advance_batch(tx: &mut Tx, batch: i64, newly: i64, why: Stamp<'_>) -> Result<(), LedgerError> {
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
    let transition = match (state.as_str(), whole) {
        ("sent", true) => Some(transition!(BATCH, "sent" => "answered")),
        ("sent", false) if answered > 0 => Some(transition!(BATCH, "sent" => "part_answered")),
        ("part_answered", true) => Some(transition!(BATCH, "part_answered" => "answered")),
        _ => None,
    };
    if newly > 0 {
        stop_rendering_anew(tx, batch, why).await?;
    }
    if let Some(transition) = transition {
        move_one(tx, batch, transition, Along::default(), why).await?;
        if whole {
            crate::cases::desk::overtake(tx, batch, Stamp { reason: "the answer came", ..why }).await?;
            // One of which a card was made once more was answered before.
            let sql = "SELECT id FROM file WHERE batch = $1 AND direction = 'out' AND state = 'placed'";
            for (request,) in tx.rows::<(i64,)>(sql, args![batch]).await? {
                move_one(tx, request, transition!(FILE, "placed" => "answered"), Along::default(), why).await?;
            }
        }
    }
    Ok(())
}

/// What was answered is not asked for under another number: a new rendering that nobody began to send is over.
async fn stop_rendering_anew(tx: &mut Tx, batch: i64, why: Stamp<'_>) -> Result<(), LedgerError> {
    let sql = "SELECT f.id FROM file f LEFT JOIN lease l ON l.work = 'exchange/out/' || f.id
        WHERE f.batch = $1 AND f.direction = 'out' AND f.state = 'frozen' AND l.work IS NULL";
    for (file,) in tx.rows::<(i64,)>(sql, args![batch]).await? {
        let along = Along { owner: Some("nobody"), ..Along::default() };
        move_one(tx, file, transition!(FILE, "frozen" => "cancelled"), along, why).await?;
    }
    Ok(())
}
