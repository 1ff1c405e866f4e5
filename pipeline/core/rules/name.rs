//! The holder's name. What a name may hold is decided in `domain::name`.

use crate::domain::name::NameDefect;

use super::{Findings, Rule, Severity, Subject};

const FIELD: &str = "holder.name";

pub(super) const NAME_CHARACTER: Rule = Rule {
    code: "NAME-CHARACTER",
    name: "character that has no place in a name",
    what: "Han characters and U+00B7, or Latin letters with space, apostrophe and hyphen",
    why: "what a partner's charset lacks would be printed as a question mark on the card",
    fix: "send the character of the paper; a rare one by its Unicode code point, never a private-use one",
    source: "GB 18030-2022; domain.md §3",
    severity: Severity::Error,
    check: name_character,
};

fn name_character(subject: &Subject<'_>, findings: &mut Findings) {
    if let Err(defect @ NameDefect::Character(_)) = &subject.holder_name {
        findings.at(FIELD, defect.to_string());
    }
}

pub(super) const NAME_EMPTY: Rule = Rule {
    code: "NAME-EMPTY",
    name: "empty name",
    what: "the name is present",
    why: "it is printed on the card",
    fix: "send the name of the paper",
    source: "domain.md §3",
    severity: Severity::Error,
    check: name_empty,
};

fn name_empty(subject: &Subject<'_>, findings: &mut Findings) {
    if let Err(defect @ NameDefect::Empty) = &subject.holder_name {
        findings.at(FIELD, defect.to_string());
    }
}

pub(super) const NAME_LENGTH: Rule = Rule {
    code: "NAME-LENGTH",
    name: "name longer than the chip holds",
    what: "at most 50 bytes in GB18030",
    why: "chip tag 09 holds 30 bytes and its continuation 4E holds 20",
    fix: "agree with the holder on the short form of the paper",
    source: "third-generation card, tags 09 and 4E",
    severity: Severity::Error,
    check: name_length,
};

fn name_length(subject: &Subject<'_>, findings: &mut Findings) {
    if let Err(defect @ NameDefect::TooLong) = &subject.holder_name {
        findings.at(FIELD, defect.to_string());
    }
}

pub(super) const NAME_MIXED: Rule = Rule {
    code: "NAME-MIXED",
    name: "Han and Latin letters mixed",
    what: "a name is written in one script",
    why: "banks refuse mixed names, and a Latin letter among Han is usually a typing error",
    fix: "send the name in the script of the paper",
    source: "domain.md §3",
    severity: Severity::Error,
    check: name_mixed,
};

fn name_mixed(subject: &Subject<'_>, findings: &mut Findings) {
    if let Err(defect @ NameDefect::MixedScripts) = &subject.holder_name {
        findings.at(FIELD, defect.to_string());
    }
}

pub(super) const NAME_SEPARATOR: Rule = Rule {
    code: "NAME-SEPARATOR",
    name: "separator at an end or doubled",
    what: "a separator stands between two parts",
    why: "two spellings of one name would be two persons",
    fix: "send one U+00B7 between the parts",
    source: "domain.md §3",
    severity: Severity::Error,
    check: name_separator,
};

fn name_separator(subject: &Subject<'_>, findings: &mut Findings) {
    if let Err(defect @ NameDefect::Separator) = &subject.holder_name {
        findings.at(FIELD, defect.to_string());
    }
}

pub(super) const NAME_NORMALISED: Rule = Rule {
    code: "NAME-NORMALISED",
    name: "look-alike characters normalised",
    what: "the dot between the parts is U+00B7, Latin letters are ASCII",
    why: "look-alikes make two spellings of one name",
    fix: "send the normal form",
    source: "domain.md §3",
    severity: Severity::Note,
    check: name_normalised,
};

fn name_normalised(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.holder_name.as_ref().is_ok_and(|name| name.normalised) {
        findings.at(FIELD, "look-alike characters were normalised");
    }
}
