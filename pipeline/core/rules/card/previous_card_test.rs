//! Every kind against every reason of the previous card.

use crate::domain::application::{Kind, PreviousCard, PreviousReason};
use crate::domain::message::decode;
use crate::rules::tests::{EXAMPLE, facts};
use crate::rules::*;

const REASONS: &[PreviousReason] = &[
    PreviousReason::Lost,
    PreviousReason::Damaged,
    PreviousReason::Quality,
    PreviousReason::Misprint,
    PreviousReason::Expired,
    PreviousReason::NameChanged,
    PreviousReason::NumberChanged,
    PreviousReason::PhotoChanged,
    PreviousReason::BankChanged,
    PreviousReason::Turned16,
];

/// A row a kind, a column a reason in the order above: `+` fits.
const TABLE: &[(Kind, &str)] = &[
    (Kind::Replacement, "++--------"),
    (Kind::Exchange, "-+++++++--"),
    (Kind::BankChange, "--------+-"),
    (Kind::AdultRenewal, "---------+"),
];

/// Codes of the family's findings.
fn found(kind: Kind, previous: Option<(&'static str, PreviousReason)>) -> Vec<&'static str> {
    let mut application = decode(EXAMPLE.as_bytes()).ok().unwrap().application;
    application.kind = kind;
    application.previous_card = previous.map(|(bank, reason)| PreviousCard {
        card_number: crate::domain::card_number::from_serial(1).unwrap().into(),
        bank: bank.into(),
        reason,
    });
    let findings = check(&application, &facts());
    findings.iter().map(|finding| finding.rule).filter(|rule| rule.starts_with("PREVIOUS-")).collect()
}

#[test]
fn the_reason_fits_the_kind() {
    for (kind, row) in TABLE {
        assert_eq!(row.len(), REASONS.len());
        for (reason, cell) in REASONS.iter().zip(row.chars()) {
            let bank = if *kind == Kind::BankChange { "ABC" } else { "ICBC" };
            let expected: &[&str] = if cell == '+' { &[] } else { &["PREVIOUS-REASON"] };
            assert_eq!(found(*kind, Some((bank, *reason))), expected, "{kind:?} {reason:?}");
        }
    }
}

#[test]
fn only_a_first_issue_follows_no_card_and_only_a_change_of_bank_changes_it() {
    assert_eq!(found(Kind::FirstIssue, None), [""; 0]);
    assert_eq!(found(Kind::FirstIssue, Some(("ICBC", PreviousReason::Lost))), ["PREVIOUS-FORBIDDEN"]);
    for (kind, row) in TABLE {
        let reason = REASONS[row.find('+').unwrap()];
        assert_eq!(found(*kind, None), ["PREVIOUS-REQUIRED"]);
        let (same, other) = (found(*kind, Some(("ICBC", reason))), found(*kind, Some(("ABC", reason))));
        if *kind == Kind::BankChange {
            assert_eq!((same, other), (vec!["PREVIOUS-BANK-CHANGE"], vec![]));
        } else {
            assert_eq!((same, other), (vec![], vec!["PREVIOUS-BANK"]));
        }
    }
}
