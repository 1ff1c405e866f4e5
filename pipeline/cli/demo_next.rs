//! What to try after a demo: commands that work when they are pasted.

use std::path::Path;

use cardline::config::masked_address;
use cardline_world::report::{DemoFile, DemoPlan, DemoReport};

/// Kinds of file worth a look, in the order of the route.
const KINDS: [&str; 3] = ["account-request", "personalization", "shipping-manifest"];

/// The commands, one a line, with what each shows behind `#`.
pub fn commands(plan: &DemoPlan, report: &DemoReport) -> String {
    let program = program();
    let flags = flags(plan);
    let mut lines: Vec<(String, &str)> = Vec::new();
    for (why, id) in &report.examples {
        lines.push((format!("{program} trace {} {flags}", quoted(id)), why));
    }
    for file in KINDS.iter().filter_map(|kind| report.files.iter().find(|f| shows(f, kind))) {
        let DemoFile { path, partner, kind, .. } = file;
        let path = quoted(path);
        lines.push((format!("{program} file inspect {path} --partner {partner} --kind {kind}"), "masked"));
    }
    lines.push((format!("{program} batch list {flags}"), "every batch and whose turn it is"));
    let at = format!("{}T18:00:00+08:00", report.last_day);
    lines.push((format!("{program} books --full --at {at} {flags}"), "the laws again, over everything"));
    if let Some(rule) = report.findings.iter().max_by_key(|(_, count)| **count) {
        lines.push((format!("{program} rules explain {}", rule.0), "the rule that found most"));
    }
    lines.iter().map(|(command, why)| format!("{command}  # {why}")).collect::<Vec<_>>().join("\n")
}

fn shows(file: &DemoFile, kind: &str) -> bool {
    file.kind == kind
        && file.rows > 0
        && matches!(file.state.as_str(), "applied" | "placed" | "answered")
        && Path::new(&file.path).is_file()
}

/// Both flags always: an environment or a file may name another folder or database.
fn flags(plan: &DemoPlan) -> String {
    let beside = || format!("sqlite:{}", plan.dir.join("cardline.db").display());
    let database = plan.database.clone().unwrap_or_else(beside);
    format!("--data {} --database {}", quoted(&plan.dir.display().to_string()), quoted(&masked_address(&database)))
}

/// Quoted for a shell only where it must be.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-:@+=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// How this program was called, so that what is printed can be pasted.
fn program() -> String {
    let called = std::env::args().next().unwrap_or_else(|| "cardline".into());
    quoted(&called).to_string()
}
