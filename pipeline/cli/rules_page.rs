//! `rules page`: every rule on one page, family by family. `fixtures/rules/README.md` is what it prints.

use std::fmt::Write;

use cardline::route::intake::rule_texts::{ARRIVAL_TEXTS, LEDGER_RULE_TEXTS};
use cardline::route::rules_in_words::severity;
use cardline_core::rules::{CATALOGUE, FAMILIES, READING, Rule, RuleText};

use super::exit::Exit;
use super::print;

const ABOUT: &str = "\
# Rules

Printed by `cardline rules page`; a test holds it fresh. An **error** refuses the application, a **warning** lets it \
go on and a person may look, a **note** is recorded only. A finding names rule, field and severity, never a value.

One folder per rule of `pipeline/core/rules`, named by its code: `pass.json` meets every rule, `fail.json` yields this \
rule's finding once and no other. All applications are synthetic; they are read as of 2026-11-20 with the facts in \
`../reference` and the policy in `schemas/policy.toml`, and most pairs differ by the one defect or stand on either \
side of its limit. `application.example.json` is the contract's example: accepted, with warnings, because its \
documents carry the digest of an empty file.

s0 to s3 are the guides the house was built from: s0 on children's cards, s1 on applying as an adult, s2 on \
activating, replacing and closing, s3 on applying for a minor (Beijing, third generation). domain.md is the house's \
account of them. \"policy\" names a key of `schemas/policy.toml`.
";

/// Prints the page.
pub fn run() -> anyhow::Result<Exit> {
    print::raw(page().as_bytes())?;
    Ok(Exit::Ok)
}

fn page() -> String {
    let mut page = ABOUT.to_owned();
    let counts = (CATALOGUE.len(), LEDGER_RULE_TEXTS.len());
    // Writing to a string cannot fail.
    let _ = writeln!(page, "\n{} rules look at one application, {} more ask the ledger.", counts.0, counts.1);
    for family in FAMILIES {
        section(&mut page, family.name, family.rules().map(Rule::text));
    }
    section(&mut page, "Against the ledger", LEDGER_RULE_TEXTS.iter().copied());
    section(&mut page, "Identity and order of revisions", ARRIVAL_TEXTS.iter().copied());
    section(&mut page, "Reading", READING.iter().copied());
    page
}

fn section(page: &mut String, title: &str, rules: impl Iterator<Item = RuleText>) {
    let _ = writeln!(page, "\n## {title}\n");
    let _ = writeln!(page, "| Code | | Defect | What is demanded | Why | How to put right | Source |");
    let _ = writeln!(page, "|---|---|---|---|---|---|---|");
    for rule in rules {
        let cells = [rule.code, severity(rule.severity), rule.name, rule.what, rule.why, rule.fix, rule.source];
        let _ = writeln!(page, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    }
}
