//! Approvals that nobody gave or used in time: they lapse.

use crate::cases::deadline::{Deadline, gauge};
use crate::people::approvals::lapse_approvals;

/// Approvals that were asked for, or given and not used.
pub(super) const APPROVALS: Deadline = Deadline {
    name: "approvals",
    partners: "SELECT DISTINCT o.partner FROM (SELECT id, '' AS partner FROM approval WHERE state IN ('asked', 'given') AND due_on < $1) o ORDER BY o.partner",
    gauges: &[gauge!("approval", "approval WHERE state IN ('asked', 'given')")],
    settle: |tx, missed| Box::pin(lapse_approvals(tx, missed.dates.today, missed.why)),
};
