//! Cutting the next batch of a stream now: previewed, then confirmed by its number.

use jiff::Timestamp;

use super::record::record;
use super::refusal::{BatchError, BatchRefusal};
use super::targets::{on_hold_with, stream_within};
use crate::actions::outcome::{Instruction, Outcome};
use crate::batching::batch_record::NewBatchAction;
use crate::batching::cutting;
use crate::batching::schedule::{self, WaitingStream};
use crate::route::batches_of;
use crate::step::{StageError, Worker};
use crate::store::LedgerError;

/// What the next batch of a stream would be, for who confirms it by its number.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Preview {
    pub stream: String,
    pub batch: String,
    pub cards: i64,
    /// Region and cards, in the order of the file.
    pub sections: Vec<(String, i64)>,
}

/// What the next batch of a stream would be now.
pub async fn preview_cut(worker: &Worker, stream: &str, at: Timestamp) -> Result<Preview, BatchError> {
    let candidate = forced(worker, stream, at).await?;
    let cards = candidate.batch_cards();
    let portions = batches_of(candidate.stream.kind)?.portions(worker, &candidate, cards).await?;
    let sections = portions.into_iter().map(|(slice, n)| (slice.region, n)).collect();
    let batch = next_numbers(worker, &candidate, at).await?.batch;
    Ok(Preview { stream: stream.into(), batch, cards, sections })
}

/// Cuts the next batch of a stream now, whatever the cut-off, under the number its preview showed.
pub async fn cut_now(worker: &Worker, stream: &str, number: &str, by: Instruction<'_>) -> Result<Outcome, BatchError> {
    let not_next = || BatchRefusal::NotNext { number: number.into() };
    if let Some((id, _)) = worker.ledger.batch(number).await? {
        let actions = worker.ledger.batch_actions(id).await?;
        let same = actions.iter().any(|k| k.what == "cut" && k.stream.as_deref() == Some(stream));
        return if same { Ok(Outcome::Before(vec![number.into()])) } else { Err(not_next().into()) };
    }
    let action = record(worker, by, "cut", Some(stream))?;
    cut(worker, stream, Some(number), action).await
}

/// Cuts the next batch of a stream for an errand, which ends with it; under this number, if one was confirmed.
pub(crate) async fn cut_for_errand(
    worker: &Worker,
    stream: &str,
    number: Option<&str>,
    errand: i64,
    by: Instruction<'_>,
) -> Result<Outcome, BatchError> {
    let action = NewBatchAction { errand: Some(errand), ..record(worker, by, "cut", Some(stream))? };
    cut(worker, stream, number, action).await
}

async fn cut(
    worker: &Worker,
    stream: &str,
    confirmed: Option<&str>,
    action: NewBatchAction,
) -> Result<Outcome, BatchError> {
    let at = action.at;
    let due = forced(worker, stream, at).await?;
    let number = next_numbers(worker, &due, at).await?.batch;
    let not_next = || BatchRefusal::NotNext { number: confirmed.unwrap_or(&number).into() };
    if confirmed.is_some_and(|confirmed| confirmed != number) {
        return Err(not_next().into());
    }
    let Some(lease) = worker.lease(&schedule::lease_of(&due.stream.name()), at).await? else {
        return Err(BatchRefusal::Busy { stream: stream.into() }.into());
    };
    // Looked at again under the lease; what other streams take of the bureau's capacity shows when the cut is settled.
    let due = match forced(worker, stream, at).await {
        Ok(due) => due,
        Err(refused @ BatchError::Refused(_)) => {
            worker.ledger.give_back(&lease).await?;
            return Err(refused);
        }
        Err(failed) => return Err(failed),
    };
    let action = NewBatchAction { number: Some(number.clone()), ..action };
    let settled = batches_of(due.stream.kind)?.cut(worker, due.unit(), lease, action, at).await;
    match settled {
        Err(StageError::Ledger(LedgerError::DayUsedUp { partner, .. })) => {
            Err(BatchRefusal::NoCapacity { partner }.into())
        }
        // Somebody else took the number meanwhile; nothing was written.
        Err(error) if error.is_passing() => Err(not_next().into()),
        Err(error) => Err(error.into()),
        Ok(()) if worker.ledger.batch(&number).await?.is_some() => Ok(Outcome::Done(vec![number])),
        Ok(()) => Err(BatchRefusal::NothingToCarry { stream: stream.into() }.into()),
    }
}

/// The stream as if it were due.
async fn forced<'s>(worker: &'s Worker, stream: &str, at: Timestamp) -> Result<WaitingStream<'s>, BatchError> {
    let kind = stream_within(worker, stream)?;
    let waiting = batches_of(kind)?.waiting(&worker.ledger).await?;
    let Some(candidate) = schedule::cut_now(worker, kind, waiting, stream, at).await? else {
        return Err(BatchRefusal::NothingWaits { stream: stream.into() }.into());
    };
    if let Some(hold) = &candidate.on_hold_by {
        return Err(on_hold_with(worker, stream, hold).into());
    }
    if candidate.take == 0 {
        return Err(BatchRefusal::NoCapacity { partner: candidate.partner.profile.code.clone() }.into());
    }
    Ok(candidate)
}

async fn next_numbers(worker: &Worker, c: &WaitingStream<'_>, at: Timestamp) -> Result<cutting::Numbers, StageError> {
    cutting::numbers(worker, c.stream.kind, &c.partner.profile.code, at).await
}
