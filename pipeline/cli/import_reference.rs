//! `import regions|points|outlets|partners|calendar`: what changes and whom it touches, shown and then
//! applied, whole or not at all.

use std::path::{Path, PathBuf};

use cardline::actions::dual_control::{Wanted, second_person};
use cardline::actions::imports::changed_lines::{Asked, ChangedLine, PlanError};
use cardline::actions::imports::reference_file;
use cardline::actions::imports::reference_file::RowFault;
use cardline::actions::imports::reference_import::{Preview, apply, plan};
use cardline::limits::{CHANGED_LINES_SHOWN, WRONG_ROWS_SHOWN};
use cardline::reference::tables::take_effect;
use cardline::step::load_policy;
use cardline::time::local_date;
use cardline_core::domain::reference::Table;
use cardline_core::domain::staff::DualControl;
use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;

use super::approvals::waits;
use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output};
use super::typed_values::day;

#[derive(Args)]
#[command(after_help = "\
What changes and whom it touches is shown before it is applied. Where unfinished cards lose something,
nothing is applied until it is confirmed with the operation id that was shown.
Once there are users, a table replaced with --complete, in which codes end, waits for a second person
(exit code 4); then give the same command again, with the same --effective if it is another day.

Example: cardline import calendar holidays-2027.csv --dry-run
         cardline import points points.csv --effective 2027-01-01 --confirm 0f5c2a9e1b7d4c36")]
pub struct ImportArgs {
    /// CSV file, UTF-8
    pub file: PathBuf,
    /// First day on which the lines are in force; may lie ahead [default: today]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub effective: Option<Date>,
    /// The file is the whole table: codes in force that it lacks end on that day
    #[arg(long)]
    pub complete: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Apply exactly the operation that was shown, though unfinished cards lose something
    #[arg(long, value_name = "OPERATION")]
    pub confirm: Option<String>,
}

/// A preview, and what became of it.
#[derive(Serialize)]
struct Document<'p> {
    #[serde(flatten)]
    preview: &'p Preview,
    applied: bool,
}

/// What was wrong with a file.
#[derive(Serialize)]
struct Refused<'f> {
    table: &'static str,
    applied: bool,
    errors: &'f [RowFault],
}

/// Shows what a file changes, and applies it unless it is a dry run or must be confirmed.
pub async fn run(context: &Context, table: Table, args: &ImportArgs) -> anyhow::Result<Exit> {
    if args.complete && table == Table::Calendar {
        return Err(Usage("--complete says nothing about a calendar: a year is always replaced whole".into()).into());
    }
    let path = args.file.as_path();
    if path.extension().is_some_and(|extension| extension == "toml") {
        anyhow::bail!(
            "{} is a partner's profile, which is not imported: put it into the folder named by CARDLINE_PARTNERS; \
             import the banks as CSV",
            path.display()
        );
    }
    let bytes = reference_file::bytes(path)?;
    let file = match reference_file::rows(table, &bytes) {
        Ok(file) => file,
        Err(fault) => return refused(context, table, path, &[fault]),
    };
    let now = context.now();
    let today = local_date(now);
    let policy = load_policy(context.config.policy.value.as_deref())?;
    let (ledger, _unused) =
        if args.dry_run { context.ledger_or_empty().await? } else { (context.ledger().await?, None) };
    if !args.dry_run {
        take_effect(&ledger, &policy, today).await?;
    }
    let asked = Asked { effective: args.effective.unwrap_or(today), complete: args.complete, today };
    let plan = match plan(&ledger, &policy, &file, asked).await {
        Ok(plan) => plan,
        Err(PlanError::Rows(faults)) => return refused(context, table, path, &faults),
        Err(PlanError::Stage(error)) => return Err(error.into()),
    };
    let preview = plan.preview.clone();
    let stopped = if args.dry_run { None } else { stopped(&preview, args.confirm.as_deref()) };
    let applied = !args.dry_run && stopped.is_none();
    if applied {
        let approval = if args.complete && preview.ended > 0 {
            match replaced_by_two(context, &preview, now).await? {
                Err(outcome) => return Ok(outcome),
                Ok(approval) => approval,
            }
        } else {
            None
        };
        apply(&ledger, plan, &context.actor, now, args.confirm.is_some(), approval).await?;
    }
    show(context, &preview, applied, args.dry_run)?;
    match stopped {
        None => Ok(Exit::Ok),
        Some(why) => {
            print::complain(&format!("cardline: {}: {why}", path.display()));
            Ok(Exit::Failed)
        }
    }
}

/// A whole table whose codes end takes a second person, once there are users.
async fn replaced_by_two(
    context: &Context,
    preview: &Preview,
    now: Timestamp,
) -> anyhow::Result<Result<Option<i64>, Exit>> {
    let wanted = Wanted {
        action: DualControl::ReplaceTable,
        subject: &preview.operation,
        request: json!({ "table": preview.table, "effective": preview.effective.to_string(), "operation": preview.operation }),
        count: preview.ended as i64,
        bank: "",
        area: "",
        reason: preview.table,
    };
    waits(context, second_person(&context.worker(now).await?, &wanted, now).await?)
}

/// Why it is not applied: cards lose something and nobody confirmed it, or something else was
/// confirmed.
fn stopped(preview: &Preview, confirmed: Option<&str>) -> Option<String> {
    match confirmed {
        _ if preview.new == 0 => None,
        Some(operation) if operation == preview.operation => None,
        Some(_) => Some(format!(
            "nothing was applied: what was confirmed is not this; this is operation {}",
            preview.operation
        )),
        None if preview.takes_away.is_empty() => None,
        None => Some(format!(
            "nothing was applied: {}; confirm it with --confirm {}",
            bounded(&preview.takes_away),
            preview.operation
        )),
    }
}

fn bounded(told: &[String]) -> String {
    let shown = told.iter().take(CHANGED_LINES_SHOWN).cloned().collect::<Vec<_>>().join("; ");
    match told.len().saturating_sub(CHANGED_LINES_SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

/// Every wrong row, up to a bound. Nothing was applied: lines of a list speak of each other (a region of its
/// successors, a point of its region), so a part of it would say something else.
fn refused(context: &Context, table: Table, path: &Path, faults: &[RowFault]) -> anyhow::Result<Exit> {
    if context.output == Output::Json {
        print::json(&Refused { table: table.name(), applied: false, errors: faults })?;
    }
    for fault in faults.iter().take(WRONG_ROWS_SHOWN) {
        let separator = if fault.line == 0 { "" } else { "," };
        print::complain(&format!("cardline: {}{separator} {}", path.display(), print::visible(&fault.to_string())));
    }
    if let more @ 1.. = faults.len().saturating_sub(WRONG_ROWS_SHOWN) {
        print::complain(&format!("cardline: {}: {more} more (at least)", path.display()));
    }
    let is_of_rows = faults.iter().any(|fault| fault.line > 1);
    Ok(if is_of_rows { Exit::Rejected } else { Exit::Failed })
}

const HEADINGS: &[&str] =
    &["change", "table", "code", "column", "old", "new", "applications", "cards", "batches", "shipments"];

/// One row for each cell that changes; the counts stand in the first of a line.
fn rows(lines: &[ChangedLine]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for line in lines {
        let touches = line.touches;
        let counts = [touches.applications, touches.cards, touches.batches, touches.shipments].map(|n| n.to_string());
        let head = [line.change.to_owned(), line.table.to_owned(), line.code.clone()];
        // Of a new or ended line the code says enough.
        let cells = if line.change == "changed" { line.cells.as_slice() } else { &[] };
        if cells.is_empty() {
            rows.push([&head[..], &[(); 3].map(|()| String::new()), &counts].concat());
        }
        for (at, cell) in cells.iter().enumerate() {
            let columns = [cell.column.clone(), cell.old.clone(), cell.new.clone()];
            let counts = if at == 0 { counts.clone() } else { [(); 4].map(|()| String::new()) };
            rows.push([&head[..], &columns, &counts].concat());
        }
    }
    rows
}

fn show(context: &Context, preview: &Preview, applied: bool, dry_run: bool) -> anyhow::Result<()> {
    match context.output {
        Output::Json => print::json(&Document { preview, applied: applied && preview.new > 0 }),
        Output::Csv => print::csv(HEADINGS, &rows(&preview.lines)),
        Output::Table => {
            let p = preview;
            print::line(&format!(
                "{} from {} on: {} lines read, {} added, {} changed, {} ended, {} known",
                p.table, p.effective, p.read, p.added, p.changed, p.ended, p.known
            ))?;
            let rows = rows(&p.lines);
            if !rows.is_empty() {
                let shown = &rows[..rows.len().min(CHANGED_LINES_SHOWN)];
                print::line(&format!("\n{}", print::table(HEADINGS, shown)))?;
            }
            if let more @ 1.. = rows.len().saturating_sub(CHANGED_LINES_SHOWN) {
                print::line(&format!("and {more} more; --output csv or json shows all"))?;
            }
            let moved: Vec<Vec<String>> = p
                .deadlines
                .iter()
                .map(|d| vec![d.what.clone(), d.from.to_string(), d.to.to_string(), d.count.to_string()])
                .collect();
            if !moved.is_empty() {
                print::line(&format!("\n{}", print::table(&["deadline", "from", "to", "count"], &moved)))?;
            }
            print::line(&format!("\noperation {}: {}", p.operation, ending(p, applied, dry_run)))
        }
    }
}

fn ending(preview: &Preview, applied: bool, dry_run: bool) -> &'static str {
    match (preview.new, dry_run, applied) {
        (0, ..) => "nothing new",
        (_, true, _) if preview.takes_away.is_empty() => "a dry run, nothing was changed",
        (_, true, _) => "a dry run, nothing was changed; it must be confirmed, because unfinished cards lose something",
        (_, _, true) => "applied",
        _ => "not applied",
    }
}
