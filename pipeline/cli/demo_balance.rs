//! The balance of a demo, stage by stage.

use std::collections::BTreeMap;

use cardline::route::intake::rule_texts::LEDGER_RULE_TEXTS;
use cardline::route::intake::settle::IntakeCounts;
use cardline_core::rules;
use cardline_core::state_machines::{APPLICATION, CARD, StateMachine};
use cardline_world::report::{DemoFile, DemoReport};

use super::intake;
use super::print::table;

/// Rules shown, the most frequent first.
const RULES_SHOWN: usize = 15;

/// How the messages divided, and whether that adds up.
pub fn intake(r: &DemoReport) -> String {
    let counts = IntakeCounts {
        received: r.received,
        accepted: r.accepted,
        rejected: r.rejected,
        repeated: r.repeated,
        conflicting: r.conflicting,
        quarantined: r.quarantined,
    };
    let sum = r.accepted + r.rejected + r.repeated + r.conflicting + r.quarantined;
    let words = if sum == r.received { "adds up" } else { "DOES NOT ADD UP" };
    format!("{}\n{words}: {sum} of {} read", table(intake::HEADINGS, &[intake::row(&counts)]), r.received)
}

/// Applications by state.
pub fn applications(report: &DemoReport) -> String {
    by_state(&APPLICATION, &report.applications)
}

/// Cards by state, opening stock included.
pub fn cards(report: &DemoReport) -> String {
    by_state(&CARD, &report.by_state)
}

/// Counts in the order of the life, with what each state means.
fn by_state(life: &StateMachine, counts: &BTreeMap<String, i64>) -> String {
    let mut rows: Vec<Vec<String>> = life
        .states
        .iter()
        .filter_map(|state| {
            let count = counts.get(state.code)?;
            Some(vec![state.code.to_owned(), count.to_string(), state.owner.to_owned(), state.meaning.to_owned()])
        })
        .collect();
    let sum: i64 = counts.values().sum();
    rows.push(vec!["total".into(), sum.to_string(), String::new(), String::new()]);
    table(&["state", "count", "turn", "meaning"], &rows)
}

/// Files by partner, kind, direction and state, those destroyed by now among them.
pub fn files(report: &DemoReport) -> String {
    let mut sums: BTreeMap<(&str, &str, &str, &str), (u64, i64)> = BTreeMap::new();
    for DemoFile { partner, kind, direction, state, rows, .. } in report.files.iter().chain(&report.destroyed) {
        let sum = sums.entry((partner, kind, direction, state)).or_default();
        sum.0 += 1;
        sum.1 += rows;
    }
    let row = |((partner, kind, direction, state), (files, rows)): ((&str, &str, &str, &str), (u64, i64))| {
        vec![partner.into(), kind.into(), direction.into(), state.into(), files.to_string(), rows.to_string()]
    };
    let rows: Vec<Vec<String>> = sums.into_iter().map(row).collect();
    table(&["partner", "kind", "direction", "state", "files", "rows"], &rows)
}

/// The rules that found most.
pub fn findings(report: &DemoReport) -> String {
    let mut found: Vec<(&String, &i64)> = report.findings.iter().collect();
    found.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let rows: Vec<Vec<String>> = found
        .iter()
        .take(RULES_SHOWN)
        .map(|(code, count)| vec![(*code).clone(), count.to_string(), rule_name(code).to_owned()])
        .collect();
    let more = found.len().saturating_sub(RULES_SHOWN);
    let text = table(&["rule", "found", "name"], &rows);
    if more > 0 { format!("{text}\nand {more} more rules") } else { text }
}

fn rule_name(code: &str) -> &'static str {
    let of_ledger = || LEDGER_RULE_TEXTS.iter().find(|text| text.code == code).map_or("", |text| text.name);
    rules::explain(code).map_or_else(of_ledger, |rule| rule.name)
}

/// How the promise was kept.
pub fn promises(report: &DemoReport) -> String {
    let p = report.promises;
    let row = [p.kept, p.missed, p.running, p.warned, p.breached].map(|n| n.to_string()).to_vec();
    table(&["kept", "missed", "running", "past day 20", "past the promise"], &[row])
}
