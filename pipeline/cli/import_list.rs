//! `import list`: who imported which reference data, when, and what it changed.

use cardline::reference::lines::ImportRecord;
use cardline::time::rfc3339_stored;
use serde::Serialize;

use super::context::Context;
use super::exit::Exit;
use super::print;

/// An import with its instant in words.
#[derive(Serialize)]
struct Listed {
    at: String,
    #[serde(flatten)]
    record: ImportRecord,
}

const HEADINGS: &[&str] = &[
    "id",
    "at",
    "by",
    "table",
    "effective",
    "lines",
    "added",
    "changed",
    "ended",
    "cards",
    "deadlines",
    "confirmed",
    "operation",
    "sha256",
];

/// Lists every import, the last one first.
pub async fn run(context: &Context) -> anyhow::Result<Exit> {
    let listed = context
        .ledger()
        .await?
        .imports()
        .await?
        .into_iter()
        .map(|record| Listed { at: rfc3339_stored(record.at), record });
    let listed: Vec<Listed> = listed.collect();
    let rows: Vec<Vec<String>> = listed.iter().map(row).collect();
    print::rows(context.output, HEADINGS, &rows, &listed)?;
    Ok(Exit::Ok)
}

fn row(Listed { at, record: r }: &Listed) -> Vec<String> {
    let complete = if r.complete { " (complete)" } else { "" };
    let mut row =
        vec![r.id.to_string(), at.clone(), r.actor.clone(), format!("{}{complete}", r.kind), r.effective.clone()];
    row.extend([r.read, r.added, r.changed, r.ended, r.cards, r.deadlines].map(|n| n.to_string()));
    row.extend([if r.confirmed { "yes" } else { "no" }.into(), r.operation.clone(), r.sha256.clone()]);
    row
}
