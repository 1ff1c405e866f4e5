//! Every rule in words, whichever list it comes from.

use cardline::photos::{PHOTO_FAULTS, PhotoFaultText};
use cardline::route::intake::rule_texts::{ARRIVAL_TEXTS, HELD_TEXTS, LEDGER_RULE_TEXTS};
use cardline_core::rules::{self, CATALOGUE, READING, Rule, RuleText, Severity};
use serde::Serialize;

/// A rule in words, whichever list it comes from.
#[derive(Clone, Serialize)]
pub struct Text {
    pub code: &'static str,
    pub severity: &'static str,
    /// `message`, `ledger`, `reading` or `photo`: what is needed to check it.
    pub checked_against: &'static str,
    pub name: &'static str,
    pub what: &'static str,
    pub why: &'static str,
    pub fix: &'static str,
    pub source: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
}

/// Every rule in words: the catalogue, the ledger's, and what stops a message from being read.
pub fn texts() -> Vec<Text> {
    let in_catalogue = |rule: &Rule| Text {
        examples: vec![rule.passing_example(), rule.failing_example()],
        ..text("message", &rule.text())
    };
    let of_ledger = LEDGER_RULE_TEXTS.iter().chain(ARRIVAL_TEXTS).chain(HELD_TEXTS).map(|rule| text("ledger", rule));
    // A note does not stop a message from being read.
    let reading = READING.iter().map(|rule| {
        let against = if rule.severity == Severity::Note { "message" } else { "reading" };
        text(against, rule)
    });
    let mut texts: Vec<Text> = CATALOGUE.iter().map(in_catalogue).chain(of_ledger).chain(reading).collect();
    // A photo can break a rule that its declaration met; that one is explained once.
    texts.extend(PHOTO_FAULTS.iter().filter(|fault| rules::explain(fault.code).is_none()).map(of_photo));
    texts.sort_by_key(|text| text.code);
    texts
}

fn text(checked_against: &'static str, rule: &RuleText) -> Text {
    let RuleText { code, name, what, why, fix, source, severity: how } = *rule;
    Text { code, severity: severity(how), checked_against, name, what, why, fix, source, examples: Vec::new() }
}

/// What a code means, why it is so, and how to put it right.
pub fn words(code: &str) -> Option<(&'static str, &'static str, &'static str)> {
    texts().into_iter().find(|text| text.code == code).map(|text| (text.what, text.why, text.fix))
}

/// A code of the catalogue, in capitals, for arguments that select by it.
pub fn known_code(code: &str) -> Result<String, String> {
    let wanted = code.to_ascii_uppercase();
    let known = texts().into_iter().any(|text| text.code == wanted);
    if known { Ok(wanted) } else { Err("no such reason or rule; see `cardline rules list`".into()) }
}

/// The word of a severity.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn of_photo(fault: &PhotoFaultText) -> Text {
    Text {
        code: fault.code,
        severity: "error",
        checked_against: "photo",
        name: "photo that cannot be used",
        what: fault.what,
        why: fault.why,
        fix: fault.fix,
        source: "domain.md §3 (s3, practice)",
        examples: Vec::new(),
    }
}
