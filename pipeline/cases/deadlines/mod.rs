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
    use crate::store::Ledger;

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

    /// With some hundred statements a round, one that reads every card or message is what a round costs.
    #[tokio::test]
    async fn what_is_overdue_is_not_looked_for_among_all_cards_or_messages() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&format!("sqlite:{}", folder.path().join("a.db").display())).await.unwrap();
        let mut tx = ledger.read().await.unwrap();
        for deadline in DEADLINES {
            let gauges = deadline.gauges.iter().flat_map(|gauge| [gauge.overdue, gauge.oldest]);
            for statement in gauges.chain([deadline.partners]) {
                let whole = tx.read_whole(statement).await.unwrap();
                assert!(whole.is_empty(), "{}: {statement}: {whole:?}", deadline.name);
            }
        }
    }
}
