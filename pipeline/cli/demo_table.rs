//! What a demo ends with, for reading.

use cardline::books::LawResult;
use cardline_world::report::{DemoPlan, DemoReport};

use super::print::{self, table};
use super::{books, demo_balance, demo_next};

/// The whole text: what was played, the balance of every stage, the books, and what to look at.
pub fn text(plan: &DemoPlan, report: &DemoReport) -> String {
    let sections = [
        ("", played(plan, report)),
        ("Intake", demo_balance::intake(report)),
        ("Applications", demo_balance::applications(report)),
        ("Cards", demo_balance::cards(report)),
        ("Files", demo_balance::files(report)),
        ("Rejections and notes by rule", demo_balance::findings(report)),
        ("Promise of 30 days", demo_balance::promises(report)),
        ("Cases for a person", counts(&["reason", "open"], report.cases.iter())),
        ("The world, its faults included", counts(&["what", "times"], report.world.iter())),
        ("Books", laws(report)),
        ("Mirror", mirror(report)),
        ("Cost", cost(report)),
        ("Try next", demo_next::commands(plan, report)),
    ];
    let section = |(title, text): &(&str, String)| {
        if title.is_empty() { text.clone() } else { format!("── {title}\n{text}") }
    };
    sections.iter().map(section).collect::<Vec<_>>().join("\n\n")
}

/// The files as CSV: the one part of the report that is a list of like things.
pub fn csv(report: &DemoReport) -> anyhow::Result<()> {
    let rows: Vec<Vec<String>> = report
        .files
        .iter()
        .map(|f| {
            let sequence = f.sequence.map_or_else(String::new, |n| n.to_string());
            let rows = f.rows.to_string();
            [&f.partner, &f.kind, &f.direction, &sequence, &f.state, &rows, &f.sha256, &f.path]
                .map(|cell: &String| cell.clone())
                .to_vec()
        })
        .collect();
    print::csv(&["partner", "kind", "direction", "sequence", "state", "rows", "sha256", "path"], &rows)
}

/// Names and counts as a table.
pub fn counts<'a, N: ToString + 'a>(headings: &[&str], of: impl Iterator<Item = (&'a String, &'a N)>) -> String {
    let rows: Vec<Vec<String>> = of.map(|(name, count)| vec![name.clone(), count.to_string()]).collect();
    if rows.is_empty() { "none".into() } else { table(headings, &rows) }
}

fn played(plan: &DemoPlan, report: &DemoReport) -> String {
    format!(
        "Played {} days, {} to {}, seed {}, on {}: {} applications of synthetic people went through intake,\n\
         account opening at the banks, production at the bureau, distribution, pickup and recycling. The banks, the\n\
         bureau and the people were simulated; they know our side by its files and messages only.",
        plan.days, report.first_day, report.last_day, report.seed, report.engine, plan.cards
    )
}

/// The laws; below them the first offenders of those that do not hold.
fn laws(report: &DemoReport) -> String {
    let mut lines = vec![table(books::HEADINGS, &books::rows(&report.books))];
    let offenders = |law: &LawResult| law.offending.iter().map(|o| format!("law {}: {o}", law.law)).collect::<Vec<_>>();
    lines.extend(report.books.iter().flat_map(offenders));
    lines.join("\n")
}

fn mirror(report: &DemoReport) -> String {
    let mirror = &report.mirror;
    let compared: Vec<String> = mirror.compared.iter().map(|(what, count)| format!("{count} {what}")).collect();
    let holds = if mirror.holds { "our books equal the world's own" } else { "OUR BOOKS DIFFER FROM THE WORLD'S" };
    let mut lines = vec![format!("{holds}: {}", compared.join(", "))];
    lines.extend(mirror.differences.iter().map(|difference| format!("  {difference}")));
    lines.join("\n")
}

fn cost(report: &DemoReport) -> String {
    format!(
        "{} row writes, {:.1} a card; {:.1} s",
        report.row_writes, report.row_writes_per_card, report.elapsed_seconds
    )
}
