//! The statement the applicant accepted (s3 disclaimer).

use crate::rules::subject::instant;
use crate::rules::{Findings, Rule, Severity, Subject};

pub(crate) const CONSENT_INSTANT: Rule = Rule {
    code: "CONSENT-INSTANT",
    name: "consent at no instant, or after approval",
    what: "an RFC 3339 instant not after approval",
    why: "an approval without consent before it is void",
    fix: "send the instant of acceptance",
    source: "s3; RFC 3339",
    severity: Severity::Error,
    check: consent_instant,
};

fn consent_instant(subject: &Subject<'_>, findings: &mut Findings) {
    let accepted = instant(&subject.application.consent.accepted_at);
    match (accepted, subject.approved_at) {
        (None, _) => findings.at("consent.accepted_at", "no RFC 3339 instant"),
        (Some(accepted), Some(approved)) if accepted > approved => {
            findings.at("consent.accepted_at", "after approval");
        }
        _ => {}
    }
}

pub(crate) const CONSENT_STATEMENT: Rule = Rule {
    code: "CONSENT-STATEMENT",
    name: "no statement accepted",
    what: "the version of the statement",
    why: "processing sensitive data needs the holder's consent",
    fix: "send the version that was accepted",
    source: "s3; Personal Information Protection Law art. 29",
    severity: Severity::Error,
    check: consent_statement,
};

fn consent_statement(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.application.consent.statement.trim().is_empty() {
        findings.at("consent.statement", "no version");
    }
}
