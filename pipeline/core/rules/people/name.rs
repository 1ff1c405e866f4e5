//! The holder's name. What a name may hold is decided in `domain::name`.

use crate::domain::application::IdType;
use crate::domain::gb18030;
use crate::domain::name::{NameDefect, NormalisedName};
use crate::rules::{Findings, Rule, Severity, Subject};

const FIELD: &str = "holder.name";

pub(crate) const NAME_CHARACTER: Rule = Rule {
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

pub(crate) const NAME_EMPTY: Rule = Rule {
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

pub(crate) const NAME_LATIN: Rule = Rule {
    code: "NAME-LATIN",
    name: "Latin name on a Chinese paper",
    what: "Latin letters only in the name of a foreigner",
    why: "a resident ID, a household book and a residence permit carry a name in Han characters",
    fix: "send the name of the paper",
    source: "domain.md §3",
    severity: Severity::Error,
    check: name_latin,
};

fn name_latin(subject: &Subject<'_>, findings: &mut Findings) {
    let foreigner = subject.holder().id_type == IdType::ForeignPermanent;
    if !foreigner && subject.holder_name.as_ref().is_ok_and(|name| is_latin(&name.text)) {
        findings.at(FIELD, "Latin letters stand only on a foreigner's paper");
    }
}

/// Whether a normalised name is written in Latin letters.
pub(crate) fn is_latin(name: &str) -> bool {
    name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
}

pub(crate) const NAME_LENGTH: Rule = Rule {
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

pub(crate) const NAME_MIXED: Rule = Rule {
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

pub(crate) const NAME_SEPARATOR: Rule = Rule {
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

pub(crate) const NAME_NORMALISED: Rule = Rule {
    code: "NAME-NORMALISED",
    name: "look-alike characters or spaces normalised",
    what: "the dot between the parts is U+00B7, Latin letters are ASCII, no space stands at an end",
    why: "look-alikes and spaces make two spellings of one name",
    fix: "send the normal form",
    source: "domain.md §3",
    severity: Severity::Note,
    check: name_normalised,
};

fn name_normalised(subject: &Subject<'_>, findings: &mut Findings) {
    tell_normalised(subject.holder_name.as_ref().ok(), FIELD, findings);
}

/// Notes what was done to a name before it is used; the message itself stays as it came.
pub(crate) fn tell_normalised(name: Option<&NormalisedName<'_>>, field: &'static str, findings: &mut Findings) {
    let (normalised, trimmed) = name.map_or((false, false), |name| (name.normalised, name.trimmed));
    match (normalised, trimmed) {
        (false, false) => {}
        (true, false) => findings.at(field, "look-alike characters were normalised"),
        (false, true) => findings.at(field, "spaces at an end were taken off"),
        (true, true) => findings.at(field, "look-alike characters were normalised, spaces at an end taken off"),
    }
}

pub(crate) const NAME_RARE: Rule = Rule {
    code: "NAME-RARE",
    name: "rare character in the name",
    what: "every character has two bytes in GB18030",
    why: "a partner whose charset or font ends there sends the row back, so a person may want to know before",
    fix: "nothing to do; compare with the paper",
    source: "GB 18030-2022; domain.md §5",
    severity: Severity::Note,
    check: name_rare,
};

fn name_rare(subject: &Subject<'_>, findings: &mut Findings) {
    let Ok(name) = &subject.holder_name else {
        return;
    };
    // The ideographs of GBK are these and a few more; only for others the table is asked.
    let usual = |character: &char| matches!(character, ' '..='~' | '\u{B7}' | '\u{4E00}'..='\u{9FA5}');
    let four_bytes = |character: char| gb18030::byte_len(character.encode_utf8(&mut [0; 4])) == Ok(4);
    if name.text.chars().filter(|character| !usual(character)).any(four_bytes) {
        findings.at(FIELD, "a character of four bytes in GB18030");
    }
}
