//! What somebody may act on: streams and batches that are there and lie within their scope.
//!
//! Asked before anything is looked at, so that no preview, number or state reveals what lies outside; the
//! transaction of every action asks again (`people/authorisation.rs`).

use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::application::Priority;

use super::refusal::{BatchError, BatchRefusal};
use crate::batching::batch_list::BatchRecord;
use crate::people::authorisation::Reach;
use crate::step::Worker;
use crate::store::Ledger;

/// The kind of a stream, or of all below the beginning of a name, that lies within the scope of who acts.
pub(crate) fn stream_within(worker: &Worker, stream: &str) -> Result<BatchKind, BatchRefusal> {
    let kind = kind_of(worker, stream).ok_or_else(|| BatchRefusal::NoSuchStream { stream: stream.into() })?;
    worker.ledger.refuse_stream_beyond(stream).map(|()| kind).map_err(|beyond| BatchRefusal::Beyond(Box::new(beyond)))
}

const LANES: [&str; 3] = [Priority::Normal.word(), Priority::Urgent.word(), Priority::Newborn.word()];

/// The kind of a stream, or of all below the beginning of a name, as far as there can be such a stream.
pub fn kind_of(worker: &Worker, stream: &str) -> Option<BatchKind> {
    let mut parts = stream.split('/');
    let kind = parts.next().and_then(BatchKind::named)?;
    let known = parts.next().is_none_or(|code| worker.partners.get(code).is_some());
    let mut rest = parts.map(|part| {
        let is_region = (2..=6).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        is_region || LANES.contains(&part) || worker.partners.get(part).is_some()
    });
    (known && rest.all(|known| known)).then_some(kind)
}

/// The refusal of what a wider hold covers.
pub(crate) fn on_hold_with(worker: &Worker, stream: &str, hold: &str) -> BatchRefusal {
    let beyond = worker.ledger.refuse_stream_beyond(hold).err().map(Box::new);
    BatchRefusal::OnHoldWith { stream: stream.into(), hold: hold.into(), beyond }
}

/// The batch of a number when all of it lies within the scope of who asks. One of which they see nothing is as
/// if it were absent.
pub async fn batch_within(ledger: &Ledger, number: &str) -> Result<(i64, BatchRecord), BatchError> {
    let absent = || BatchRefusal::NoSuchBatch { number: number.into() };
    match (ledger.batch_reach(number).await?, ledger.viewer()) {
        (Reach::Within, _) => Ok(ledger.batch(number).await?.ok_or_else(absent)?),
        (Reach::Beyond, Some(viewer)) => Err(BatchRefusal::Beyond(Box::new(viewer.beyond(number))).into()),
        _ => Err(absent().into()),
    }
}
