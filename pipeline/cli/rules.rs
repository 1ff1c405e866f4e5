//! `rules`: the catalogue, from the same lists that do the checking.

use std::path::PathBuf;

use cardline::route::rules_in_words::{RuleInWords, rule_in_words, rules_in_words};
use clap::Subcommand;

use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output};
use super::{rules_check, rules_page};

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

/// Runs one of the commands.
pub fn run(context: &Context, command: Rules) -> anyhow::Result<Exit> {
    match command {
        Rules::List => list(context),
        Rules::Explain { code } => explain(context, &code),
        Rules::Check { file } => rules_check::run(context, &file),
        Rules::Page => rules_page::run(),
    }
}

fn list(context: &Context) -> anyhow::Result<Exit> {
    let texts = rules_in_words();
    let row = |t: &RuleInWords| [t.code, t.severity, t.checked_against, t.what].map(str::to_owned).to_vec();
    let rows: Vec<_> = texts.iter().map(row).collect();
    print::rows(context.output, &["code", "severity", "against", "what"], &rows, &texts)?;
    Ok(Exit::Ok)
}

fn explain(context: &Context, code: &str) -> anyhow::Result<Exit> {
    let wanted = code.to_ascii_uppercase();
    let Some(text) = rule_in_words(&wanted) else {
        return Err(Usage(format!("{} is no rule; see `cardline rules list`", print::visible(code))).into());
    };
    if context.output == Output::Json {
        print::json(&text)?;
        return Ok(Exit::Ok);
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
    Ok(Exit::Ok)
}
