//! Where and how the card is collected.

use crate::domain::application::PickupMethod;
use crate::domain::reference::PointKind;

use super::contact::is_mobile;
use super::{Findings, Rule, Severity, Subject};

pub(super) const PICKUP_AGENT: Rule = Rule {
    code: "PICKUP-AGENT",
    name: "agent to collect, but there is none",
    what: "agent_at_outlet only with an agent",
    why: "nobody would be allowed to collect the card",
    fix: "choose another way, or name the agent",
    source: "s3",
    severity: Severity::Error,
    check: pickup_agent,
};

fn pickup_agent(subject: &Subject<'_>, findings: &mut Findings) {
    let by_agent = subject.application.pickup.method == PickupMethod::AgentAtOutlet;
    if by_agent && subject.agent().is_none() {
        findings.at("pickup.method", "there is no agent");
    }
}

pub(super) const PICKUP_AGENT_OUTLET: Rule = Rule {
    code: "PICKUP-AGENT-OUTLET",
    name: "minor's card not collected at the opening outlet",
    what: "a minor applied for by an agent is collected by that agent at the opening outlet, and nowhere else",
    why: "the outlet checks agent, household book and birth certificate when it activates the account",
    fix: "choose agent_at_outlet with the opening outlet",
    source: "s3",
    severity: Severity::Error,
    check: pickup_agent_outlet,
};

fn pickup_agent_outlet(subject: &Subject<'_>, findings: &mut Findings) {
    if !subject.is_minor() || subject.agent().is_none() {
        return;
    }
    let pickup = &subject.application.pickup;
    if pickup.method != PickupMethod::AgentAtOutlet {
        findings.at("pickup.method", "not agent_at_outlet");
    }
    if pickup.point.as_ref() != Some(&subject.application.opening_outlet) {
        findings.at("pickup.point", "not the opening outlet");
    }
}

pub(super) const PICKUP_EMPLOYER: Rule = Rule {
    code: "PICKUP-EMPLOYER",
    name: "employer to collect, but none is named",
    what: "the employer's code and name when the employer collects",
    why: "the employer hands the card out and is asked for it",
    fix: "name the employer",
    source: "s2",
    severity: Severity::Error,
    check: pickup_employer,
};

fn pickup_employer(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.application.pickup.method != PickupMethod::Employer {
        return;
    }
    let named = subject
        .holder()
        .employer
        .as_ref()
        .is_some_and(|employer| !employer.code.trim().is_empty() && !employer.name.trim().is_empty());
    if !named {
        findings.at("holder.employer", "no employer is named");
    }
}

pub(super) const PICKUP_MAIL: Rule = Rule {
    code: "PICKUP-MAIL",
    name: "mail without a full address",
    what: "name, mobile, six-digit postcode and address",
    why: "the carrier asks for all four",
    fix: "send all four",
    source: "domain.md §3",
    severity: Severity::Error,
    check: pickup_mail,
};

fn pickup_mail(subject: &Subject<'_>, findings: &mut Findings) {
    let pickup = &subject.application.pickup;
    if pickup.method != PickupMethod::Mail {
        return;
    }
    let filled = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty());
    let postcode = pickup.postcode.as_deref().unwrap_or_default();
    for (given, field) in [
        (filled(pickup.name.as_deref()), "pickup.name"),
        (pickup.phone.as_deref().is_some_and(is_mobile), "pickup.phone"),
        (postcode.len() == 6 && postcode.bytes().all(|byte| byte.is_ascii_digit()), "pickup.postcode"),
        (filled(pickup.address.as_deref()), "pickup.address"),
    ] {
        if !given {
            findings.at(field, "missing or not of its form");
        }
    }
}

pub(super) const PICKUP_POINT: Rule = Rule {
    code: "PICKUP-POINT",
    name: "no such pickup point",
    what: "a known point of the kind the method names",
    why: "a card cannot be sent to a place nobody knows",
    fix: "choose a point of the list",
    source: "National Bureau of Statistics division codes; partner profiles",
    severity: Severity::Error,
    check: pickup_point,
};

fn pickup_point(subject: &Subject<'_>, findings: &mut Findings) {
    let code = subject.application.pickup.point.as_deref().unwrap_or_default();
    let kind = match subject.application.pickup.method {
        PickupMethod::Village => Some(PointKind::Village),
        PickupMethod::Community => Some(PointKind::Community),
        PickupMethod::ServiceCentre => Some(PointKind::ServiceCentre),
        PickupMethod::AgentAtOutlet | PickupMethod::BankOutlet => None,
        PickupMethod::Employer | PickupMethod::Mail => return,
    };
    let known = match kind {
        None => subject.reference.outlet(code).is_some(),
        Some(_) => subject.reference.point(code).map(|point| point.kind) == kind,
    };
    if !known {
        findings.at("pickup.point", "no known point of this kind");
    }
}
