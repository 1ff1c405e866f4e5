//! The kinds of deadlines, in the order in which they are settled: a file for each.
//!
//! A new kind is its file and its line in [`DEADLINES`]: how to find what is overdue, what metrics count of it,
//! and what becomes of it.

pub(crate) mod activation;
mod applications;
mod approvals;
mod asked_once;
mod batches;
mod cards;
mod cases;
mod locked;
pub(crate) mod mail;
pub(crate) mod messages;
pub(crate) mod missing;
mod shipments;
pub(crate) mod uncollected;
pub(crate) mod units;

use super::deadline::Deadline;

/// Every kind.
pub const DEADLINES: &[Deadline] = &[
    batches::BATCHES,
    shipments::SHIPMENTS,
    applications::APPLICATIONS,
    missing::MISSING,
    units::UNITS,
    uncollected::UNCOLLECTED,
    mail::MAIL,
    activation::ACTIVATION,
    cards::CARDS,
    cases::CASES,
    messages::MESSAGES,
    approvals::APPROVALS,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_are_given_once() {
        let mut names: Vec<&str> = DEADLINES.iter().map(|deadline| deadline.name).collect();
        let mut labels: Vec<&str> = DEADLINES.iter().flat_map(|d| d.gauges).map(|gauge| gauge.label).collect();
        assert!(DEADLINES.iter().all(|deadline| !deadline.gauges.is_empty()), "metrics do not show it");
        for list in [&mut names, &mut labels] {
            let all = list.len();
            list.sort_unstable();
            list.dedup();
            assert_eq!(list.len(), all, "{list:?}");
        }
    }
}
