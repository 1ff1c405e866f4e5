//! The paper the holder is identified by: its kind, its age limits, its dates.

use crate::domain::application::IdType;
use crate::domain::date;
use crate::domain::identity_number::NumberClass;
use crate::domain::person::class_of;
use crate::rules::subject::whole_years;
use crate::rules::{Findings, Rule, Severity, Subject};

/// Age, in whole years, from which the resident ID is demanded (s3).
const RESIDENT_ID_YEARS: i16 = 16;

/// What `id_valid_to` says of a paper without an end.
pub(crate) const LONG_TERM: &str = "long_term";

pub(crate) const PAPER_AGE: Rule = Rule {
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

pub(crate) const PAPER_CLASS: Rule = Rule {
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

pub(crate) const PAPER_DATES: Rule = Rule {
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
    if from.map_or(!book, |from| date::parse(from).is_none()) {
        findings.at("holder.id_valid_from", "no date of the form YYYY-MM-DD");
    }
    if to.map_or(!book, |to| to != LONG_TERM && date::parse(to).is_none()) {
        findings.at("holder.id_valid_to", "neither a date nor long_term");
    }
    if is_reversed(subject) {
        findings.at("holder.id_valid_to", "before the first day of validity");
    }
}

pub(crate) const PAPER_EXPIRED: Rule = Rule {
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
    if has_expired(subject) && !is_reversed(subject) {
        findings.at("holder.id_valid_to", "before the day of approval");
    }
}

pub(crate) const PAPER_IN_PERSON: Rule = Rule {
    code: "PAPER-IN-PERSON",
    name: "minor's other paper applied with from afar",
    what: "a minor with neither resident ID nor household book applies in person at an outlet of a partner bank",
    why: "only there are the originals seen",
    fix: "apply at an outlet of a partner bank",
    source: "s3; policy other_papers_at",
    severity: Severity::Error,
    check: paper_in_person,
};

fn paper_in_person(subject: &Subject<'_>, findings: &mut Findings) {
    let usual = matches!(subject.holder().id_type, IdType::ResidentId | IdType::HouseholdBook);
    let in_person = subject.policy.other_papers_at.has(subject.application.channel);
    if subject.is_minor() && !usual && !in_person {
        findings.at("channel", "a minor with this paper applies in person");
    }
}

pub(crate) const PAPER_ISSUED: Rule = Rule {
    code: "PAPER-ISSUED",
    name: "paper issued before birth or after approval",
    what: "the first day of validity is neither before the holder's birth nor after approval",
    why: "such a paper cannot have been shown; one of the dates is another's",
    fix: "compare the dates with the paper",
    source: "domain.md §3",
    severity: Severity::Error,
    check: paper_issued,
};

fn paper_issued(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(from) = subject.valid_from.filter(|_| !is_reversed(subject)) else {
        return;
    };
    if subject.born_on.is_some_and(|born| from < born) {
        findings.at("holder.id_valid_from", "before the birth date");
    } else if subject.approved_on.is_some_and(|on| from > on) {
        findings.at("holder.id_valid_from", "after the day of approval");
    }
}

pub(crate) const PAPER_TERM: Rule = Rule {
    code: "PAPER-TERM",
    name: "resident ID valid longer than any is",
    what: "a resident ID is valid for 5 years under 16, 10 under 26, 20 under 46, and without end from then on",
    why: "one of its dates was read wrongly; banks compare them with the police's records",
    fix: "compare the dates with the paper",
    source: "Law on Resident Identity Cards art. 5",
    severity: Severity::Warning,
    check: paper_term,
};

fn paper_term(subject: &Subject<'_>, findings: &mut Findings) {
    let holder = subject.holder();
    let (Some(born), Some(from)) = (subject.born_on, subject.valid_from) else {
        return;
    };
    let term_years = match whole_years(born, from) {
        // PAPER-ISSUED speaks of a paper older than its holder.
        ..0 | 46.. => return,
        0..16 => 5,
        16..26 => 10,
        26..46 => 20,
    };
    let too_long = match subject.valid_to {
        None => holder.id_valid_to.as_deref() == Some(LONG_TERM),
        Some(to) => {
            whole_years(from, to) > term_years || (whole_years(from, to) == term_years && to.day() != from.day())
        }
    };
    // Of a paper that ended already PAPER-EXPIRED speaks.
    if holder.id_type == IdType::ResidentId && too_long && !has_expired(subject) {
        findings.at("holder.id_valid_to", "longer than a resident ID issued at this age is valid");
    }
}

pub(crate) const PERMIT_PLACE: Rule = Rule {
    code: "PERMIT-PLACE",
    name: "residence permit of another place",
    what: "the permit of a Hong Kong or Macao resident begins with 81 or 82, that of a Taiwan resident with 83",
    why: "banks and the card tell the two papers apart",
    fix: "send the paper the number was read from",
    source: "residence permits of 2018 (国办发〔2018〕81号); domain.md §4",
    severity: Severity::Error,
    check: permit_place,
};

fn permit_place(subject: &Subject<'_>, findings: &mut Findings) {
    let from_taiwan = subject.number_of(NumberClass::Permit).map(|number| number.normalised.starts_with("83"));
    let agrees = match subject.holder().id_type {
        IdType::HkMacaoResidence => from_taiwan != Some(true),
        IdType::TaiwanResidence => from_taiwan != Some(false),
        IdType::ResidentId | IdType::HouseholdBook | IdType::ForeignPermanent => true,
    };
    if !agrees {
        findings.at("holder.id_type", "not the paper of the place in the number");
    }
}

/// Whether the paper ran out before approval; its last day still counts.
fn has_expired(subject: &Subject<'_>) -> bool {
    matches!((subject.valid_to, subject.approved_on), (Some(to), Some(on)) if to < on)
}

/// Whether the paper ends before it begins, of which PAPER-DATES speaks.
fn is_reversed(subject: &Subject<'_>) -> bool {
    matches!((subject.valid_from, subject.valid_to), (Some(from), Some(to)) if from > to)
}
