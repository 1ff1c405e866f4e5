//! `rules`: the catalogue, from the same lists that do the checking.

use std::path::PathBuf;

use cardline_core::rules::{self, CATALOGUE, READING, Rule, RuleText, Severity};
use clap::Subcommand;
use serde::Serialize;

use super::context::Context;
use super::outcome::{Outcome, Usage};
use super::print::{self, Output};
use super::{rules_check, rules_page};
use crate::photos::{PHOTO_FAULTS, PhotoFaultText};
use crate::route::intake::rule_texts::{ARRIVAL_TEXTS, HELD_TEXTS, LEDGER_RULE_TEXTS};

#[derive(Subcommand)]
pub enum Rules {
    /// 列出 Every rule with its code and severity
    List,
    /// 说明 What a rule demands, why, and how to meet it
    #[command(after_help = "Example: cardline rules explain ID-CHECKSUM")]
    Explain {
        /// Code of the rule
        code: String,
    },
    /// 检查 Check a file of applications against the rules that need no ledger
    #[command(after_help = "FILE is NDJSON, one application a line, or one JSON document.
With --output json: one object a line. Exit code 3 when something was rejected.
Example: cardline rules check applications.ndjson --output json")]
    Check {
        /// File of applications
        file: PathBuf,
    },
    /// 一览 All rules as one page of Markdown: fixtures/rules/README.md
    Page,
}

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

/// Runs one of the commands.
pub fn run(context: &Context, command: Rules) -> anyhow::Result<Outcome> {
    match command {
        Rules::List => list(context),
        Rules::Explain { code } => explain(context, &code),
        Rules::Check { file } => rules_check::run(context, &file),
        Rules::Page => rules_page::run(),
    }
}

fn list(context: &Context) -> anyhow::Result<Outcome> {
    let texts = texts();
    let row = |t: &Text| [t.code, t.severity, t.checked_against, t.what].map(str::to_owned).to_vec();
    let rows: Vec<_> = texts.iter().map(row).collect();
    print::rows(context.output, &["code", "severity", "against", "what"], &rows, &texts)?;
    Ok(Outcome::Ok)
}

fn explain(context: &Context, code: &str) -> anyhow::Result<Outcome> {
    let wanted = code.to_ascii_uppercase();
    let Some(text) = texts().into_iter().find(|text| text.code == wanted) else {
        return Err(Usage(format!("{} is no rule; see `cardline rules list`", print::visible(code))).into());
    };
    if context.output == Output::Json {
        print::json(&text)?;
        return Ok(Outcome::Ok);
    }
    let mut lines = vec![
        format!("{} ({}, checked against the {})", text.code, text.severity, text.checked_against),
        format!("Find: {}", text.name),
        format!("What: {}", text.what),
        format!("Why:  {}", text.why),
        format!("Fix:  {}", text.fix),
        format!("From: {}", text.source),
    ];
    lines.extend(text.examples.iter().map(|example| format!("See:  {example}")));
    print::line(&lines.join("\n"))?;
    Ok(Outcome::Ok)
}

/// Every rule in words: the catalogue, the ledger's, and what stops a message from being read.
fn texts() -> Vec<Text> {
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
