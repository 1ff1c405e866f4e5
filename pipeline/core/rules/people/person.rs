//! Birth, sex, ethnicity, nationality and occupation, and how they agree with the number.

use crate::domain::application::{IdType, Kind};
use crate::domain::country;
use crate::domain::identity_number::{IdentityNumber, NumberClass};
use crate::domain::validity::CHILD_YEARS;
use crate::rules::subject::whole_years;
use crate::rules::{Findings, Rule, Severity, Subject};

/// Age, in whole years, beyond which a birth date is taken for a typing error (policy; the oldest
/// documented age is 122).
const OLDEST_YEARS: i16 = 130;

pub(crate) const BIRTH_AGREES: Rule = Rule {
    code: "BIRTH-AGREES",
    name: "birth date and number disagree",
    what: "the birth date is the one in the number",
    why: "one of the two was read from another paper",
    fix: "compare both with the paper",
    source: "GB 11643-1999",
    severity: Severity::Error,
    check: birth_agrees,
};

fn birth_agrees(subject: &Subject<'_>, findings: &mut Findings) {
    if let (Some(number), Some(born)) = (subject.number(), subject.born_on)
        && !number.agrees_with_birth(born)
    {
        findings.at("holder.birth_date", "not the date in the number");
    }
}

pub(crate) const BIRTH_DATE: Rule = Rule {
    code: "BIRTH-DATE",
    name: "birth date unreadable",
    what: "a date YYYY-MM-DD",
    why: "every age is reckoned from it",
    fix: "send the date in this form",
    source: "ISO 8601; contract/messages.md",
    severity: Severity::Error,
    check: birth_date,
};

fn birth_date(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.born_on.is_none() {
        findings.at("holder.birth_date", "no date of the form YYYY-MM-DD");
    }
}

pub(crate) const BIRTH_RANGE: Rule = Rule {
    code: "BIRTH-RANGE",
    name: "birth date in the future or too long ago",
    what: "born on or before the day of approval, at most 130 years ago",
    why: "nobody else applies for a card",
    fix: "compare with the paper",
    source: "local policy",
    severity: Severity::Error,
    check: birth_range,
};

fn birth_range(subject: &Subject<'_>, findings: &mut Findings) {
    let (Some(born), Some(on)) = (subject.born_on, subject.approved_on) else {
        return;
    };
    if born > on || whole_years(born, on) > OLDEST_YEARS {
        findings.at("holder.birth_date", "after the day of approval, or more than 130 years before it");
    }
}

pub(crate) const ETHNICITY_CODE: Rule = Rule {
    code: "ETHNICITY-CODE",
    name: "no such ethnicity",
    what: "01 to 56, 97 or 98; absent only for a foreigner",
    why: "it is written to the chip",
    fix: "send the code of the paper",
    source: "GB/T 3304",
    severity: Severity::Error,
    check: ethnicity_code,
};

fn ethnicity_code(subject: &Subject<'_>, findings: &mut Findings) {
    let known = match subject.holder().ethnicity.as_deref() {
        None => subject.holder().id_type == IdType::ForeignPermanent || subject.holder().nationality != "CHN",
        Some(code) => {
            let digits = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_digit());
            digits && (("01"..="56").contains(&code) || code == "97" || code == "98")
        }
    };
    if !known {
        findings.at("holder.ethnicity", "no code of GB/T 3304, 97 or 98");
    }
}

pub(crate) const NATIONALITY_AGREES: Rule = Rule {
    code: "NATIONALITY-AGREES",
    name: "nationality and number disagree",
    what: "CHN with the number of a citizen or a resident of Hong Kong, Macao or Taiwan; with a foreign permanent resident's number the country in it",
    why: "one of the two was read from another paper",
    fix: "compare both with the paper",
    source: "ISO 3166-1; foreign permanent resident ID card 2023; domain.md §4",
    severity: Severity::Error,
    check: nationality_agrees,
};

fn nationality_agrees(subject: &Subject<'_>, findings: &mut Findings) {
    let declared = subject.holder().nationality.as_ref();
    let agrees = match subject.number() {
        Some(number) if number.class == NumberClass::Foreign => country_of(number) == Some(declared),
        Some(_) => declared == CHINA,
        // The paper alone tells as much.
        None => (declared == CHINA) != (subject.holder().id_type == IdType::ForeignPermanent),
    };
    if !agrees && country::is_alpha3(declared) {
        findings.at("holder.nationality", "not the one of the number");
    }
}

/// China in ISO 3166-1 alpha-3.
const CHINA: &str = "CHN";

/// The country in a foreign permanent resident's number, alpha-3.
fn country_of(number: &IdentityNumber) -> Option<&str> {
    match number.normalised.get(3..6) {
        Some(code) if number.normalised.starts_with('9') => country::from_numeric(code),
        _ => number.normalised.get(..3),
    }
}

pub(crate) const NATIONALITY_CODE: Rule = Rule {
    code: "NATIONALITY-CODE",
    name: "no such nationality",
    what: "an alpha-3 code of ISO 3166-1, upper-case",
    why: "it is written to the chip and sent to the bank",
    fix: "send the alpha-3 code",
    source: "ISO 3166-1",
    severity: Severity::Error,
    check: nationality_code,
};

fn nationality_code(subject: &Subject<'_>, findings: &mut Findings) {
    let declared = subject.holder().nationality.as_ref();
    if declared != CHINA && !country::is_alpha3(declared) {
        findings.at("holder.nationality", "no alpha-3 code of ISO 3166-1");
    }
}

pub(crate) const OCCUPATION_CODE: Rule = Rule {
    code: "OCCUPATION-CODE",
    name: "no such occupation group",
    what: "a major group of GB/T 6565: 0 to 9, X or Y, or the five-digit form",
    why: "banks ask for it; the two editions of the standard differ, so a person looks",
    fix: "send the code of the major group",
    source: "GB/T 6565-2009, GB/T 6565-2015",
    severity: Severity::Warning,
    check: occupation_code,
};

fn occupation_code(subject: &Subject<'_>, findings: &mut Findings) {
    let code = subject.holder().occupation.as_deref().unwrap_or_default();
    let known = match code.as_bytes() {
        // OCCUPATION-MISSING speaks.
        [] => true,
        [b'0'..=b'9' | b'X' | b'Y'] => true,
        [b'1'..=b'8', rest @ ..] => rest.len() == 4 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if !known {
        findings.at("holder.occupation", "no major group of GB/T 6565");
    }
}

pub(crate) const OCCUPATION_MISSING: Rule = Rule {
    code: "OCCUPATION-MISSING",
    name: "no occupation",
    what: "the holder's occupation group",
    why: "banks ask for it when they open an account, so a person looks",
    fix: "send the code of the major group",
    source: "s3; GB/T 6565",
    severity: Severity::Warning,
    check: occupation_missing,
};

fn occupation_missing(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.holder().occupation.as_deref().unwrap_or_default().is_empty() {
        findings.at("holder.occupation", "missing");
    }
}

pub(crate) const RENEWAL_AGE: Rule = Rule {
    code: "RENEWAL-AGE",
    name: "renewal before the sixteenth birthday",
    what: "a child's card is renewed from 16 on",
    why: "before it the card stays valid; the authority may have a reason",
    fix: "apply as an exchange, or wait",
    source: "s0",
    severity: Severity::Warning,
    check: renewal_age,
};

fn renewal_age(subject: &Subject<'_>, findings: &mut Findings) {
    let renewal = subject.application.kind == Kind::AdultRenewal;
    if renewal && subject.age().is_some_and(|age| age < CHILD_YEARS) {
        findings.at("kind", "the holder is not 16 yet at approval");
    }
}

pub(crate) const SEX_AGREES: Rule = Rule {
    code: "SEX-AGREES",
    name: "sex and number disagree",
    what: "the sex is the one in the number: 17th digit odd = male",
    why: "one of the two was read from another paper",
    fix: "compare both with the paper",
    source: "GB 11643-1999",
    severity: Severity::Error,
    check: sex_agrees,
};

fn sex_agrees(subject: &Subject<'_>, findings: &mut Findings) {
    let sex = subject.number().and_then(|number| number.sex);
    let declared = subject.holder().sex.as_ref();
    if matches!(declared, "1" | "2") && sex.is_some_and(|sex| sex.code() != declared) {
        findings.at("holder.sex", "not the sex in the number");
    }
}

pub(crate) const SEX_CODE: Rule = Rule {
    code: "SEX-CODE",
    name: "no such sex",
    what: "1 male or 2 female",
    why: "it is written to the chip",
    fix: "send 1 or 2",
    source: "GB/T 2261.1",
    severity: Severity::Error,
    check: sex_code,
};

fn sex_code(subject: &Subject<'_>, findings: &mut Findings) {
    if !matches!(subject.holder().sex.as_ref(), "1" | "2") {
        findings.at("holder.sex", "neither 1 nor 2");
    }
}
