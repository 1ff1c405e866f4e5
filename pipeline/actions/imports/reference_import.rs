//! An import of reference data, planned before it is applied: which lines change, whom that touches,
//! which deadlines move, and whether a person must confirm it.
//!
//! Invariants: nothing is stored when anything in the file is wrong, or when the tables that would be
//! in force could not be loaded. The operation id is a digest of the table, the day and every change
//! from what is in force now, so that nothing else than what was seen can be confirmed.

use std::collections::{BTreeMap, BTreeSet};

use cardline_core::domain::policy::Policy;
use cardline_core::domain::reference::Table;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::changed_lines::{Asked, ChangedLine, Changes, PlanError};
use super::reference_change::{changed_calendar, changed_codes};
use super::reference_file::TableFile;
use crate::crypto::objects::sha256;
use crate::reference::effect::Effect;
use crate::reference::lines::{ImportRecord, NewLine};
use crate::reference::tables::{MovedDeadline, Texts, effect, moved_deadlines};
use crate::step::{StageError, Work};
use crate::store::{Ledger, Stamp};

/// Everything an import would do.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    pub table: &'static str,
    pub effective: Date,
    pub complete: bool,
    /// Confirms exactly this; the same again has the same.
    pub operation: String,
    pub read: usize,
    /// Lines added, changed or ended.
    pub new: usize,
    pub known: usize,
    pub added: usize,
    pub changed: usize,
    pub ended: usize,
    pub lines: Vec<ChangedLine>,
    pub deadlines: Vec<MovedDeadline>,
    /// Why a person must confirm it; empty: nobody loses anything.
    pub takes_away: Vec<String>,
}

/// A preview, and all that applying it takes.
pub struct Plan {
    pub preview: Preview,
    last_import: i64,
    sha256: String,
    lines: Vec<NewLine>,
    effect: Effect,
}

/// Plans an import; reads only.
pub async fn plan(ledger: &Ledger, policy: &Policy, file: &TableFile, asked: Asked) -> Result<Plan, PlanError> {
    let last_import = ledger.last_import().await?;
    // What is effective already counts from today; what lies ahead is looked at as of its day.
    let base = asked.effective.max(asked.today);
    let (at, on_base) = (Texts::on(ledger, asked.effective).await?, Texts::on(ledger, base).await?);
    let mut changes = match file.table {
        Table::Calendar => changed_calendar(file, &at, &on_base)?,
        _ => changed_codes(file, &at, &on_base, &Texts::on(ledger, Date::MAX).await?, asked, base)?,
    };
    touch(ledger, &mut changes.lines).await?;
    let deadlines = match file.table {
        Table::Calendar => {
            let open = ledger.open_deadlines(base).await?;
            moved_deadlines(&on_base.calendar()?, &changes.after.calendar()?, base, &open)
        }
        _ => Vec::new(),
    };
    let calendar = changes.after.calendar()?;
    let now = asked.effective <= asked.today;
    let ended = if now { std::mem::take(&mut changes.ended_now) } else { Vec::new() };
    let effect = effect(if now { &deadlines } else { &[] }, ended, &calendar, policy, asked.today);
    let lines = new_lines(file.table, &changes, asked);
    let preview = preview(file, asked, changes, deadlines);
    Ok(Plan { preview, last_import, sha256: file.sha256.clone(), lines, effect })
}

/// Applies what was planned, in one transaction; fails when another import came in between. A plan
/// without a change writes nothing.
pub async fn apply(
    ledger: &Ledger,
    plan: Plan,
    actor: &str,
    now: Timestamp,
    confirmed: bool,
    approval: Option<i64>,
) -> Result<(), StageError> {
    let Plan { preview: p, last_import, sha256, lines, effect } = plan;
    if p.new == 0 {
        return Ok(());
    }
    let progress = ledger.progress_of(Work::of_everybody("import", p.table, actor));
    progress.phase("ledger", None);
    let of_table = |line: &&ChangedLine| line.change != "closed";
    let record = ImportRecord {
        id: last_import + 1,
        operation: p.operation,
        kind: p.table.into(),
        effective: p.effective.to_string(),
        at: now.as_microsecond(),
        actor: actor.into(),
        sha256,
        complete: p.complete,
        confirmed,
        read: p.read as i64,
        added: p.added as i64,
        changed: p.changed as i64,
        ended: p.ended as i64,
        cards: p.lines.iter().filter(of_table).map(|line| line.touches.cards).sum(),
        deadlines: p.deadlines.iter().map(|d| d.count).sum(),
    };
    let why = Stamp { at: now, actor, reason: "reference data was imported" };
    ledger.settle_import(&record, lines, &effect, approval, why).await?;
    progress.finish(&format!("{} lines", p.new)).await;
    Ok(())
}

/// Counts whom each changed line touches. Who is added is touched by nobody.
async fn touch(ledger: &Ledger, lines: &mut [ChangedLine]) -> Result<(), StageError> {
    let tables: BTreeSet<&'static str> = lines.iter().map(|line| line.table).collect();
    for table in tables {
        let of_table = |line: &&mut ChangedLine| line.table == table && line.change != "added";
        let codes: Vec<String> = lines.iter_mut().filter(of_table).map(|line| line.code.clone()).collect();
        let touched = ledger.touched(table, &codes).await?;
        for line in lines.iter_mut().filter(of_table) {
            line.touches = touched.get(&line.code).copied().unwrap_or_default();
        }
    }
    Ok(())
}

/// The lines to store, each with the day after today on which it asks something of the ledger.
fn new_lines(table: Table, changes: &Changes, asked: Asked) -> Vec<NewLine> {
    let later = |day: Option<Date>| day.map(|day| day.max(asked.effective)).filter(|day| *day > asked.today);
    let acts_on = |code: &String| match table {
        Table::Calendar => later(Some(asked.effective)),
        _ => later(changes.ends_on.get(code).copied()),
    };
    let line =
        |(code, line): (&String, &String)| NewLine { code: code.clone(), line: line.clone(), acts_on: acts_on(code) };
    changes.stored.iter().map(line).collect()
}

fn preview(file: &TableFile, asked: Asked, changes: Changes, deadlines: Vec<MovedDeadline>) -> Preview {
    let Changes { lines, known, stored, replaced, .. } = changes;
    let count = |change| lines.iter().filter(|line| line.change == change).count();
    let (added, changed, ended) = (count("added"), count("changed"), count("ended"));
    Preview {
        table: file.table.name(),
        effective: asked.effective,
        complete: asked.complete,
        operation: operation(file.table, asked, &stored, &replaced),
        read: file.rows.len(),
        new: added + changed + ended,
        known,
        added,
        changed,
        ended,
        takes_away: takes_away(&lines, &deadlines),
        lines,
        deadlines,
    }
}

/// What unfinished cards lose, in words with codes.
fn takes_away(lines: &[ChangedLine], deadlines: &[MovedDeadline]) -> Vec<String> {
    let losing = lines.iter().filter(|line| line.ends && line.touches.cards > 0);
    let mut told: Vec<String> = losing
        .map(|line| format!("{} {}: {} unfinished cards need it", line.table, line.code, line.touches.cards))
        .collect();
    let earlier: i64 = deadlines.iter().filter(|d| d.to < d.from).map(|d| d.count).sum();
    if earlier > 0 {
        told.push(format!("{earlier} open deadlines come earlier"));
    }
    told
}

/// The id of exactly these changes: the first 16 digits of a digest.
fn operation(
    table: Table,
    asked: Asked,
    stored: &BTreeMap<String, String>,
    replaced: &BTreeMap<String, String>,
) -> String {
    let mut text = format!("{} {} {}\n", table.name(), asked.effective, asked.complete);
    for (code, line) in stored {
        let old = replaced.get(code).map_or("", String::as_str);
        text.push_str(&format!("{code}\u{1}{old}\u{1}{line}\u{2}"));
    }
    sha256(text.as_bytes()).chars().take(16).collect()
}
