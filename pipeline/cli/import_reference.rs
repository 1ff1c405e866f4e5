//! `import regions|points|outlets|calendar`: checked whole before a line is stored.
//!
//! Invariant: the tables that are in force afterwards can be loaded; an import that would stop the
//! next start is refused. A code with several lines (a region that changed its name) is one entry.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use cardline_core::domain::calendar::Calendar;
use jiff::civil::Date;

use super::context::Context;
use super::import::text;
use super::outcome::Outcome;
use super::print;
use crate::ledger::Ledger;
use crate::stages::{StageError, changed_reference, overlaid};

/// The tables that can be imported.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Table {
    Regions,
    Points,
    Outlets,
    Calendar,
}

impl Table {
    fn kind(self) -> &'static str {
        match self {
            Table::Regions => "regions",
            Table::Points => "points",
            Table::Outlets => "outlets",
            Table::Calendar => "calendar",
        }
    }

    fn columns(self) -> &'static [&'static str] {
        match self {
            Table::Regions => &["code", "name", "level", "valid_from", "valid_to", "current"],
            Table::Points => &["code", "name", "region", "kind"],
            Table::Outlets => &["code", "bank", "region", "name"],
            Table::Calendar => &["date", "name", "is_off_day", "weekday"],
        }
    }
}

/// A published list of villages and communities.
const COMMITTEES: &[&str] =
    &["code", "name", "street_code", "street_name", "district_code", "district_name", "committee_kind"];

/// Imports one table.
pub async fn run(context: &Context, table: Table, path: &Path, effective: Date) -> anyhow::Result<Outcome> {
    let rows = read(table, &text(path)?).with_context(|| path.display().to_string())?;
    let ledger = context.ledger().await?;
    let lines = entries(table, &rows).with_context(|| path.display().to_string())?;
    if table != Table::Calendar {
        check(&ledger, table, &rows, effective).await.with_context(|| path.display().to_string())?;
    }
    let (entries, read) = (lines.len() as i64, rows.len());
    let new = ledger.import_reference(table.kind(), effective, lines).await?;
    let document = serde_json::json!({
        "table": table.kind(), "effective": effective.to_string(), "read": read, "new": new, "known": entries - new,
    });
    let row = vec![
        table.kind().into(),
        effective.to_string(),
        read.to_string(),
        new.to_string(),
        (entries - new).to_string(),
    ];
    print::rows(context.output, &["table", "effective", "lines", "new", "known"], &[row], &document)?;
    Ok(Outcome::Ok)
}

/// Loads the tables as they would be: first the file alone, so that a fault names its line, then
/// with what is in force.
async fn check(ledger: &Ledger, table: Table, rows: &[Row], effective: Date) -> anyhow::Result<()> {
    let alone = placed(&table.columns().join(","), rows.iter());
    let only = |kind: &str, text| if kind == table.kind() { alone.clone() } else { text };
    match changed_reference(ledger, effective, only).await {
        Err(StageError::Reference(fault)) if fault.file == table.kind() => {
            anyhow::bail!("line {}, column {}: expected {}", fault.line, fault.column, fault.expected)
        }
        // What the other tables miss in the file alone may be in force already.
        Ok(_) | Err(StageError::Reference(_)) => {}
        Err(other) => return Err(other.into()),
    }
    let lines = numbered(rows);
    let with = |kind: &str, text: String| if kind == table.kind() { overlaid(&text, &lines) } else { text };
    changed_reference(ledger, effective, with).await.context("together with the tables in force")?;
    Ok(())
}

/// One row in our columns, and the line it stood on.
struct Row {
    line: u64,
    cells: Vec<String>,
}

fn read(table: Table, text: &str) -> anyhow::Result<Vec<Row>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let committees = table == Table::Points && header == COMMITTEES;
    if !committees && header != table.columns() {
        anyhow::bail!("line 1: expected the columns {}", table.columns().join(","));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| {
            let line = e.position().map_or(0, csv::Position::line);
            anyhow::anyhow!("line {line}: expected {} columns", header.len())
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        if let Some(at) = cells.iter().position(|cell| cell.chars().any(char::is_control)) {
            let column = header.get(at).map_or("", String::as_str);
            anyhow::bail!("line {line}, column {column}: a control character; take it out");
        }
        rows.push(Row { line, cells: if committees { point(line, &cells)? } else { cells } });
    }
    if rows.is_empty() {
        anyhow::bail!("only a header; nothing was imported");
    }
    Ok(rows)
}

/// A committee of a published list as one of our points.
fn point(line: u64, cells: &[String]) -> anyhow::Result<Vec<String>> {
    let cell = |at: usize| cells.get(at).cloned().unwrap_or_default();
    let kind = match cell(6).as_str() {
        "villagers" | "like-villagers" => "village",
        "residents" | "like-residents" => "community",
        _ => anyhow::bail!("line {line}, column committee_kind: expected villagers or residents, or like either"),
    };
    Ok(vec![cell(0), cell(1), cell(4), kind.into()])
}

/// What is stored: the lines of each code; of a calendar, the whole text of each year.
fn entries(table: Table, rows: &[Row]) -> anyhow::Result<Vec<(String, String)>> {
    let mut entries: BTreeMap<String, String> = BTreeMap::new();
    for row in rows {
        let code = row.cells.first().map_or("", String::as_str);
        let code = match table {
            Table::Calendar => code
                .parse::<Date>()
                .map(|date| date.year().to_string())
                .map_err(|_| anyhow::anyhow!("line {}, column date: expected a date such as 2027-01-01", row.line))?,
            _ => code.to_owned(),
        };
        let text = entries.entry(code).or_default();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&csv_line(&row.cells));
    }
    if table == Table::Calendar {
        let header = table.columns().join(",");
        for (year, text) in &mut entries {
            // Checked with every line where the file has it, so that the fault names the right one.
            let placed =
                placed(&header, rows.iter().filter(|row| row.cells.first().is_some_and(|d| d.starts_with(year))));
            Calendar::from_csv(&[(year.parse()?, &placed)])?;
            *text = format!("{header}\n{text}\n");
        }
    }
    Ok(entries.into_iter().collect())
}

/// The header and the rows, each on the line it stood on; the gaps are blank.
fn placed<'r>(header: &str, rows: impl Iterator<Item = &'r Row>) -> String {
    let mut text = format!("{header}\n");
    let mut at = 2;
    for row in rows {
        while at < row.line {
            text.push('\n');
            at += 1;
        }
        text.push_str(&csv_line(&row.cells));
        text.push('\n');
        at += 1;
    }
    text
}

/// Every row as an entry of its own, for the check of the whole.
fn numbered(rows: &[Row]) -> Vec<(String, String)> {
    rows.iter().map(|row| (row.cells.first().cloned().unwrap_or_default(), csv_line(&row.cells))).collect()
}

fn csv_line(cells: &[String]) -> String {
    let quoted = |cell: &String| {
        if cell.contains([',', '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
    };
    cells.iter().map(quoted).collect::<Vec<_>>().join(",")
}
