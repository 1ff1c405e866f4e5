//! What waits for a second person, as lists and pages show it: each with its reason in plain text.

use jiff::Timestamp;
use serde::Serialize;

use super::about::About;
use crate::people::approvals::ApprovalRecord;
use crate::step::{StageError, Worker};
use crate::time::rfc3339_stored;

/// An approval with its reason and instants in words.
#[derive(Clone, Serialize)]
pub struct ShownApproval {
    #[serde(flatten)]
    pub record: ApprovalRecord,
    pub asked: String,
    pub reason: String,
    /// What it does, as it was when it was asked for, where that is more than its subject says.
    pub about: Option<About>,
}

/// Approvals within the scope of who asks, oldest first: those that are open, or all.
///
/// # Errors
/// The ledger cannot be read, or the keys do not open a reason.
pub async fn approval_list(worker: &Worker, all: bool, now: Timestamp) -> Result<Vec<ShownApproval>, StageError> {
    let found = worker.ledger.approvals(all, now).await?;
    found.into_iter().map(|record| shown(worker, record, now)).collect()
}

/// One approval within the scope of who asks; `None`: they see none of this number.
///
/// # Errors
/// The ledger cannot be read, or the keys do not open the reason.
pub async fn show_approval(worker: &Worker, id: i64, now: Timestamp) -> Result<Option<ShownApproval>, StageError> {
    worker.ledger.approval(id).await?.map(|record| shown(worker, record, now)).transpose()
}

fn shown(worker: &Worker, mut record: ApprovalRecord, now: Timestamp) -> Result<ShownApproval, StageError> {
    if record.is_over(now) && matches!(record.state.as_str(), "asked" | "given") {
        record.state = "lapsed".into();
    }
    let reason = String::from_utf8_lossy(&worker.keys.decrypt(&record.reason)?).into_owned();
    let request = serde_json::from_slice(&worker.keys.decrypt(&record.request)?).unwrap_or_default();
    let about = About::of(&request);
    Ok(ShownApproval { asked: rfc3339_stored(record.asked_at), reason, about, record })
}
