//! What a person did to a batch or a stream, recorded with its effect; and streams on hold.

use jiff::Timestamp;

use crate::args;
use crate::people::approvals::use_approval;
use crate::people::authorisation::refuse_beyond;
use crate::people::errands::{ErrandEnd, end_errand};
use crate::store::row_macs::{catalog, counts};
use crate::store::{LedgerError, Stamp, Tx};

/// The lock between holds and cuts on PostgreSQL; SQLite has one writer at a time anyway.
pub(crate) const HOLDS_LOCK: i64 = 0x486f_6c64;

/// An action about to be recorded. `reason` is encrypted: it is a person's own words.
#[derive(Clone)]
pub struct NewBatchAction {
    pub at: Timestamp,
    pub actor: String,
    /// `cut`, `hold`, `release`, `split`, `cancel`, `urgent` or `render-anew`.
    pub what: &'static str,
    /// The stream it was done to; none when it was done to one batch.
    pub stream: Option<String>,
    pub reason: Vec<u8>,
    /// The number its batch must get, where it is cut.
    pub number: Option<String>,
    /// The approval it takes, used with it.
    pub approval: Option<i64>,
    /// The errand it is done for, which ends with it.
    pub errand: Option<i64>,
}

/// Fails when a stream is on hold. A hold that comes while this transaction runs waits for its end.
pub(crate) async fn refuse_on_hold(tx: &mut Tx, stream: &str) -> Result<(), LedgerError> {
    tx.share_lock(HOLDS_LOCK).await?;
    let on_hold = tx
        .number(
            "SELECT count(*) FROM stream_hold WHERE stream = $1 OR stream || '/' = substr($1, 1, length(stream) + 1)",
            args![stream],
        )
        .await?;
    if on_hold > 0 { Err(LedgerError::OnHold { stream: stream.into() }) } else { Ok(()) }
}

/// Uses the approval that an action on a batch takes, if it takes one.
pub(crate) async fn spend_approval(tx: &mut Tx, batch: i64, action: &NewBatchAction) -> Result<(), LedgerError> {
    let Some(approval) = action.approval else { return Ok(()) };
    let number = tx.row::<(String,)>("SELECT number FROM batch WHERE id = $1", args![batch]).await?;
    let number = number.map(|(number,)| number).unwrap_or_default();
    use_approval(tx, approval, &number, Stamp { at: action.at, actor: &action.actor, reason: "" }).await
}

/// Records an action, unless it reaches beyond the scope of who acts; returns its id. Every action passes here.
pub(crate) async fn record_action(
    tx: &mut Tx,
    action: &NewBatchAction,
    batch: Option<i64>,
    result: Option<&str>,
) -> Result<i64, LedgerError> {
    refuse_beyond(tx, action.stream.as_deref(), batch).await?;
    let user = tx.user();
    let id = tx
        .run_returning::<(i64,)>(
            "INSERT INTO batch_act (at, actor, what, stream, batch, result, reason, approval, by_user)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
            args![
                action.at,
                &action.actor,
                action.what,
                action.stream.clone(),
                batch,
                result.map(str::to_owned),
                action.reason.clone(),
                action.approval,
                user
            ],
        )
        .await?;
    let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("batch act id".into()))?;
    tx.cover_one(&catalog::BATCH_ACT, id).await?;
    tx.count_one(&counts::BATCH_ACTS).await?;
    if let (Some(errand), Some(result)) = (action.errand, result) {
        end_errand(tx, errand, &ErrandEnd { outcome: "done", code: None, result: result.into() }).await?;
    }
    Ok(id)
}
