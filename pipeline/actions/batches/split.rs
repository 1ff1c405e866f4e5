//! Dividing a batch that is not sent yet: both parts rendered again, under the next numbers.
//!
//! Not here: the transaction that ends the batch and cuts its parts (`actions/batches/rows.rs`).

use cardline_core::batch_kinds::BatchKind;
use jiff::Timestamp;

use super::cancel::{again_on, kind_of};
use super::record::record;
use super::refusal::{BatchError, BatchRefusal, outcome};
use super::targets::batch_within;
use crate::actions::outcome::{Instruction, Outcome};
use crate::batching::any_kind::Part;
use crate::batching::batch_list::BatchRecord;
use crate::batching::batch_record::NewBatchAction;
use crate::batching::cutting;
use crate::limits::PASSING_FAULT_TRIES;
use crate::route::batches_of;
use crate::step::{StageError, Worker};

/// How a batch is divided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Division {
    /// The first so many rows, and the rest.
    Count(usize),
    /// The cards of these regions, and the rest.
    Regions(Vec<String>),
}

/// Divides a batch that is not sent yet into two, under new numbers; a batch on hold gives parts on hold.
pub async fn split_batch(
    worker: &Worker,
    number: &str,
    division: &Division,
    by: Instruction<'_>,
) -> Result<Outcome, BatchError> {
    let (id, _) = batch_within(&worker.ledger, number).await?;
    let action = record(worker, by, "split", None)?;
    let mut tries = 0;
    let split = loop {
        tries += 1;
        match try_split(worker, number, division, &action).await {
            // Another batch took the numbers; nothing was written.
            Err(error) if error.is_passing() && tries < PASSING_FAULT_TRIES => {}
            other => break other?,
        }
    };
    let made = worker.ledger.batch_actions(id).await?.into_iter().rfind(|k| k.what == "split");
    let made: Vec<String> =
        made.and_then(|k| k.result).map_or_else(Vec::new, |r| r.split(", ").map(str::to_owned).collect());
    Ok(match split {
        Outcome::Done(_) => Outcome::Done(made),
        Outcome::Before(_) => Outcome::Before(made),
    })
}

async fn try_split(
    worker: &Worker,
    number: &str,
    division: &Division,
    action: &NewBatchAction,
) -> Result<Outcome, BatchError> {
    let (id, batch) = batch_within(&worker.ledger, number).await?;
    let parts = match batch.state.as_str() {
        "cut" | "held" => parts(worker, id, &batch, division, action.at).await?,
        // The ledger says what became of it.
        _ => Vec::new(),
    };
    let again_on = again_on(worker, &batch, action.at);
    outcome(worker.ledger.split_batch(id, kind_of(&batch)?, &parts, again_on, action).await?, number)
}

/// Renders both parts of a batch under the next numbers, or refuses what cannot be divided so.
async fn parts(
    worker: &Worker,
    id: i64,
    batch: &BatchRecord,
    division: &Division,
    at: Timestamp,
) -> Result<Vec<Box<dyn Part>>, BatchError> {
    let Some(kind) = BatchKind::named(&batch.kind) else {
        return Err(StageError::Shape(format!("kind of the batch {}", batch.number)).into());
    };
    let first = cutting::numbers(worker, kind, &batch.partner, at).await?;
    let both = [first.clone(), first.following()];
    let slice = batch.slice(at);
    let is_first = |at: usize, region: &str| match division {
        Division::Count(count) => at < *count,
        Division::Regions(regions) => regions.iter().any(|other| other == region),
    };
    let divided = batches_of(kind)?.divide(worker, (id, slice), both, &is_first, at).await?;
    let mut parts =
        divided.ok_or_else(|| BatchRefusal::OnePart { number: batch.number.clone(), cards: batch.cards })?;
    for part in &mut parts {
        part.cut().wait_for_release = batch.state == "held";
        if part.cut().file.is_none() {
            return Err(BatchRefusal::EmptyPart { number: batch.number.clone() }.into());
        }
    }
    for part in &parts {
        worker.objects.put("files", part.bytes()).await?;
    }
    Ok(parts)
}
