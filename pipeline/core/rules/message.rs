//! What identifies the message, and when it was approved.

use jiff::civil::Date;

use super::{Findings, Rule, Severity, Subject};
use crate::domain::identifier;

/// What these find cannot be kept in plain text: the whole message is quarantined.
pub(super) const IDENTIFIER_RULES: [&str; 2] = [APPLICATION_ID.code, EVENT_ID.code];

const IDENTIFIER: &str = "1 to 64 letters, digits, hyphens, underscores, dots, colons; no part between these signs is the number of a person";

pub(super) const APPLICATION_ID: Rule = Rule {
    code: "APPLICATION-ID",
    name: "application id is none",
    what: IDENTIFIER,
    why: "it is the key of everything that follows, and stands in the open; such a message is quarantined as KEY-FORM",
    fix: "send the authority's identifier, never the number of a person",
    source: "contract/messages.md",
    severity: Severity::Error,
    check: application_id,
};

fn application_id(subject: &Subject<'_>, findings: &mut Findings) {
    if let Err(defect) = identifier::judge(&subject.application.application_id) {
        findings.at("application_id", defect.to_string());
    }
}

pub(super) const APPROVAL_FUTURE: Rule = Rule {
    code: "APPROVAL-FUTURE",
    name: "approved after today",
    what: "approved on or before the local date of the run",
    why: "a clock is wrong somewhere; the promise is reckoned from the date given",
    fix: "check the sender's clock",
    source: "domain.md §2",
    severity: Severity::Warning,
    check: approval_future,
};

fn approval_future(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.approved_on.is_some_and(|on| on > subject.today) && is_of_our_time(subject) {
        findings.at("approved_at", "after the local date of the run");
    }
}

/// Years from today beyond which an approval is a clock's error and no application: none waits so long.
const APPROVAL_YEARS: i16 = 5;

pub(super) const APPROVAL_RANGE: Rule = Rule {
    code: "APPROVAL-RANGE",
    name: "approved in another age",
    what: "approved within five years of the local date of the run",
    why: "ages, papers and the promise would be reckoned on a day that was never meant",
    fix: "check the sender's clock and the year",
    source: "domain.md §2",
    severity: Severity::Error,
    check: approval_range,
};

fn approval_range(subject: &Subject<'_>, findings: &mut Findings) {
    if !is_of_our_time(subject) {
        findings.at("approved_at", "more than five years from the local date of the run");
    }
}

fn is_of_our_time(subject: &Subject<'_>) -> bool {
    let years = |on: Date| on.year().abs_diff(subject.today.year());
    subject.approved_on.is_none_or(|on| years(on) <= APPROVAL_YEARS.unsigned_abs())
}

pub(super) const APPROVAL_INSTANT: Rule = Rule {
    code: "APPROVAL-INSTANT",
    name: "approved at no instant",
    what: "RFC 3339 with offset",
    why: "day 0 of the promise and every age are reckoned from it",
    fix: "send date, time and offset",
    source: "RFC 3339; contract/messages.md",
    severity: Severity::Error,
    check: approval_instant,
};

fn approval_instant(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.approved_on.is_none() {
        findings.at("approved_at", "no RFC 3339 instant");
    }
}

pub(super) const EVENT_ID: Rule = Rule {
    code: "EVENT-ID",
    name: "event id is none",
    what: IDENTIFIER,
    why: "repeats and conflicts are told by it, and it stands in the open; such a message is quarantined as KEY-FORM",
    fix: "send a unique identifier, such as a UUID",
    source: "contract/messages.md",
    severity: Severity::Error,
    check: event_id,
};

fn event_id(subject: &Subject<'_>, findings: &mut Findings) {
    if let Err(defect) = identifier::judge(&subject.application.event_id) {
        findings.at("event_id", defect.to_string());
    }
}

pub(super) const REVISION_ZERO: Rule = Rule {
    code: "REVISION-ZERO",
    name: "revision zero",
    what: "1 or more",
    why: "revisions count from 1, and a gap waits for the missing one",
    fix: "number the first revision 1",
    source: "contract/messages.md",
    severity: Severity::Error,
    check: revision_zero,
};

fn revision_zero(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.application.revision == 0 {
        findings.at("revision", "revisions count from 1");
    }
}
