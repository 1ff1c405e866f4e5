//! Putting a stream or a batch on hold, and releasing it.

use super::record::record;
use super::refusal::{BatchError, BatchRefusal, outcome};
use super::rows::ActionResult;
use super::targets::{batch_within, on_hold_with, stream_within};
use crate::actions::outcome::{Instruction, Outcome};
use crate::batching::schedule::covers;
use crate::people::authorisation::stream_bounds;
use crate::step::Worker;

/// Keeps a stream, or every stream below the beginning of a name, from being cut.
pub async fn hold_stream(worker: &Worker, stream: &str, by: Instruction<'_>) -> Result<Outcome, BatchError> {
    stream_within(worker, stream)?;
    let (_, region) = stream_bounds(stream);
    if !region.is_empty() && region.len() != 6 {
        return Err(BatchRefusal::NamesAnArea { stream: stream.into() }.into());
    }
    let action = record(worker, by, "hold", Some(stream))?;
    outcome(worker.ledger.hold_stream(stream, &action).await?, stream)
}

/// Lets a stream on hold go on.
pub async fn release_stream(worker: &Worker, stream: &str, by: Instruction<'_>) -> Result<Outcome, BatchError> {
    stream_within(worker, stream)?;
    let action = record(worker, by, "release", Some(stream))?;
    let ended = worker.ledger.release_stream(stream, &action).await?;
    let holds = worker.ledger.streams_on_hold().await?;
    let wider = holds.iter().find(|(hold, _)| ended == ActionResult::Before && covers(hold, stream));
    match wider {
        Some((wider, _)) => Err(on_hold_with(worker, stream, wider).into()),
        None => outcome(ended, stream),
    }
}

/// Keeps a batch that was cut from being sent.
pub async fn hold_batch(worker: &Worker, number: &str, by: Instruction<'_>) -> Result<Outcome, BatchError> {
    let (id, _) = batch_within(&worker.ledger, number).await?;
    outcome(worker.ledger.hold_batch(id, &record(worker, by, "hold", None)?).await?, number)
}

/// Lets a batch on hold be sent: the release to printing of a production batch, to destruction of a recycling
/// batch.
pub async fn release_batch(worker: &Worker, number: &str, by: Instruction<'_>) -> Result<Outcome, BatchError> {
    let (id, _) = batch_within(&worker.ledger, number).await?;
    outcome(worker.ledger.release_batch(id, &record(worker, by, "release", None)?).await?, number)
}
