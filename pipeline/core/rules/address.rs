//! Where the holder lives, and the issuing region.

use crate::domain::gb18030;
use crate::domain::limits::MAX_ADDRESS_BYTES;
use crate::domain::reference::RegionNow;

use super::{Findings, Rule, Severity, Subject};

pub(super) const ADDRESS_LENGTH: Rule = Rule {
    code: "ADDRESS-LENGTH",
    name: "address empty, too long or with a character without bytes",
    what: "1 to 80 bytes in GB18030",
    why: "the chip holds 80 bytes, and a partner's file nothing that GB18030 lacks",
    fix: "shorten it as the household book does",
    source: "third-generation card, DF01EF06 tag 23; domain.md §3",
    severity: Severity::Error,
    check: address_length,
};

fn address_length(subject: &Subject<'_>, findings: &mut Findings) {
    let detail = &subject.holder().address.detail;
    match gb18030::byte_len(detail) {
        Err(_) => findings.at("holder.address.detail", "a character has no bytes in GB18030"),
        Ok(bytes) if bytes > MAX_ADDRESS_BYTES => {
            findings.at("holder.address.detail", "longer than 80 bytes in GB18030");
        }
        Ok(_) if detail.trim().is_empty() => findings.at("holder.address.detail", "empty"),
        Ok(_) if detail.chars().any(char::is_control) => {
            findings.at("holder.address.detail", "a control character");
        }
        Ok(_) => {}
    }
}

pub(super) const ADDRESS_REGION: Rule = Rule {
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
    let code: &str = &subject.holder().address.region;
    let twelve = code.len() == 12 && code.bytes().all(|byte| byte.is_ascii_digit());
    let known = code.get(..6).is_some_and(|region| subject.reference.was_region(region));
    if !twelve || !known {
        findings.at("holder.address.region", "no twelve-digit division code of a known region");
    }
}

pub(super) const REGION_CURRENT: Rule = Rule {
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
    match subject.reference.region_now(&subject.application.region) {
        RegionNow::InForce(_) | RegionNow::Followed(_) => {}
        RegionNow::Split => findings.at("region", "split into several regions"),
        RegionNow::Gone | RegionNow::Unknown => findings.at("region", "no current six-digit code"),
    }
}

pub(super) const REGION_FOLLOWED: Rule = Rule {
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
    if let RegionNow::Followed(_) = subject.reference.region_now(&subject.application.region) {
        findings.at("region", "an earlier code, followed to its successor");
    }
}
