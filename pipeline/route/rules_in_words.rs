//! Every rule in words, whichever list it comes from: what is demanded, why, and how to put right what breaks it.

use cardline_core::rules::{self, CATALOGUE, READING, Rule, RuleText, Severity};
use serde::Serialize;

use super::intake::rule_texts::{ARRIVAL_TEXTS, HELD_TEXTS, LEDGER_RULE_TEXTS};
use crate::photos::{PHOTO_FAULTS, PhotoFaultText};

/// A rule in words, whichever list it comes from.
#[derive(Clone, Serialize)]
pub struct RuleInWords {
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
pub fn rules_in_words() -> Vec<RuleInWords> {
    let in_catalogue = |rule: &Rule| RuleInWords {
        examples: vec![rule.passing_example(), rule.failing_example()],
        ..text("message", &rule.text())
    };
    let of_ledger = LEDGER_RULE_TEXTS.iter().chain(ARRIVAL_TEXTS).chain(HELD_TEXTS).map(|rule| text("ledger", rule));
    // A note does not stop a message from being read.
    let reading = READING.iter().map(|rule| {
        let against = if rule.severity == Severity::Note { "message" } else { "reading" };
        text(against, rule)
    });
    let mut texts: Vec<RuleInWords> = CATALOGUE.iter().map(in_catalogue).chain(of_ledger).chain(reading).collect();
    // A photo can break a rule that its declaration met; that one is explained once.
    texts.extend(PHOTO_FAULTS.iter().filter(|fault| rules::explain(fault.code).is_none()).map(of_photo));
    texts.sort_by_key(|text| text.code);
    texts
}

fn text(checked_against: &'static str, rule: &RuleText) -> RuleInWords {
    let RuleText { code, name, what, why, fix, source, severity: how } = *rule;
    RuleInWords { code, severity: severity(how), checked_against, name, what, why, fix, source, examples: Vec::new() }
}

/// The rule or reason of a code.
pub fn rule_in_words(code: &str) -> Option<RuleInWords> {
    rules_in_words().into_iter().find(|text| text.code == code)
}

/// The word of a severity.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn of_photo(fault: &PhotoFaultText) -> RuleInWords {
    RuleInWords {
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
