//! The record of an action on a batch or a stream, before it is written.

use crate::actions::outcome::Instruction;
use crate::batching::batch_record::NewBatchAction;
use crate::step::{StageError, Worker};

/// Who did what to a batch, or to a stream, when and why.
pub(crate) fn record(
    worker: &Worker,
    by: Instruction<'_>,
    what: &'static str,
    stream: Option<&str>,
) -> Result<NewBatchAction, StageError> {
    let reason = worker.keys.encrypt(by.reason.as_bytes())?;
    let (actor, stream) = (by.actor.into(), stream.map(str::to_owned));
    let (number, approval, errand) = (None, by.approval, None);
    Ok(NewBatchAction { at: by.at, actor, what, stream, reason, number, approval, errand })
}
