//! `rules`: the catalogue, from the same lists that do the checking.

use std::path::PathBuf;

use cardline_core::rules::{self as catalogue, Severity};
use clap::Subcommand;
use serde::Serialize;

use super::context::Context;
use super::outcome::{Outcome, Usage};
use super::print::{self, Output};
use super::rules_check;
use crate::ledger::{HELD_TEXTS, LEDGER_RULE_TEXTS};

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
}

/// A rule in words, whichever list it comes from.
#[derive(Clone, Serialize)]
struct Text {
    code: &'static str,
    severity: &'static str,
    /// `message`, `ledger` or `reading`: what is needed to check it.
    checked_against: &'static str,
    what: &'static str,
    why: &'static str,
    fix: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    examples: Vec<String>,
}

/// Runs one of the commands.
pub fn run(context: &Context, command: Rules) -> anyhow::Result<Outcome> {
    match command {
        Rules::List => list(context),
        Rules::Explain { code } => explain(context, &code),
        Rules::Check { file } => rules_check::run(context, &file),
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
        format!("What: {}", text.what),
        format!("Why:  {}", text.why),
        format!("Fix:  {}", text.fix),
    ];
    lines.extend(text.source.map(|source| format!("From: {source}")));
    lines.extend(text.examples.iter().map(|example| format!("See:  {example}")));
    print::line(&lines.join("\n"))?;
    Ok(Outcome::Ok)
}

/// Every rule in words: the catalogue, the ledger's, and what stops a message from being read.
fn texts() -> Vec<Text> {
    let mut texts: Vec<Text> = catalogue::CATALOGUE
        .iter()
        .map(|rule| Text {
            code: rule.code,
            severity: severity(rule.severity),
            checked_against: "message",
            what: rule.what,
            why: rule.why,
            fix: rule.fix,
            source: Some(rule.source),
            examples: vec![rule.passing_example(), rule.failing_example()],
        })
        .collect();
    let plain = |checked_against, severity, (code, what, why, fix)| Text {
        code,
        severity,
        checked_against,
        what,
        why,
        fix,
        source: None,
        examples: Vec::new(),
    };
    texts.extend(LEDGER_RULE_TEXTS.iter().map(|text| match text.0 {
        "FIELD-UNKNOWN" => plain("message", "note", *text),
        _ => plain("ledger", "error", *text),
    }));
    texts.extend(HELD_TEXTS.iter().map(|text| plain("ledger", "error", *text)));
    texts.extend(READING_TEXTS.iter().map(|text| plain("reading", "error", *text)));
    texts.sort_by_key(|text| text.code);
    texts
}

/// What a code means, why it is so, and how to put it right.
pub fn words(code: &str) -> Option<(&'static str, &'static str, &'static str)> {
    texts().into_iter().find(|text| text.code == code).map(|text| (text.what, text.why, text.fix))
}

/// The word of a severity.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

const QUARANTINE: &str = "A message that cannot be read is quarantined: nothing of it may be believed.";

/// What stops a message from being read.
const READING_TEXTS: &[(&str, &str, &str, &str)] = &[
    ("NOT-JSON", "The message is one JSON object.", QUARANTINE, "Send one JSON object a line."),
    ("NOT-UTF8", "The message is UTF-8.", QUARANTINE, "Write UTF-8 without a byte order mark."),
    ("SHAPE", "Every member is of its kind and place.", QUARANTINE, "Correct the member that is named."),
    ("TOO-DEEP", "The message is nested at most 32 levels.", QUARANTINE, "Send an application as its schema has it."),
    ("TOO-LARGE", "The message is at most 1 MiB long.", QUARANTINE, "Send documents as objects, and name them only."),
    ("UNKNOWN-SCHEMA", "The schema is one this version reads.", QUARANTINE, "Set `schema` to its known value."),
];
