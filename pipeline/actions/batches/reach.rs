//! What somebody may act on: streams and batches that are there and lie within their scope.
//!
//! Asked before anything is looked at, so that no preview, number or state tells of what lies outside; the
//! transaction of every act asks again (`people/authorisation.rs`).

use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::application::Priority;

use crate::batching::batch_list::BatchRecord;
use crate::people::authorisation::{Reach, stream_bounds};
use crate::step::Worker;
use crate::store::{Ledger, LedgerError};

/// The kind of a stream, or of all below the beginning of a name, that lies within the scope of who acts; or
/// what is wrong with it.
pub(crate) fn stream_within(worker: &Worker, stream: &str) -> Result<BatchKind, String> {
    let Some(kind) = kind_of(worker, stream) else {
        return Err(format!(
            "{stream} is neither a batch nor a stream; the plan of batches shows streams, such as account/ABC/110101/normal"
        ));
    };
    worker.ledger.refuse_stream_beyond(stream).map(|()| kind).map_err(|refused| refused.to_string())
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

/// Why a hold would keep nothing from being cut, if so: streams are named by whole regions, never by an area.
pub(crate) fn holds_nothing(stream: &str) -> Option<String> {
    let (_, region) = stream_bounds(stream);
    (!region.is_empty() && region.len() != 6).then(|| {
        format!("{stream} is no stream's name or its beginning: a region has six digits; hold each of the area's streams that the plan shows")
    })
}

/// What to do about a hold of others' making that keeps a stream of theirs from being cut.
pub(crate) fn release_first(worker: &Worker, held: &str) -> String {
    match worker.ledger.refuse_stream_beyond(held) {
        Ok(()) => format!("release {held} first"),
        Err(refused) => refused.to_string(),
    }
}

/// The batch of a number when all of it lies within the scope of who asks, or why not. One of which they
/// see nothing is as if it were absent.
pub async fn batch_within(ledger: &Ledger, number: &str) -> Result<Result<(i64, BatchRecord), String>, LedgerError> {
    let absent = format!("no batch has the number {number}; look for it in the list of batches");
    Ok(match (ledger.batch_reach(number).await?, ledger.viewer()) {
        (Reach::Within, _) => ledger.batch(number).await?.ok_or(absent),
        (Reach::Beyond, Some(viewer)) => Err(viewer.beyond(number).to_string()),
        _ => Err(absent),
    })
}
