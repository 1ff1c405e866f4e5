//! The difference between a file of reference data and what is in force: lines added, changed, ended,
//! and what closes together with them.

use std::collections::{BTreeMap, BTreeSet};

use cardline_core::domain::calendar::{Calendar, CalendarFault};
use cardline_core::domain::reference::{Loading, Table};
use jiff::civil::Date;

use super::changed_lines::{Asked, ChangedCell, ChangedLine, Changes, PlanError};
use super::reference_file::{FileRow, RowFault, TableFile, cells, line};
use crate::reference::tables::Texts;
use crate::reference::touched::Touched;

/// Rows by code. A region that changed its name has several.
type Rows = BTreeMap<String, Vec<Vec<String>>>;

fn columns(table: Table) -> Vec<&'static str> {
    table.columns().iter().chain(table.optional()).copied().collect()
}

fn by_code(table: Table, text: &str) -> Rows {
    let mut rows = Rows::new();
    for row in text.lines().skip(1).filter_map(cells) {
        let mut row = row;
        row.resize(columns(table).len(), String::new());
        rows.entry(row.first().cloned().unwrap_or_default()).or_default().push(row);
    }
    rows
}

fn stored_line(table: Table, rows: &[Vec<String>]) -> String {
    rows.iter().map(|row| line(table, row)).collect::<Vec<_>>().join("\n")
}

/// Compares a file of codes with what is in force on its day. `on_base` is the day that is looked at,
/// `at_last` the end of time: what another import already replaces by then is left alone.
pub fn changed_codes(
    file: &TableFile,
    at: &Texts,
    on_base: &Texts,
    at_last: &Texts,
    asked: Asked,
    base: Date,
) -> Result<Changes, PlanError> {
    check(file, on_base, base)?;
    let table = file.table;
    let old = by_code(table, at.of(table));
    let mut new = Rows::new();
    for row in &file.rows {
        let mut row = row.cells.clone();
        keep_optional(file, &mut row, &old);
        new.entry(row[0].clone()).or_default().push(row);
    }
    if asked.complete {
        end_missing(table, &old, &mut new, at, asked.effective);
    }
    let known = new.iter().filter(|(code, rows)| old.get(*code) == Some(*rows)).map(|(_, rows)| rows.len()).sum();
    new.retain(|code, rows| old.get(code) != Some(rows));
    let with = |day: &Texts| day.with(table, laid_over(table, day.of(table), &old, &new));
    let (after, after_last) = (with(on_base), with(at_last));
    let loaded = after.load(base);
    loads(&loaded)?;
    let ended_now = on_base.load(base).reference.ended_in(&loaded.reference);
    let ended_later = at_last.load(Date::MAX).reference.ended_in(&after_last.load(Date::MAX).reference);
    let ends: BTreeSet<(Table, String)> = ended_now.iter().cloned().chain(ended_later).collect();
    let own = |code: &String| ends.contains(&(table, code.clone()));
    let mut lines: Vec<ChangedLine> =
        new.iter().map(|(code, rows)| changed_line(table, code, old.get(code), rows, own(code))).collect();
    // The same change may close what lies in it or belongs to it.
    let others = ends.iter().filter(|(t, code)| *t != table || !new.contains_key(code));
    lines.extend(others.map(|(table, code)| ChangedLine {
        table: table.name(),
        code: code.clone(),
        change: "closed",
        cells: Vec::new(),
        ends: true,
        touches: Touched::default(),
    }));
    let ends_on = new.iter().filter(|(code, _)| own(code)).map(|(code, rows)| {
        let day = rows.iter().filter_map(|row| last_day(table, row)).max();
        (code.clone(), day.unwrap_or(asked.effective))
    });
    Ok(Changes {
        ends_on: ends_on.collect(),
        stored: new.iter().map(|(code, rows)| (code.clone(), stored_line(table, rows))).collect(),
        replaced: old
            .iter()
            .filter(|(c, _)| new.contains_key(*c))
            .map(|(c, r)| (c.clone(), stored_line(table, r)))
            .collect(),
        lines,
        known,
        ended_now,
        after,
    })
}

/// A file without an optional column leaves it as it is in force: in the same line, or in the only one.
fn keep_optional(file: &TableFile, row: &mut [String], old: &Rows) {
    let Some(before) = row.first().and_then(|code| old.get(code)) else { return };
    let own = file.table.columns().len();
    let same = before.iter().find(|other| other.get(..own) == row.get(..own));
    let only = if before.len() == 1 { before.first() } else { None };
    let Some(found) = same.or(only) else { return };
    for place in &file.lacks {
        if let (Some(kept), Some(cell)) = (found.get(*place), row.get_mut(*place)) {
            cell.clone_from(kept);
        }
    }
}

/// The first day on which a row no longer counts, where it names one.
fn last_day(table: Table, row: &[String]) -> Option<Date> {
    match table {
        Table::Regions => {
            let last = row.get(4)?;
            let last = last.parse().ok().or_else(|| Date::new(last.parse().ok()?, 12, 31).ok())?;
            if row.get(5).is_some_and(|current| current == "true") { last.tomorrow().ok() } else { None }
        }
        _ => row.get(table.place("closed_on")?)?.parse().ok(),
    }
}

/// A complete file ends what it lacks: points, banks and outlets go, a region only stops being
/// current, because numbers keep its code.
fn end_missing(table: Table, old: &Rows, new: &mut Rows, at: &Texts, effective: Date) {
    let reference = at.load(effective).reference;
    let is_open = |code: &str| match table {
        Table::Regions => reference.is_current_region(code),
        Table::Points => reference.point(code).is_some(),
        Table::Banks => reference.bank(code).is_some(),
        Table::Outlets => reference.outlet(code).is_some(),
        Table::Studios => reference.studio(code).is_some(),
        Table::Calendar => false,
    };
    let missing: Vec<&String> = old.keys().filter(|code| !new.contains_key(*code) && is_open(code)).collect();
    for code in missing {
        let mut rows = Vec::new();
        if table == Table::Regions {
            rows = old.get(code).cloned().unwrap_or_default();
            for row in rows.iter_mut().filter(|row| row.get(5).is_some_and(|current| current == "true")) {
                row[4] = effective.yesterday().unwrap_or(effective).to_string();
                row[5] = "false".into();
            }
        }
        new.insert(code.clone(), rows);
    }
}

/// A day's table with the changed codes in it, but for those that another import replaces by then.
fn laid_over(table: Table, text: &str, old: &Rows, new: &Rows) -> String {
    let mut rows = by_code(table, text);
    for (code, changed) in new {
        if rows.get(code) == old.get(code) {
            rows.insert(code.clone(), changed.clone());
        }
    }
    let lines = rows.values().flatten().map(|row| line(table, row));
    std::iter::once(table.columns().join(",")).chain(lines).collect::<Vec<_>>().join("\n")
}

/// Every row of the file against the tables it goes into; its own lines come first, so that a fault
/// names the right one.
fn check(file: &TableFile, on_base: &Texts, base: Date) -> Result<(), PlanError> {
    let table = file.table;
    let codes: BTreeSet<&str> = file.rows.iter().map(FileRow::code).collect();
    let rest = by_code(table, on_base.of(table));
    let rest = rest.iter().filter(|(code, _)| !codes.contains(code.as_str())).flat_map(|(_, rows)| rows);
    let rows = file.rows.iter().map(|row| &row.cells).chain(rest).map(|row| line(table, row));
    let text = std::iter::once(table.columns().join(",")).chain(rows).collect::<Vec<_>>().join("\n");
    let loading = on_base.with(table, text).load(base);
    let wrong = loading.faults.iter().chain(&loading.stranded).filter(|fault| fault.file == table.name());
    let placed = wrong.filter_map(|fault| {
        let row = file.rows.get(usize::try_from(fault.line).ok()?.checked_sub(2)?)?;
        let message = format!("expected {}", fault.expected);
        Some(RowFault { line: row.line, column: fault.column.into(), message })
    });
    right(file, placed.collect())
}

/// Nothing wrong with the meaning of a row, nor with the shape of another; or all of it, by line.
fn right(file: &TableFile, mut faults: Vec<RowFault>) -> Result<(), PlanError> {
    faults.extend_from_slice(&file.faults);
    faults.sort_by_key(|fault| fault.line);
    if faults.is_empty() { Ok(()) } else { Err(PlanError::Rows(faults)) }
}

/// The tables that would be in force must load, or no worker would start.
fn loads(loading: &Loading) -> Result<(), PlanError> {
    let Some(fault) = loading.faults.first() else { return Ok(()) };
    let message = format!("together with the tables in force: {}: expected {}", fault.file, fault.expected);
    Err(PlanError::Rows(vec![RowFault { line: 0, column: String::new(), message }]))
}

fn changed_line(
    table: Table,
    code: &str,
    old: Option<&Vec<Vec<String>>>,
    new: &[Vec<String>],
    ends: bool,
) -> ChangedLine {
    let change = match (old, new) {
        (None, _) => "added",
        (_, []) => "ended",
        _ => "changed",
    };
    let empty = Vec::new();
    // Of several lines of a region, those count that are not the same.
    let differing = |one: &[Vec<String>], other: &[Vec<String>]| {
        one.iter().rfind(|row| !other.contains(row)).cloned().unwrap_or_default()
    };
    let before = old.unwrap_or(&empty);
    let (was, is) = (differing(before, new), differing(new, before));
    let cell = |row: &[String], at: usize| row.get(at).cloned().unwrap_or_default();
    let names = columns(table);
    let cells = names
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(at, _)| cell(&was, *at) != cell(&is, *at))
        .map(|(at, column)| ChangedCell { column: (*column).to_owned(), old: cell(&was, at), new: cell(&is, at) });
    ChangedLine {
        table: table.name(),
        code: code.to_owned(),
        change,
        cells: cells.collect(),
        ends,
        touches: Touched::default(),
    }
}

/// Compares a calendar with the years in force. A year is replaced whole.
pub fn changed_calendar(file: &TableFile, at: &Texts, on_base: &Texts) -> Result<Changes, PlanError> {
    let mut years: BTreeMap<i16, Vec<&FileRow>> = BTreeMap::new();
    let mut faults = Vec::new();
    for row in &file.rows {
        match row.code().parse::<Date>() {
            Ok(date) => years.entry(date.year()).or_default().push(row),
            Err(_) => {
                let message = "expected a date such as 2027-01-01".into();
                faults.push(RowFault { line: row.line, column: "date".into(), message });
            }
        }
    }
    for (year, rows) in &years {
        faults.extend(Calendar::faults(*year, &year_text(rows)).into_iter().map(|fault| placed(&fault, rows)));
    }
    right(file, faults)?;
    let mut changes = Changes {
        lines: Vec::new(),
        known: 0,
        stored: BTreeMap::new(),
        replaced: BTreeMap::new(),
        ends_on: BTreeMap::new(),
        ended_now: Vec::new(),
        after: on_base.clone(),
    };
    for (year, rows) in &years {
        let text = year_text(rows);
        let before = at.calendars.get(year);
        let old = before.map(|text| by_code(Table::Calendar, text)).unwrap_or_default();
        let new = by_code(Table::Calendar, &text);
        let gone = old.keys().filter(|date| !new.contains_key(*date)).map(|date| (date, Vec::new()));
        let lines = new.iter().map(|(date, rows)| (date, rows.clone())).chain(gone);
        let lines: Vec<ChangedLine> = lines
            .filter(|(date, rows)| old.get(*date) != Some(rows))
            .map(|(date, rows)| changed_line(Table::Calendar, date, old.get(date), &rows, false))
            .collect();
        changes.known += rows.len() - lines.iter().filter(|line| line.change != "ended").count();
        if lines.is_empty() {
            continue;
        }
        changes.lines.extend(lines);
        if on_base.calendars.get(year) == before {
            changes.after.calendars.insert(*year, text.clone());
        }
        changes.replaced.insert(year.to_string(), before.cloned().unwrap_or_default());
        changes.stored.insert(year.to_string(), text);
    }
    Ok(changes)
}

fn year_text(rows: &[&FileRow]) -> String {
    let lines = rows.iter().map(|row| line(Table::Calendar, &row.cells));
    let lines: Vec<String> = std::iter::once(Table::Calendar.columns().join(",")).chain(lines).collect();
    lines.join("\n") + "\n"
}

/// A fault of a year's text, on the line where the file has it.
fn placed(fault: &CalendarFault, rows: &[&FileRow]) -> RowFault {
    match fault {
        CalendarFault::Cell { line, column, expected, .. } => {
            let row = usize::try_from(*line).ok().and_then(|line| rows.get(line.checked_sub(2)?));
            let line = row.map_or(0, |row| row.line);
            RowFault { line, column: (*column).to_owned(), message: format!("expected {expected}") }
        }
        CalendarFault::Twice { .. } => RowFault { line: 0, column: String::new(), message: fault.to_string() },
    }
}
