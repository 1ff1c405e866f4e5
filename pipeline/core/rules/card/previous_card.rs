//! The card this one follows. Whether it exists, and whose it is, is asked of the ledger.

use crate::domain::application::{Kind, PreviousReason};
use crate::domain::card_number;
use crate::rules::{Findings, Rule, Severity, Subject};

pub(crate) const PREVIOUS_BANK: Rule = Rule {
    code: "PREVIOUS-BANK",
    name: "another bank than the previous card's",
    what: "the same bank as the previous card's, unless the bank is changed",
    why: "another bank needs the old account closed first",
    fix: "keep the bank, or apply for a change of bank",
    source: "s2",
    severity: Severity::Error,
    check: previous_bank,
};

fn previous_bank(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(previous) = &subject.application.previous_card else {
        return;
    };
    let stays = !matches!(subject.application.kind, Kind::BankChange | Kind::FirstIssue);
    if stays && previous.bank != subject.application.bank {
        findings.at("bank", "not the bank of the previous card");
    }
}

pub(crate) const PREVIOUS_BANK_CHANGE: Rule = Rule {
    code: "PREVIOUS-BANK-CHANGE",
    name: "change of bank to the same bank",
    what: "a change of bank names another bank than the previous card's",
    why: "nothing would change",
    fix: "choose another bank, or apply for an exchange",
    source: "s2",
    severity: Severity::Error,
    check: previous_bank_change,
};

fn previous_bank_change(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(previous) = &subject.application.previous_card else {
        return;
    };
    let change = subject.application.kind == Kind::BankChange;
    if change && previous.bank == subject.application.bank {
        findings.at("bank", "the bank of the previous card");
    }
}

pub(crate) const PREVIOUS_CHECK: Rule = Rule {
    code: "PREVIOUS-CHECK",
    name: "previous card number does not check",
    what: "eight of 0-9 and A-Z and the right check character",
    why: "some regions reckoned theirs otherwise, so the ledger decides",
    fix: "compare with the card",
    source: "GB 11714-1997",
    severity: Severity::Warning,
    check: previous_check,
};

fn previous_check(subject: &Subject<'_>, findings: &mut Findings) {
    let previous = subject.application.previous_card.as_ref();
    if previous.is_some_and(|previous| !card_number::is_valid(&previous.card_number)) {
        findings.at("previous_card.card_number", "the check character does not agree");
    }
}

pub(crate) const PREVIOUS_FORBIDDEN: Rule = Rule {
    code: "PREVIOUS-FORBIDDEN",
    name: "first issue with a previous card",
    what: "no previous card on a first issue",
    why: "who has a card has it replaced or exchanged",
    fix: "leave it out, or choose the right kind",
    source: "domain.md §3",
    severity: Severity::Error,
    check: previous_forbidden,
};

fn previous_forbidden(subject: &Subject<'_>, findings: &mut Findings) {
    let first = subject.application.kind == Kind::FirstIssue;
    if first && subject.application.previous_card.is_some() {
        findings.at("previous_card", "a first issue follows no card");
    }
}

pub(crate) const PREVIOUS_REASON: Rule = Rule {
    code: "PREVIOUS-REASON",
    name: "reason does not fit the kind",
    what: "replacement: lost or damaged; exchange: damaged, quality, misprint, expired or a change; change of bank: bank_changed; renewal: turned_16",
    why: "the reason decides what becomes of the old card",
    fix: "send the reason that fits",
    source: "domain.md §3",
    severity: Severity::Error,
    check: previous_reason,
};

fn previous_reason(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(previous) = &subject.application.previous_card else {
        return;
    };
    let fits = match subject.application.kind {
        Kind::FirstIssue => true,
        Kind::Replacement => {
            matches!(previous.reason, PreviousReason::Lost | PreviousReason::Damaged)
        }
        Kind::Exchange => matches!(
            previous.reason,
            PreviousReason::Damaged
                | PreviousReason::Quality
                | PreviousReason::Misprint
                | PreviousReason::Expired
                | PreviousReason::NameChanged
                | PreviousReason::NumberChanged
                | PreviousReason::PhotoChanged
        ),
        Kind::BankChange => previous.reason == PreviousReason::BankChanged,
        Kind::AdultRenewal => previous.reason == PreviousReason::Turned16,
    };
    if !fits {
        findings.at("previous_card.reason", "does not fit the kind");
    }
}

pub(crate) const PREVIOUS_REQUIRED: Rule = Rule {
    code: "PREVIOUS-REQUIRED",
    name: "previous card missing",
    what: "the previous card for every kind but a first issue",
    why: "the old card is made invalid when the new one is activated",
    fix: "name the previous card",
    source: "domain.md §3",
    severity: Severity::Error,
    check: previous_required,
};

fn previous_required(subject: &Subject<'_>, findings: &mut Findings) {
    let first = subject.application.kind == Kind::FirstIssue;
    if !first && subject.application.previous_card.is_none() {
        findings.at("previous_card", "this kind follows a card");
    }
}
