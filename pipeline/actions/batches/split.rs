//! Dividing a batch that is not sent yet: both parts rendered anew, under the next numbers.
//!
//! Not here: the transaction that ends the batch and cuts its parts (`actions/batches/rows.rs`).

use jiff::Timestamp;

use crate::actions::batches::rows::Part;
use crate::batching::batch_list::BatchRecord;
use crate::batching::cut_batch::{CARD_NUMBERS, QueueSlice};
use crate::batching::cutting;
use crate::batching::schedule::Kind;
use crate::route::{accounts, production, recycling};
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
) -> Result<Result<Vec<Part>, String>, StageError> {
    let Some(kind) = Kind::named(&batch.kind) else { return Ok(Err("no kind of batch".into())) };
    let first = cutting::numbers(worker, kind, &batch.partner, at).await?;
    let both = [first.clone(), first.following()];
    let group = QueueSlice {
        region: batch.region.clone(),
        bank: batch.bank.clone(),
        lane: batch.lane.clone(),
        cards: batch.cards,
        oldest: batch.cut_on.clone(),
        since: at,
    };
    let ledger = &worker.ledger;
    let (mut parts, mut files) = (Vec::new(), Vec::new());
    match kind {
        Kind::Account => {
            let cards = ledger.batch_to_open(id).await?;
            let Some(divided) = divide(cards, division, |_| batch.region.clone()) else {
                return Ok(Err(one_part(batch)));
            };
            for (cards, numbers) in divided.into_iter().zip(&both) {
                let (cut, bytes) = accounts::request(worker, &group, &cards, numbers, at)?;
                parts.push(Part::Account(cut));
                files.push(bytes);
            }
        }
        Kind::Production => {
            let cards = ledger.batch_to_produce(id).await?;
            let pictures = production::pictures(worker, &cards).await?;
            let Some(divided) = divide(cards, division, |c| c.region.clone()) else { return Ok(Err(one_part(batch))) };
            let mut serial = ledger.peek_counter(CARD_NUMBERS).await?;
            for (cards, numbers) in divided.into_iter().zip(&both) {
                let run = production::run(worker, &group, &cards, numbers, serial, &pictures, at)?;
                serial += run.card_numbers.len() as i64;
                let production::Run { batch: cut, first_serial, card_numbers: numbers, package } = run;
                parts.push(Part::Production { cut, first_serial, numbers });
                files.push(package);
            }
        }
        Kind::Recycling => {
            let cards = ledger.batch_to_recycle(id).await?;
            let Some(divided) = divide(cards, division, |_| batch.region.clone()) else {
                return Ok(Err(one_part(batch)));
            };
            for (cards, numbers) in divided.into_iter().zip(&both) {
                let (cut, bytes) = recycling::request(worker, &group, &cards, numbers, at)?;
                parts.push(Part::Recycling(cut, cards));
                files.push(bytes);
            }
        }
    }
    for part in &mut parts {
        part.cut_mut().wait_for_release = batch.state == "held";
        if part.cut_mut().file.is_none() {
            return Ok(Err(format!("no card of one part can be carried; cancel {} instead", batch.number)));
        }
    }
    for bytes in files {
        worker.objects.freeze("files", &bytes).await?;
    }
    Ok(Ok(parts))
}

/// Two parts, each in the order of the rows; none when one would be empty.
fn divide<T>(cards: Vec<T>, division: &Division, region: impl Fn(&T) -> String) -> Option<[Vec<T>; 2]> {
    let mut parts = [Vec::new(), Vec::new()];
    for (at, card) in cards.into_iter().enumerate() {
        let first = match division {
            Division::Count(count) => at < *count,
            Division::Regions(regions) => regions.contains(&region(&card)),
        };
        parts[usize::from(!first)].push(card);
    }
    parts.iter().all(|part| !part.is_empty()).then_some(parts)
}

fn one_part(batch: &BatchRecord) -> String {
    format!(
        "{} would stay in one part; it has {} cards, in the sections that its record shows",
        batch.number, batch.cards
    )
}
