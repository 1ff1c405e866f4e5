//! Where and how the card is collected.

use crate::domain::application::PickupMethod;
use crate::domain::mobile;
use crate::domain::reference::{Outlet, PointKind};
use crate::rules::people::address::is_writable;
use crate::rules::people::contact::is_landline;
use crate::rules::{Findings, Rule, Severity, Subject};

pub(crate) const PICKUP_AGENT: Rule = Rule {
    code: "PICKUP-AGENT",
    name: "agent to collect an adult's card",
    what: "agent_at_outlet only for a minor",
    why: "an adult's card is handed to the holder, or to whom the holder authorises at the point",
    fix: "choose another way, such as bank_outlet",
    source: "s3",
    severity: Severity::Error,
    check: pickup_agent,
};

fn pickup_agent(subject: &Subject<'_>, findings: &mut Findings) {
    let by_agent = subject.application.pickup.method == PickupMethod::AgentAtOutlet;
    if by_agent && subject.is_adult() {
        findings.at("pickup.method", "the holder is no minor");
    }
}

pub(crate) const PICKUP_AGENT_OUTLET: Rule = Rule {
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
    if subject.minors_agent().is_none() {
        return;
    }
    let pickup = &subject.application.pickup;
    let opening = &subject.application.opening_outlet;
    if pickup.method != PickupMethod::AgentAtOutlet {
        findings.at("pickup.method", "not agent_at_outlet");
    } else if pickup.point.as_ref() != Some(opening) && subject.outlet.is_some() {
        findings.at("pickup.point", "not the opening outlet");
    }
}

pub(crate) const PICKUP_BANK: Rule = Rule {
    code: "PICKUP-BANK",
    name: "collected at another bank",
    what: "an outlet at which the card is collected belongs to the card's bank",
    why: "another bank takes no parcels for it and cannot activate the account",
    fix: "choose an outlet of the card's bank",
    source: "s2, s3",
    severity: Severity::Error,
    check: pickup_bank,
};

fn pickup_bank(subject: &Subject<'_>, findings: &mut Findings) {
    let bank = subject.application.bank.as_ref();
    let known = subject.bank.is_some();
    if known && outlet_of_pickup(subject).is_some_and(|outlet| outlet.bank != bank) {
        findings.at("pickup.point", "an outlet of another bank");
    }
}

/// The outlet at which the card is collected, when it is another than the opening outlet, which has
/// rules of its own.
fn outlet_of_pickup<'s>(subject: &Subject<'s>) -> Option<&'s Outlet> {
    let pickup = &subject.application.pickup;
    let at_outlet = pickup.method == PickupMethod::BankOutlet && is_free(subject);
    let point = pickup.point.as_ref().filter(|point| at_outlet && **point != subject.application.opening_outlet)?;
    subject.reference.outlet(point)
}

/// Whether the holder may choose: a minor's card goes to the agent, of which PICKUP-AGENT-OUTLET speaks.
fn is_free(subject: &Subject<'_>) -> bool {
    subject.minors_agent().is_none()
}

pub(crate) const PICKUP_EMPLOYER: Rule = Rule {
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
    if subject.application.pickup.method != PickupMethod::Employer || !is_free(subject) {
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

pub(crate) const PICKUP_MAIL: Rule = Rule {
    code: "PICKUP-MAIL",
    name: "mail without a full address",
    what: "name, mobile or landline, six-digit postcode and address, all of them writable",
    why: "the carrier asks for all four",
    fix: "send all four",
    source: "domain.md §3",
    severity: Severity::Error,
    check: pickup_mail,
};

fn pickup_mail(subject: &Subject<'_>, findings: &mut Findings) {
    let pickup = &subject.application.pickup;
    if pickup.method != PickupMethod::Mail || !is_free(subject) {
        return;
    }
    let filled = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty() && is_writable(text));
    let postcode = pickup.postcode.as_deref().unwrap_or_default();
    for (given, field) in [
        (filled(pickup.name.as_deref()), "pickup.name"),
        (pickup.phone.as_deref().is_some_and(|phone| mobile::is_valid(phone) || is_landline(phone)), "pickup.phone"),
        (postcode.len() == 6 && postcode.bytes().all(|byte| byte.is_ascii_digit()), "pickup.postcode"),
        (filled(pickup.address.as_deref()), "pickup.address"),
    ] {
        if !given {
            findings.at(field, "missing or not of its form");
        }
    }
}

pub(crate) const PICKUP_METHOD: Rule = Rule {
    code: "PICKUP-METHOD",
    name: "way of collecting that is not offered",
    what: "a way the region offers; not every region sends cards by mail",
    why: "nobody there would hand the card out",
    fix: "choose another way",
    source: "s0; policy pickup_methods",
    severity: Severity::Error,
    check: pickup_method,
};

fn pickup_method(subject: &Subject<'_>, findings: &mut Findings) {
    if is_free(subject) && !subject.policy.pickup_methods.has(subject.application.pickup.method) {
        findings.at("pickup.method", "the region does not offer it");
    }
}

pub(crate) const PICKUP_POINT: Rule = Rule {
    code: "PICKUP-POINT",
    name: "no such pickup point",
    what: "a known point of the kind the method names; for an employer or mail, where one is named",
    why: "a card cannot be sent to a place nobody knows",
    fix: "choose a point of the list",
    source: "National Bureau of Statistics division codes; partner profiles",
    severity: Severity::Error,
    check: pickup_point,
};

fn pickup_point(subject: &Subject<'_>, findings: &mut Findings) {
    let code = subject.application.pickup.point.as_deref().unwrap_or_default();
    let known = match kind_of_point(subject.application.pickup.method) {
        Wanted::Point(kind) => subject.reference.point(code).is_some_and(|point| point.kind == kind),
        Wanted::Named(kind) => {
            subject.application.pickup.point.is_none()
                || subject.reference.outlet(code).is_some()
                || subject.reference.point(code).is_some_and(|point| point.kind == kind)
        }
        // The opening outlet has rules of its own.
        Wanted::Outlet => *code == *subject.application.opening_outlet || subject.reference.outlet(code).is_some(),
        Wanted::Nothing => true,
    };
    if !known && is_free(subject) {
        findings.at("pickup.point", "no known point of this kind");
    }
}

pub(crate) const PICKUP_REGION: Rule = Rule {
    code: "PICKUP-REGION",
    name: "pickup point outside the region",
    what: "the point lies in the issuing region, or where the region's policy allows",
    why: "a region's parcels go to its own points only",
    fix: "choose a point of the region",
    source: "domain.md §2, §7; policy pickup_within",
    severity: Severity::Error,
    check: pickup_region,
};

fn pickup_region(subject: &Subject<'_>, findings: &mut Findings) {
    let code = subject.application.pickup.point.as_deref().unwrap_or_default();
    let Some(region) = subject.region.filter(|_| is_free(subject)) else { return };
    let lies_in = match kind_of_point(subject.application.pickup.method) {
        Wanted::Point(kind) | Wanted::Named(kind) => {
            let point = subject.reference.point(code).filter(|point| point.kind == kind);
            point.map(|point| point.region.as_str())
        }
        Wanted::Outlet => outlet_of_pickup(subject).map(|outlet| outlet.region.as_str()),
        Wanted::Nothing => None,
    };
    if lies_in.is_some_and(|place| !subject.policy.pickup_within.holds(place, region)) {
        findings.at("pickup.point", "not in the issuing region");
    }
}

/// What a way of collecting wants as its point.
enum Wanted {
    Point(PointKind),
    /// A point of this kind or an outlet; without one the cards go to the opening outlet.
    Named(PointKind),
    Outlet,
    /// No point, or one of which another rule speaks.
    Nothing,
}

fn kind_of_point(method: PickupMethod) -> Wanted {
    match method {
        PickupMethod::Village => Wanted::Point(PointKind::Village),
        PickupMethod::Community => Wanted::Point(PointKind::Community),
        PickupMethod::ServiceCentre => Wanted::Point(PointKind::ServiceCentre),
        PickupMethod::BankOutlet => Wanted::Outlet,
        PickupMethod::Employer => Wanted::Named(PointKind::Employer),
        PickupMethod::Mail => Wanted::Named(PointKind::Post),
        PickupMethod::AgentAtOutlet => Wanted::Nothing,
    }
}
