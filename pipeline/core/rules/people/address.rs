//! Where the holder lives, and the issuing region.

use crate::domain::gb18030;
use crate::domain::limits::MAX_ADDRESS_BYTES;
use crate::domain::reference::{Reference, RegionNow};
use crate::rules::{Findings, Rule, Severity, Subject};

pub(crate) const ADDRESS_ABOLISHED: Rule = Rule {
    code: "ADDRESS-ABOLISHED",
    name: "address in an abolished region",
    what: "the first six digits of the division code are a code of today's GB/T 2260",
    why: "letters and partners know only today's divisions; the chip holds these six digits",
    fix: "send the code the village or community has now",
    source: "GB/T 2260; domain.md §4",
    severity: Severity::Warning,
    check: address_abolished,
};

fn address_abolished(subject: &Subject<'_>, findings: &mut Findings) {
    let code: &str = &subject.holder().address.region;
    let current = code.get(..6).is_some_and(|region| subject.reference.is_current_region(region));
    if !current && is_division(code, subject.reference) {
        findings.at("holder.address.region", "its first six digits are no longer a region");
    }
}

pub(crate) const ADDRESS_CHARACTER: Rule = Rule {
    code: "ADDRESS-CHARACTER",
    name: "character that cannot be written",
    what: "characters with bytes in GB18030: no control, zero-width or bidi mark, private-use character or U+FFFD",
    why: "the chip and a partner's file would hold a question mark or a gap in its place",
    fix: "send the address as it is spoken, with the characters of the household book",
    source: "GB 18030-2022; domain.md §5",
    severity: Severity::Error,
    check: address_character,
};

fn address_character(subject: &Subject<'_>, findings: &mut Findings) {
    if !is_writable(&subject.holder().address.detail) {
        findings.at("holder.address.detail", "a character that cannot be written");
    }
}

pub(crate) const ADDRESS_EMPTY: Rule = Rule {
    code: "ADDRESS-EMPTY",
    name: "address without detail",
    what: "the rest of the line, down to the door",
    why: "the bank asks for it, and a letter would come back",
    fix: "send street and number",
    source: "s3",
    severity: Severity::Error,
    check: address_empty,
};

fn address_empty(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.holder().address.detail.trim().is_empty() {
        findings.at("holder.address.detail", "empty");
    }
}

pub(crate) const ADDRESS_LENGTH: Rule = Rule {
    code: "ADDRESS-LENGTH",
    name: "address longer than the chip holds",
    what: "at most 80 bytes in GB18030",
    why: "the chip holds 80 bytes",
    fix: "shorten it as the household book does",
    source: "third-generation card, DF01EF06 tag 23; domain.md §3",
    severity: Severity::Error,
    check: address_length,
};

fn address_length(subject: &Subject<'_>, findings: &mut Findings) {
    let detail = &subject.holder().address.detail;
    if gb18030::byte_len(detail).is_ok_and(|bytes| bytes > MAX_ADDRESS_BYTES) {
        findings.at("holder.address.detail", "longer than 80 bytes in GB18030");
    }
}

/// Whether a text can stand in a file and on a chip: no control, private-use, zero-width or bidi
/// character, none of the replacements for what was lost before.
pub(crate) fn is_writable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || text.chars().all(is_writable_character)
}

fn is_writable_character(character: char) -> bool {
    !character.is_control()
        && !matches!(character,
            '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
            | '\u{FFF0}'..='\u{FFFF}' | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}')
}

pub(crate) const ADDRESS_REGION: Rule = Rule {
    code: "ADDRESS-REGION",
    name: "no such division",
    what: "a twelve-digit statistical division code whose first six digits are or were a region",
    why: "the chip holds its first six digits",
    fix: "send the code of the village or community",
    source: "National Bureau of Statistics division codes; GB/T 2260",
    severity: Severity::Error,
    check: address_region,
};

fn address_region(subject: &Subject<'_>, findings: &mut Findings) {
    if !is_division(&subject.holder().address.region, subject.reference) {
        findings.at("holder.address.region", "no twelve-digit division code of a known region");
    }
}

/// Whether this is a twelve-digit division code of a region that is or was.
fn is_division(code: &str, reference: &Reference) -> bool {
    let twelve = code.len() == 12 && code.bytes().all(|byte| byte.is_ascii_digit());
    twelve && code.get(..6).is_some_and(|region| reference.was_region(region))
}

pub(crate) const REGION_CURRENT: Rule = Rule {
    code: "REGION-CURRENT",
    name: "issuing region is not current",
    what: "a six-digit code of today's GB/T 2260, or one that a single region took over",
    why: "the card identifier begins with it, and batches are cut by it; where a region was split, only a person can tell which part is meant",
    fix: "send the code of the present authority",
    source: "GB/T 2260",
    severity: Severity::Error,
    check: region_current,
};

fn region_current(subject: &Subject<'_>, findings: &mut Findings) {
    match subject.region_now {
        RegionNow::InForce(_) | RegionNow::Followed(_) => {}
        RegionNow::Split => findings.at("region", "split into several regions"),
        RegionNow::Gone | RegionNow::Unknown => findings.at("region", "no current six-digit code"),
    }
}

pub(crate) const REGION_FOLLOWED: Rule = Rule {
    code: "REGION-FOLLOWED",
    name: "issuing region was merged or renamed",
    what: "the present code of the region",
    why: "the application is taken as one of the region that took over, and its card is issued there",
    fix: "nothing for this one; send the present code from now on",
    source: "GB/T 2260, its changes",
    severity: Severity::Note,
    check: region_followed,
};

fn region_followed(subject: &Subject<'_>, findings: &mut Findings) {
    if let RegionNow::Followed(_) = subject.region_now {
        findings.at("region", "an earlier code, followed to its successor");
    }
}
