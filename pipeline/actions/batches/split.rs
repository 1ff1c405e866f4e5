//! Dividing a batch that is not sent yet: both parts rendered anew, under the next numbers.
//!
//! Not here: the transaction that ends the batch and cuts its parts (`actions/batches/rows.rs`).

use cardline_core::batch_kinds::BatchKind;
use jiff::Timestamp;

use crate::batching::batch_list::BatchRecord;
use crate::batching::cut_batch::QueueSlice;
use crate::batching::cutting;
use crate::batching::kind::Part;
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

/// Renders both parts of a batch under the next numbers, or says why it cannot be divided so.
pub(crate) async fn parts(
    worker: &Worker,
    id: i64,
    batch: &BatchRecord,
    division: &Division,
    at: Timestamp,
) -> Result<Result<Vec<Box<dyn Part>>, String>, StageError> {
    let Some(kind) = BatchKind::named(&batch.kind) else { return Ok(Err("no kind of batch".into())) };
    let first = cutting::numbers(worker, kind, &batch.partner, at).await?;
    let both = [first.clone(), first.following()];
    let slice = QueueSlice {
        region: batch.region.clone(),
        bank: batch.bank.clone(),
        lane: batch.lane.clone(),
        cards: batch.cards,
        oldest: batch.cut_on.clone(),
        since: at,
    };
    let is_first = |at: usize, region: &str| match division {
        Division::Count(count) => at < *count,
        Division::Regions(regions) => regions.iter().any(|other| other == region),
    };
    let divided = batches_of(kind)?.divide(worker, (id, slice), both, &is_first, at).await?;
    let Some(mut parts) = divided else { return Ok(Err(one_part(batch))) };
    for part in &mut parts {
        part.cut().wait_for_release = batch.state == "held";
        if part.cut().file.is_none() {
            return Ok(Err(format!("no card of one part can be carried; cancel {} instead", batch.number)));
        }
    }
    for part in &parts {
        worker.objects.freeze("files", part.bytes()).await?;
    }
    Ok(Ok(parts))
}

fn one_part(batch: &BatchRecord) -> String {
    format!(
        "{} would stay in one part; it has {} cards, in the sections that its record shows",
        batch.number, batch.cards
    )
}
