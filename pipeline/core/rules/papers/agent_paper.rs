//! The agent's paper: a valid resident ID, whose dates are optional (s3).

use jiff::civil::Date;

use super::paper::LONG_TERM;
use crate::domain::date;
use crate::domain::identity_number::{IdentityNumber, NumberClass};
use crate::rules::people::agent::has_resident_id;
use crate::rules::{Findings, Rule, Severity, Subject};

pub(crate) const AGENT_ID_NUMBER: Rule = Rule {
    code: "AGENT-ID-NUMBER",
    name: "agent's number is not well formed",
    what: "the agent's number is a citizen number with the right check character",
    why: "the agent collects the card with that paper",
    fix: "read the number again from the agent's resident ID",
    source: "GB 11643-1999; s3",
    severity: Severity::Error,
    check: agent_id_number,
};

fn agent_id_number(subject: &Subject<'_>, findings: &mut Findings) {
    match &subject.agent_number {
        Some(Err(defect)) => findings.at("agent.id_number", defect.to_string()),
        // With another paper AGENT-ID-TYPE speaks.
        Some(Ok(number)) if has_resident_id(subject) && !is_citizen(number) => {
            findings.at("agent.id_number", "no citizen number of 18 characters");
        }
        _ => {}
    }
}

pub(crate) const AGENT_ID_TYPE: Rule = Rule {
    code: "AGENT-ID-TYPE",
    name: "agent without resident ID",
    what: "the agent uses a resident ID",
    why: "the outlet hands the card out against it",
    fix: "let an agent with a resident ID apply, or apply in person",
    source: "s3",
    severity: Severity::Error,
    check: agent_id_type,
};

fn agent_id_type(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.agent().is_some() && !has_resident_id(subject) {
        findings.at("agent.id_type", "not a resident ID");
    }
}

pub(crate) const AGENT_PAPER_DATES: Rule = Rule {
    code: "AGENT-PAPER-DATES",
    name: "validity of the agent's paper unreadable",
    what: "the dates are optional; when given they are dates, to a date or long_term, from not after to",
    why: "an expired paper cannot be told",
    fix: "send the dates of the paper, or none",
    source: "s3",
    severity: Severity::Error,
    check: agent_paper_dates,
};

fn agent_paper_dates(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(agent) = subject.agent() else {
        return;
    };
    let (from, to) = (agent.id_valid_from.as_deref(), agent.id_valid_to.as_deref());
    if from.is_some_and(|from| date::parse(from).is_none()) {
        findings.at("agent.id_valid_from", "no date of the form YYYY-MM-DD");
    }
    if to.is_some_and(|to| to != LONG_TERM && date::parse(to).is_none()) {
        findings.at("agent.id_valid_to", "neither a date nor long_term");
    }
    if let (Some(from), Some(to)) = agent_paper(subject)
        && from > to
    {
        findings.at("agent.id_valid_to", "before the first day of validity");
    }
}

pub(crate) const AGENT_PAPER_EXPIRED: Rule = Rule {
    code: "AGENT-PAPER-EXPIRED",
    name: "agent's paper expired at approval",
    what: "when its last day is given, it is not before the day of approval",
    why: "the outlet refuses an expired paper",
    fix: "let the agent renew the resident ID",
    source: "s3",
    severity: Severity::Error,
    check: agent_paper_expired,
};

fn agent_paper_expired(subject: &Subject<'_>, findings: &mut Findings) {
    let (from, to) = agent_paper(subject);
    if let (Some(to), Some(on)) = (to, subject.approved_on)
        && to < on
        && from.is_none_or(|from| from <= to)
    {
        findings.at("agent.id_valid_to", "before the day of approval");
    }
}

/// First and last day of the agent's paper, as far as they can be read.
fn agent_paper(subject: &Subject<'_>) -> (Option<Date>, Option<Date>) {
    let agent = subject.agent();
    let read = |text: Option<&str>| text.and_then(date::parse);
    (
        read(agent.and_then(|agent| agent.id_valid_from.as_deref())),
        read(agent.and_then(|agent| agent.id_valid_to.as_deref())),
    )
}

fn is_citizen(number: &IdentityNumber) -> bool {
    number.class == NumberClass::Citizen && !number.converted_from_15
}
