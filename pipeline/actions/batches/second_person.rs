//! Which actions on a batch need a second person.

use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::staff::DualControl;
use serde_json::json;

use crate::actions::dual_control::Wanted;
use crate::batching::batch_list::BatchRecord;

/// An action on a batch that may need two persons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BatchDecision {
    Cancel,
    Release,
}

/// What a second person is asked for: to cancel a batch, to let a production batch be printed, and to let a
/// recycling batch close accounts and destroy plastic. What is no longer possible is not asked for: the action
/// itself says why.
pub fn needs_second<'a>(what: BatchDecision, batch: &'a BatchRecord, reason: &'a str) -> Option<Wanted<'a>> {
    let (action, possible): (DualControl, &[&str]) = match what {
        BatchDecision::Cancel => (DualControl::CancelBatch, &["cut", "held"]),
        BatchDecision::Release => (BatchKind::named(&batch.kind)?.release?, &["held"]),
    };
    possible.contains(&batch.state.as_str()).then(|| Wanted {
        action,
        subject: &batch.number,
        request: json!({ "reason": reason }),
        count: batch.cards,
        bank: &batch.bank,
        area: &batch.region,
        reason,
    })
}
