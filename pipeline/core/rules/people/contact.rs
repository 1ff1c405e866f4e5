//! How the holder is reached.

use crate::domain::mobile;
use crate::rules::{Findings, Rule, Severity, Subject};

pub(crate) const MOBILE_FORM: Rule = Rule {
    code: "MOBILE-FORM",
    name: "mobile is none",
    what: "1, then 3 to 9, then nine digits",
    why: "it is the reserved phone of the account",
    fix: "send the mobile number without prefix or spaces",
    source: "s2, s3; Telecommunications numbering plan",
    severity: Severity::Error,
    check: mobile_form,
};

fn mobile_form(subject: &Subject<'_>, findings: &mut Findings) {
    if !mobile::is_valid(&subject.holder().mobile) {
        findings.at("holder.mobile", "no mobile number");
    }
}

pub(crate) const PHONE_FORM: Rule = Rule {
    code: "PHONE-FORM",
    name: "landline is none",
    what: "area code, hyphen, seven or eight digits",
    why: "it is optional, so the card goes on",
    fix: "send it as 010-12345678, or leave it out",
    source: "s3",
    severity: Severity::Warning,
    check: phone_form,
};

fn phone_form(subject: &Subject<'_>, findings: &mut Findings) {
    let phone = subject.holder().phone.as_deref().unwrap_or_default();
    if !phone.is_empty() && !is_landline(phone) {
        findings.at("holder.phone", "no landline of the form area-number");
    }
}

/// Whether this is `0` and two or three digits, a hyphen, and seven or eight digits.
pub(crate) fn is_landline(text: &str) -> bool {
    let Some((area, number)) = text.split_once('-') else {
        return false;
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    area.starts_with('0')
        && matches!(area.len(), 3 | 4)
        && matches!(number.len(), 7 | 8)
        && digits(area)
        && digits(number)
}
