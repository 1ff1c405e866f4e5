//! Cancelling a batch that is not sent yet.

use cardline_core::batch_kinds::BatchKind;
use jiff::Timestamp;
use jiff::civil::Date;

use super::record::record;
use super::refusal::{BatchError, outcome};
use super::targets::batch_within;
use crate::actions::outcome::{Instruction, Outcome};
use crate::batching::any_kind::AnyKind;
use crate::batching::batch_list::BatchRecord;
use crate::route::batches_of;
use crate::step::{StageError, Worker};
use crate::time::local_date;

/// Ends a batch that is not sent yet: its cards wait again, its number and its file's number stay used.
pub async fn cancel_batch(worker: &Worker, number: &str, by: Instruction<'_>) -> Result<Outcome, BatchError> {
    let (id, batch) = batch_within(&worker.ledger, number).await?;
    let action = record(worker, by, "cancel", None)?;
    let again_on = again_on(worker, &batch, by.at);
    outcome(worker.ledger.cancel_batch(id, kind_of(&batch)?, again_on, &action).await?, number)
}

/// By when cards that wait again are in a batch: as long as the partner's batches may wait, and two days.
pub(crate) fn again_on(worker: &Worker, batch: &BatchRecord, at: Timestamp) -> Date {
    let days = worker.partners.get(&batch.partner).map_or(0, |p| p.profile.batch.max_age_days);
    worker.working_days_after(local_date(at), days + 2)
}

/// What batches of its kind do.
pub(crate) fn kind_of(batch: &BatchRecord) -> Result<&'static dyn AnyKind, StageError> {
    let named = BatchKind::named(&batch.kind);
    batches_of(named.ok_or_else(|| StageError::Shape(format!("{} is no kind of batch", batch.kind)))?)
}
