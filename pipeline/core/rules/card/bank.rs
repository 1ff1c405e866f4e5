//! The partner bank and the outlet that opens the account.

use crate::domain::outlet_code;
use crate::rules::{Findings, Rule, Severity, Subject};

pub(crate) const BANK_REGION: Rule = Rule {
    code: "BANK-REGION",
    name: "bank does not serve the region",
    what: "the bank is a partner of the issuing region",
    why: "only partners of the region open accounts for its cards",
    fix: "choose a partner of the region",
    source: "partner profiles",
    severity: Severity::Error,
    check: bank_region,
};

fn bank_region(subject: &Subject<'_>, findings: &mut Findings) {
    let serves = |region| subject.bank.is_none_or(|bank| bank.serves(region));
    if subject.region.is_some_and(|region| !serves(region)) {
        findings.at("bank", "not a partner of the issuing region");
    }
}

pub(crate) const BANK_UNKNOWN: Rule = Rule {
    code: "BANK-UNKNOWN",
    name: "no such bank",
    what: "our code of a partner bank",
    why: "a CNAPS class names no bank, so the partner is named by our code",
    fix: "send the partner's code",
    source: "partner profiles",
    severity: Severity::Error,
    check: bank_unknown,
};

fn bank_unknown(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.bank.is_none() {
        findings.at("bank", "no partner bank of this code");
    }
}

pub(crate) const OUTLET_BANK: Rule = Rule {
    code: "OUTLET-BANK",
    name: "outlet of another bank",
    what: "the opening outlet belongs to the bank",
    why: "an account cannot be opened at another bank's outlet",
    fix: "choose an outlet of the bank",
    source: "partner profiles",
    severity: Severity::Error,
    check: outlet_bank,
};

fn outlet_bank(subject: &Subject<'_>, findings: &mut Findings) {
    let outlet = subject.outlet;
    let bank = subject.application.bank.as_ref();
    let known = subject.bank.is_some();
    if known && outlet.is_some_and(|outlet| outlet.bank != bank) {
        findings.at("opening_outlet", "an outlet of another bank");
    }
}

pub(crate) const OUTLET_CHECK: Rule = Rule {
    code: "OUTLET-CHECK",
    name: "outlet code does not check",
    what: "twelve digits with the right check digit",
    why: "it catches every single wrong digit",
    fix: "read the outlet's code again",
    source: "CNAPS code, ISO 7064 MOD 11,10",
    severity: Severity::Error,
    check: outlet_check,
};

fn outlet_check(subject: &Subject<'_>, findings: &mut Findings) {
    if !is_outlet_code(subject) {
        findings.at("opening_outlet", "not twelve digits with the right check digit");
    }
}

pub(crate) const OUTLET_REGION: Rule = Rule {
    code: "OUTLET-REGION",
    name: "outlet outside the region",
    what: "the opening outlet lies in the issuing region, or where the region's policy allows",
    why: "the account is activated there, and a minor's card is handed out there",
    fix: "choose an outlet of the bank in the region",
    source: "s3; domain.md §3; policy pickup_within",
    severity: Severity::Error,
    check: outlet_region,
};

fn outlet_region(subject: &Subject<'_>, findings: &mut Findings) {
    let (Some(region), Some(outlet)) = (subject.region, subject.outlet) else { return };
    if !subject.policy.pickup_within.holds(&outlet.region, region) {
        findings.at("opening_outlet", "not in the issuing region");
    }
}

pub(crate) const OUTLET_UNKNOWN: Rule = Rule {
    code: "OUTLET-UNKNOWN",
    name: "no such outlet",
    what: "the opening outlet is one of our partners' outlets",
    why: "the bank would refuse the row a day later",
    fix: "choose an outlet of the partner's list",
    source: "partner profiles",
    severity: Severity::Error,
    check: outlet_unknown,
};

fn outlet_unknown(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.outlet.is_none() && is_outlet_code(subject) {
        findings.at("opening_outlet", "no outlet of a partner bank");
    }
}

/// Whether the opening outlet's code checks: no other is in our table.
fn is_outlet_code(subject: &Subject<'_>) -> bool {
    subject.outlet.is_some() || outlet_code::is_valid(&subject.application.opening_outlet)
}
