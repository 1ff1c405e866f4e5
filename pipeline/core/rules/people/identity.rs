//! The holder's number, by itself. Well-formed is decided in `domain::identity_number`; what a number
//! alone cannot tell (its county code, today's date) is decided here.

use crate::domain::application::Kind;
use crate::domain::identity_number::{IdentityDefect, NumberClass};
use crate::rules::{Findings, Rule, Severity, Subject};

const FIELD: &str = "holder.id_number";

pub(crate) const ID_BIRTH_DATE: Rule = Rule {
    code: "ID-BIRTH-DATE",
    name: "number with an impossible date",
    what: "the eight digits of the birth date are a calendar date",
    why: "a number is made from the birth date, so a date that never was is a typing error",
    fix: "read the number again from the paper",
    source: "GB 11643-1999",
    severity: Severity::Error,
    check: id_birth_date,
};

fn id_birth_date(subject: &Subject<'_>, findings: &mut Findings) {
    defect(subject, findings, IdentityDefect::BirthDate);
}

pub(crate) const ID_CHARACTER: Rule = Rule {
    code: "ID-CHARACTER",
    name: "character that has no place in the number",
    what: "ASCII digits, an upper-case X only at the end, three capital letters only in the old foreign form",
    why: "full-width digits, masks and look-alike letters are not equal to the number in any other system",
    fix: "type the number with ASCII characters; write the X upper-case",
    source: "GB 11643-1999",
    severity: Severity::Error,
    check: id_character,
};

fn id_character(subject: &Subject<'_>, findings: &mut Findings) {
    defect(subject, findings, IdentityDefect::Character);
}

pub(crate) const ID_CHECKSUM: Rule = Rule {
    code: "ID-CHECKSUM",
    name: "check character does not agree",
    what: "the last character is that of the first seventeen digits",
    why: "it catches every single wrong digit and most exchanged ones",
    fix: "read the number again from the paper",
    source: "GB 11643-1999, ISO 7064 MOD 11-2",
    severity: Severity::Error,
    check: id_checksum,
};

fn id_checksum(subject: &Subject<'_>, findings: &mut Findings) {
    defect(subject, findings, IdentityDefect::Checksum);
}

pub(crate) const ID_COUNTRY: Rule = Rule {
    code: "ID-COUNTRY",
    name: "number with no such country",
    what: "the country in a foreign permanent resident's number is a code of ISO 3166-1, and not China",
    why: "the code says which nationality the person has",
    fix: "read the number again from the paper",
    source: "foreign permanent resident ID card 2023; ISO 3166-1",
    severity: Severity::Error,
    check: id_country,
};

fn id_country(subject: &Subject<'_>, findings: &mut Findings) {
    defect(subject, findings, IdentityDefect::Country);
}

pub(crate) const ID_LENGTH: Rule = Rule {
    code: "ID-LENGTH",
    name: "number of another length",
    what: "18 characters, or 15 of the old forms",
    why: "a shorter or longer number is cut off or doubled",
    fix: "send the whole number",
    source: "GB 11643-1999",
    severity: Severity::Error,
    check: id_length,
};

fn id_length(subject: &Subject<'_>, findings: &mut Findings) {
    defect(subject, findings, IdentityDefect::Length);
}

pub(crate) const ID_PERMIT_PREFIX: Rule = Rule {
    code: "ID-PERMIT-PREFIX",
    name: "residence permit with another prefix",
    what: "810000, 820000 or 830000",
    why: "residence permits have no county",
    fix: "read the number again from the permit",
    source: "residence permits of 2018 (国办发〔2018〕81号)",
    severity: Severity::Error,
    check: id_permit_prefix,
};

fn id_permit_prefix(subject: &Subject<'_>, findings: &mut Findings) {
    defect(subject, findings, IdentityDefect::Region);
}

pub(crate) const ID_PROVINCE: Rule = Rule {
    code: "ID-PROVINCE",
    name: "number with no such province",
    what: "the first two digits are a province of GB/T 2260 (after the 9 in a foreign permanent resident's)",
    why: "no number was ever issued elsewhere",
    fix: "read the number again from the paper",
    source: "GB/T 2260; GB 11643-1999",
    severity: Severity::Error,
    check: id_province,
};

fn id_province(subject: &Subject<'_>, findings: &mut Findings) {
    defect(subject, findings, IdentityDefect::Province);
}

pub(crate) const ID_FIFTEEN: Rule = Rule {
    code: "ID-FIFTEEN",
    name: "fifteen-digit number converted",
    what: "a number of the form before 1999 is converted to eighteen characters",
    why: "partners and the chip hold eighteen characters",
    fix: "nothing to do",
    source: "GB 11643-1999",
    severity: Severity::Note,
    check: id_fifteen,
};

fn id_fifteen(subject: &Subject<'_>, findings: &mut Findings) {
    let converted = subject.number().is_some_and(|number| number.converted_from_15);
    if converted && subject.application.kind != Kind::FirstIssue {
        findings.at(FIELD, "fifteen digits, converted to eighteen characters");
    }
}

pub(crate) const ID_FIFTEEN_NEW: Rule = Rule {
    code: "ID-FIFTEEN-NEW",
    name: "fifteen-digit number on a new issue",
    what: "a first issue carries the eighteen-character number",
    why: "papers with fifteen digits are no longer valid, so the number was not read from a valid paper",
    fix: "send the eighteen-character number of the present paper",
    source: "GB 11643-1999; domain.md §4",
    severity: Severity::Error,
    check: id_fifteen_new,
};

fn id_fifteen_new(subject: &Subject<'_>, findings: &mut Findings) {
    let converted = subject.number().is_some_and(|number| number.converted_from_15);
    if converted && subject.application.kind == Kind::FirstIssue {
        findings.at(FIELD, "fifteen digits are refused for a new issue");
    }
}

pub(crate) const ID_REGION: Rule = Rule {
    code: "ID-REGION",
    name: "county code never listed",
    what: "the first six digits of a citizen number were once a code of GB/T 2260",
    why: "the list is a collection and may miss a code, so a person looks",
    fix: "compare with the paper",
    source: "GB/T 2260, historical list; GB 11643-1999",
    severity: Severity::Warning,
    check: id_region,
};

fn id_region(subject: &Subject<'_>, findings: &mut Findings) {
    let region = subject.number().and_then(|number| number.region());
    if region.is_some_and(|region| !subject.reference.was_region(region)) {
        findings.at(FIELD, "the first six digits were never a listed county code");
    }
}

pub(crate) const ID_SEQUENCE: Rule = Rule {
    code: "ID-SEQUENCE",
    name: "sequence 000",
    what: "the sequence (digits 15 to 17) of a citizen number is not 000",
    why: "the standard does not forbid it in words, but it is what made-up numbers have",
    fix: "compare with the paper",
    source: "local policy",
    severity: Severity::Warning,
    check: id_sequence,
};

fn id_sequence(subject: &Subject<'_>, findings: &mut Findings) {
    let citizen = subject.number().filter(|number| number.class == NumberClass::Citizen);
    if citizen.is_some_and(|number| number.normalised.get(14..17) == Some("000")) {
        findings.at(FIELD, "the sequence is 000");
    }
}

fn defect(subject: &Subject<'_>, findings: &mut Findings, defect: IdentityDefect) {
    if subject.holder_number.as_ref().err() == Some(&defect) {
        findings.at(FIELD, defect.to_string());
    }
}
