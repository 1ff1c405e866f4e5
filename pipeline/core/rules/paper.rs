//! The paper the holder is identified by: its kind, its age limits, its dates.

use jiff::civil::Date;

use crate::domain::application::{Channel, IdType};
use crate::domain::person::class_of;

use super::{Findings, Rule, Severity, Subject};

/// Age, in whole years, from which the resident ID is demanded (s3).
const RESIDENT_ID_YEARS: i16 = 16;

/// What `id_valid_to` says of a paper without an end.
pub(super) const LONG_TERM: &str = "long_term";

pub(super) const PAPER_AGE: Rule = Rule {
    code: "PAPER-AGE",
    name: "household book from sixteen on",
    what: "a household book only under 16; from 16 on the resident ID",
    why: "a resident ID must be applied for at 16",
    fix: "apply with the resident ID",
    source: "s3; Law on Resident Identity Cards art. 2",
    severity: Severity::Error,
    check: paper_age,
};

fn paper_age(subject: &Subject<'_>, findings: &mut Findings) {
    let book = subject.holder().id_type == IdType::HouseholdBook;
    if book && subject.age().is_some_and(|age| age >= RESIDENT_ID_YEARS) {
        findings.at("holder.id_type", "a household book is only taken under 16");
    }
}

pub(super) const PAPER_CLASS: Rule = Rule {
    code: "PAPER-CLASS",
    name: "paper and number of different classes",
    what: "a resident ID or household book carries a citizen number, a permit a permit number, a foreigner's card a foreign one",
    why: "a person is known by class and number",
    fix: "send the paper the number was read from",
    source: "domain.md §3",
    severity: Severity::Error,
    check: paper_class,
};

fn paper_class(subject: &Subject<'_>, findings: &mut Findings) {
    let paper = class_of(subject.holder().id_type);
    if subject.number().is_some_and(|number| number.class != paper) {
        findings.at("holder.id_type", "this paper does not carry numbers of that class");
    }
}

pub(super) const PAPER_DATES: Rule = Rule {
    code: "PAPER-DATES",
    name: "validity of the paper missing or unreadable",
    what: "from and to, to a date or long_term; null only for a household book; from not after to",
    why: "an expired paper cannot open an account",
    fix: "send the dates of the paper",
    source: "domain.md §3",
    severity: Severity::Error,
    check: paper_dates,
};

fn paper_dates(subject: &Subject<'_>, findings: &mut Findings) {
    let holder = subject.holder();
    let book = holder.id_type == IdType::HouseholdBook;
    let from = holder.id_valid_from.as_deref();
    let to = holder.id_valid_to.as_deref();
    if from.map_or(!book, |from| from.parse::<Date>().is_err()) {
        findings.at("holder.id_valid_from", "no date of the form YYYY-MM-DD");
    }
    if to.map_or(!book, |to| to != LONG_TERM && to.parse::<Date>().is_err()) {
        findings.at("holder.id_valid_to", "neither a date nor long_term");
    }
    if let (Some(Ok(from)), Some(Ok(to))) = (from.map(str::parse::<Date>), to.map(str::parse::<Date>))
        && from > to
    {
        findings.at("holder.id_valid_to", "before the first day of validity");
    }
}

pub(super) const PAPER_EXPIRED: Rule = Rule {
    code: "PAPER-EXPIRED",
    name: "paper expired at approval",
    what: "the paper is valid on the day of approval; its last day counts",
    why: "banks refuse an expired paper",
    fix: "apply with a valid paper",
    source: "domain.md §3",
    severity: Severity::Error,
    check: paper_expired,
};

fn paper_expired(subject: &Subject<'_>, findings: &mut Findings) {
    let to = subject.holder().id_valid_to.as_deref();
    if has_expired(to, subject.approved_on) {
        findings.at("holder.id_valid_to", "before the day of approval");
    }
}

pub(super) const PAPER_IN_PERSON: Rule = Rule {
    code: "PAPER-IN-PERSON",
    name: "minor's other paper applied with from afar",
    what: "a minor with neither resident ID nor household book applies at a counter",
    why: "only there are the originals seen",
    fix: "apply at a counter of a partner bank",
    source: "s3",
    severity: Severity::Error,
    check: paper_in_person,
};

fn paper_in_person(subject: &Subject<'_>, findings: &mut Findings) {
    let paper = subject.holder().id_type;
    let usual = matches!(paper, IdType::ResidentId | IdType::HouseholdBook);
    let counter = matches!(subject.application.channel, Channel::Counter | Channel::BankCounter);
    if subject.is_minor() && !usual && !counter {
        findings.at("channel", "a minor with this paper applies in person at a counter");
    }
}

/// Whether a paper valid to this day had run out on that date; the last day still counts.
pub(super) fn has_expired(valid_to: Option<&str>, on: Option<Date>) -> bool {
    let to = valid_to.and_then(|to| to.parse::<Date>().ok());
    matches!((to, on), (Some(to), Some(on)) if to < on)
}
