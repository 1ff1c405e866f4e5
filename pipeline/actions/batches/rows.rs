//! What an operator does to batches and to the streams they are cut from, each action with its record.
//!
//! Invariants: a batch whose sending has begun is not touched any more, because its file may lie at the
//! partner already; its lease is the mark, taken before the first byte goes out. Who was in a batch that
//! ended before it was sent stays in `former_row`, so that its history can be replayed and its numbers
//! are never given again. The same action again changes nothing. Not here: who may do this, and when a
//! batch is due (`batching/schedule.rs`).

use cardline_core::state_machines::{BATCH, FILE};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::batching::any_kind::{AnyKind, Part};
use crate::batching::batch_record::{HOLDS_LOCK, NewBatchAction, record_action, spend_approval};
use crate::custody::batch_state::locked_state;
use crate::exchange::files::{FrozenFile, freeze_file};
use crate::store::scope::in_scope;
use crate::store::transition::{Along, Transition, move_one};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, row, transition};

/// An action as it is kept.
#[derive(Clone)]
pub struct BatchAction {
    pub at: Timestamp,
    pub actor: String,
    pub what: String,
    pub stream: Option<String>,
    /// Numbers of the batches that came of it.
    pub result: Option<String>,
    pub reason: Vec<u8>,
}

row! {
    struct StoredAction {
        at: i64,
        actor: String,
        what: String,
        stream: Option<String>,
        result: Option<String>,
        reason: Vec<u8>,
    }
}

impl StoredAction {
    fn kept(self) -> BatchAction {
        let StoredAction { at, actor, what, stream, result, reason } = self;
        BatchAction { at: Timestamp::from_microsecond(at).unwrap_or_default(), actor, what, stream, result, reason }
    }
}

/// What became of an action on a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ActionResult {
    Done,
    /// It was so before; nothing was changed.
    Before,
    /// The batch stands in this state, where the action is not possible.
    Stands(String),
    /// Its file is being placed at the partner.
    Sending,
}

impl Ledger {
    /// The streams that are held, with the action that holds each.
    pub async fn streams_on_hold(&self) -> Result<Vec<(String, BatchAction)>, LedgerError> {
        let rows = self
            .read()
            .await?
            .rows::<StoredAction>(
                "SELECT k.at, k.actor, k.what, h.stream, CAST(NULL AS TEXT) AS result, k.reason FROM stream_hold h JOIN batch_act k ON k.id = h.act ORDER BY h.stream",
                args![],
            )
            .await?;
        let on_hold = |row: StoredAction| (row.stream.clone().unwrap_or_default(), row.kept());
        Ok(rows.into_iter().map(on_hold).collect())
    }

    /// What was done to a batch, oldest first.
    pub async fn batch_actions(&self, batch: i64) -> Result<Vec<BatchAction>, LedgerError> {
        actions_on(&mut self.read().await?, batch).await
    }

    /// Holds a stream: once this returns, no cut of it can be settled, not even one that is under way.
    pub async fn hold_stream(&self, stream: &str, action: &NewBatchAction) -> Result<ActionResult, LedgerError> {
        let mut tx = self.begin().await?;
        // Waits for the cuts that are being settled now; see `refuse_on_hold`.
        tx.lock(HOLDS_LOCK).await?;
        let id = record_action(&mut tx, action, None, None).await?;
        let sql = "INSERT INTO stream_hold (stream, act) VALUES ($1, $2) ON CONFLICT (stream) DO NOTHING";
        if tx.run(sql, args![stream, id]).await? == 0 {
            return Ok(ActionResult::Before);
        }
        tx.commit().await?;
        Ok(ActionResult::Done)
    }

    /// Lets a stream on hold go on.
    pub async fn release_stream(&self, stream: &str, action: &NewBatchAction) -> Result<ActionResult, LedgerError> {
        let mut tx = self.begin().await?;
        if tx.run("DELETE FROM stream_hold WHERE stream = $1", args![stream]).await? == 0 {
            return Ok(ActionResult::Before);
        }
        record_action(&mut tx, action, None, None).await?;
        tx.commit().await?;
        Ok(ActionResult::Done)
    }

    /// Keeps a batch from being sent.
    pub async fn hold_batch(&self, batch: i64, action: &NewBatchAction) -> Result<ActionResult, LedgerError> {
        let mut tx = self.begin().await?;
        match locked_state(&mut tx, batch).await?.as_str() {
            "held" => return Ok(ActionResult::Before),
            "cut" if is_sending(&mut tx, batch).await? => return Ok(ActionResult::Sending),
            "cut" => {}
            other => return Ok(ActionResult::Stands(other.into())),
        }
        let along = Along { owner: Some("bureau operator"), ..Along::default() };
        let why = Stamp { at: action.at, actor: &action.actor, reason: "held by an operator" };
        move_one(&mut tx, batch, transition!(BATCH, "cut" => "held"), along, why).await?;
        record_action(&mut tx, action, Some(batch), None).await?;
        tx.commit().await?;
        Ok(ActionResult::Done)
    }

    /// Lets a batch on hold be sent.
    pub async fn release_batch(&self, batch: i64, action: &NewBatchAction) -> Result<ActionResult, LedgerError> {
        let mut tx = self.begin().await?;
        let state = locked_state(&mut tx, batch).await?;
        if state != "held" {
            let released = actions_on(&mut tx, batch).await?.iter().any(|k| k.what == "release");
            let is_so = state == "cut" || released && state != "cancelled";
            return Ok(if is_so { ActionResult::Before } else { ActionResult::Stands(state) });
        }
        let why = Stamp { at: action.at, actor: &action.actor, reason: "released by an operator" };
        spend_approval(&mut tx, batch, action).await?;
        move_one(&mut tx, batch, transition!(BATCH, "held" => "cut"), Along::default(), why).await?;
        record_action(&mut tx, action, Some(batch), None).await?;
        tx.commit().await?;
        Ok(ActionResult::Done)
    }

    /// Ends a batch of a kind before it is sent: its cards wait again, by `again_on`.
    pub async fn cancel_batch(
        &self,
        batch: i64,
        kind: &dyn AnyKind,
        again_on: Date,
        action: &NewBatchAction,
    ) -> Result<ActionResult, LedgerError> {
        let mut tx = self.begin().await?;
        if let Some(ended) = ended_or_gone(&mut tx, batch, action).await? {
            return Ok(ended);
        }
        let why = Stamp { at: action.at, actor: &action.actor, reason: "the batch was cancelled before it was sent" };
        spend_approval(&mut tx, batch, action).await?;
        end_batch(&mut tx, batch, kind, again_on, why).await?;
        record_action(&mut tx, action, Some(batch), None).await?;
        tx.commit().await?;
        Ok(ActionResult::Done)
    }

    /// Freezes a new rendering of a batch that was sent and not answered, beside the file it replaces once it is
    /// placed. False: the batch or that file has moved on, and nothing was written.
    pub async fn freeze_anew(
        &self,
        replaces: i64,
        batch: i64,
        file: &FrozenFile,
        action: &NewBatchAction,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.begin().await?;
        let stands = locked_state(&mut tx, batch).await? == "sent";
        let latest =
            "SELECT max(id) FROM file WHERE batch = $1 AND direction = 'out' AND state IN ('frozen', 'placed')";
        if !stands || tx.number(latest, args![batch]).await? != replaces {
            return Ok(false);
        }
        let why = Stamp { at: action.at, actor: &action.actor, reason: "its batch was rendered anew" };
        spend_approval(&mut tx, batch, action).await?;
        freeze_file(&mut tx, file, batch, why).await?;
        record_action(&mut tx, action, Some(batch), Some(&file.name)).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Ends a batch before it is sent and cuts its cards again, in parts, in one transaction.
    pub async fn split_batch(
        &self,
        batch: i64,
        kind: &dyn AnyKind,
        parts: &[Box<dyn Part>],
        again_on: Date,
        action: &NewBatchAction,
    ) -> Result<ActionResult, LedgerError> {
        let mut tx = self.begin().await?;
        if let Some(ended) = ended_or_gone(&mut tx, batch, action).await? {
            return Ok(ended);
        }
        let why = Stamp { at: action.at, actor: &action.actor, reason: "the batch was split before it was sent" };
        end_batch(&mut tx, batch, kind, again_on, why).await?;
        let why = Stamp { reason: "part of a batch that was split", ..why };
        for part in parts {
            part.write(&mut tx, why).await?;
        }
        let numbers: Vec<&str> = parts.iter().map(|part| part.number()).collect();
        record_action(&mut tx, action, Some(batch), Some(&numbers.join(", "))).await?;
        tx.commit().await?;
        Ok(ActionResult::Done)
    }

    /// Cards that are held within the viewer's scope, by where they would go on: `account` or `production`,
    /// region, bank, lane.
    pub async fn cards_on_hold(&self) -> Result<Vec<(String, String, String, String, i64)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(
            concat!(
                "SELECT CASE WHEN c.application IS NULL THEN 'account' ELSE 'production' END, a.region, a.bank, a.lane, count(*)
                 FROM application a LEFT JOIN account c ON c.application = a.id LEFT JOIN production_row p ON p.application = a.id
                 WHERE a.place = 'held' AND p.application IS NULL AND ",
                in_scope!("a.bank", "a.region"),
                " GROUP BY CASE WHEN c.application IS NULL THEN 'account' ELSE 'production' END, a.region, a.bank, a.lane"
            ),
            args![],
        )
        .await
    }

    /// Cards within the viewer's scope that wait for an account batch without a rendered photo: region, bank,
    /// lane, count.
    pub async fn waiting_without_photo(&self) -> Result<Vec<(String, String, String, i64)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(
            concat!(
                "SELECT a.region, a.bank, a.lane, count(*) FROM account_waiting w JOIN application a ON a.id = w.application
                 LEFT JOIN rendition r ON r.source = a.photo AND r.print IS NOT NULL
                 WHERE r.source IS NULL AND ",
                in_scope!("a.bank", "a.region"),
                " GROUP BY a.region, a.bank, a.lane"
            ),
            args![],
        )
        .await
    }

    /// The sections of a production batch: region and cards, in the order of its rows.
    pub async fn sections(&self, batch: i64) -> Result<Vec<(String, i64)>, LedgerError> {
        self.read()
            .await?
            .rows(
                "SELECT a.region, count(*) FROM (SELECT application FROM production_row WHERE batch = $1
                    UNION ALL SELECT application FROM former_row WHERE batch = $1 AND card_number IS NOT NULL) r
                 JOIN application a ON a.id = r.application GROUP BY a.region ORDER BY a.region",
                args![batch],
            )
            .await
    }
}

async fn actions_on(tx: &mut Tx, batch: i64) -> Result<Vec<BatchAction>, LedgerError> {
    let rows = tx
        .rows::<StoredAction>(
            "SELECT at, actor, what, stream, result, reason FROM batch_act WHERE batch = $1 ORDER BY id",
            args![batch],
        )
        .await?;
    Ok(rows.into_iter().map(StoredAction::kept).collect())
}

/// Whether a sender ever took the file of the batch: it may lie at the partner, also when the sender is gone.
async fn is_sending(tx: &mut Tx, batch: i64) -> Result<bool, LedgerError> {
    let begun = tx
        .number(
            "SELECT count(*) FROM file f JOIN lease l ON l.work = 'exchange/out/' || f.id WHERE f.batch = $1 AND f.direction = 'out'",
            args![batch],
        )
        .await?;
    Ok(begun > 0)
}

/// Why a batch cannot be ended now, or that this very action ended it before.
async fn ended_or_gone(tx: &mut Tx, batch: i64, action: &NewBatchAction) -> Result<Option<ActionResult>, LedgerError> {
    let state = locked_state(tx, batch).await?;
    Ok(match state.as_str() {
        "cut" | "held" => is_sending(tx, batch).await?.then_some(ActionResult::Sending),
        "cancelled" => {
            let same = actions_on(tx, batch).await?.iter().any(|k| k.what == action.what);
            Some(if same { ActionResult::Before } else { ActionResult::Stands(state) })
        }
        _ => Some(ActionResult::Stands(state)),
    })
}

/// Ends a batch in state `cut` or `held`: members go back to their waiting room, numbers stay used.
async fn end_batch(
    tx: &mut Tx,
    batch: i64,
    kind: &dyn AnyKind,
    again_on: Date,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    kind.take_back(tx, batch, again_on, why).await?;
    let cancelled = Transition::between(&BATCH, &locked_state(tx, batch).await?, "cancelled")?;
    let along = || Along { owner: Some("nobody"), ..Along::default() };
    move_one(tx, batch, cancelled, along(), why).await?;
    let file = tx.number("SELECT id FROM file WHERE batch = $1 AND direction = 'out'", args![batch]).await?;
    move_one(tx, file, transition!(FILE, "frozen" => "cancelled"), along(), why).await?;
    crate::cases::desk::overtake(tx, batch, why).await
}
