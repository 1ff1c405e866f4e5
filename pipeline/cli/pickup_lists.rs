//! `pickup list|record|sheet`: lists for points without network, out and back, and sheets to print.

use std::path::{Path, PathBuf};

use cardline::actions::imports::reference_file;
use cardline::actions::pickup::lists::cells::{written, written_as_workbook};
use cardline::actions::pickup::lists::judge::RecordedLine;
use cardline::actions::pickup::lists::make::{PickupList, make_list};
use cardline::actions::pickup::lists::record::{RecordReport, record_list};
use cardline::time::local_date;
use cardline_console::sheet::document;
use clap::Args;
use serde_json::json;

use super::batch_action::Reason;
use super::context::Context;
use super::exit::{Exit, Usage};
use super::new_file::{NewFile, ends_in};
use super::print::{self, Output};
use super::refusals::in_words;

#[derive(Args)]
#[command(
    after_help = "The list tells names but for their first sign masked and the last four signs of numbers; making it is recorded. The point fills in handed_over_on (2026-02-10, 2026年2月10日 or 20260210), by (holder 本人, agent 代办人, guardian 监护人) and shown (id_front 身份证, agent_id_front 代办人身份证, household_head_page 户口簿, household_holder_page 户口簿本人页, birth_certificate 出生医学证明, relation_proof 关系证明). The list is its own template: each line has its control sum, and only such lines can be recorded. Sort whole lines only: whose card a line is, is checked.
Example: cardline pickup list --point 110101001001 --out list.xlsx --reason \"no network on Tuesday\" --as lin"
)]
pub struct ListArgs {
    /// The code of a pickup point or of a bank's outlet
    #[arg(long, value_name = "CODE")]
    point: String,
    /// A file that is not there yet: a workbook (.xlsx) or CSV (.csv); only its owner can read it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only cards after this application id: another list, where one holds too few
    #[arg(long, value_name = "APPLICATION_ID", default_value = "", hide_default_value = true)]
    after: String,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Args)]
#[command(
    after_help = "A page for any browser: print it there. It tells what a list tells, with a code for each card (`trace` finds a card by what the code says); making it is recorded as a list is, and what comes back on paper is filled into a list of the same point as a file, which can be recorded; a sheet itself cannot.
Example: cardline pickup sheet --point 110101001001 --out sheet.html --reason \"hand-over on Tuesday\" --as lin"
)]
pub struct SheetArgs {
    /// The code of a pickup point or of a bank's outlet
    #[arg(long, value_name = "CODE")]
    point: String,
    /// A file that is not there yet; only its owner can read it [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A receipt to sign for each card, too
    #[arg(long)]
    receipts: bool,
    /// Only cards after this application id: another sheet, where one holds too few
    #[arg(long, value_name = "APPLICATION_ID", default_value = "", hide_default_value = true)]
    after: String,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Args)]
#[command(
    after_help = "Whether the file is a workbook is told by its content. Lines are found by list and number, columns by name. A line is refused, with its column, where list, no, application_id and control do not belong together, where holder or number_ends are not those of its card (as when columns were sorted apart), where a cell cannot be read, or where its card is elsewhere; the others are recorded. The columns box and last_day are only for reading. The same file again changes nothing.
A line that is not filled in: still-there, or left where the card is no longer on that shelf.
Exit codes: 0 all lines are as they should be · 3 some were refused, or cards of the list are not in the file
Example: cardline pickup record list.xlsx --reason \"back from the village\" --as lin"
)]
pub struct RecordArgs {
    /// The list as it came back: a workbook (.xlsx), or CSV in UTF-8 or GBK with commas, semicolons or tabs
    file: PathBuf,
    /// Say what would be recorded; change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    reason: Reason,
}

/// Makes a list.
pub async fn list(context: &Context, args: ListArgs) -> anyhow::Result<Exit> {
    let by = args.reason.by(context)?;
    let is_workbook = is_workbook(&args.out)?;
    let worker = context.worker(by.at).await?;
    let file = NewFile::open(&args.out)?;
    let list = make_list(&worker, &args.point, &args.after, by).await.map_err(in_words)?;
    file.write(&if is_workbook {
        written_as_workbook(&list.list, &list.lines)?
    } else {
        written(&list.list, &list.lines)?
    })?;
    let next = "record what comes back with `cardline pickup record FILE`";
    made(context, &list, &args.out, next)
}

/// Whether the file is to be a workbook, by its ending; else it is CSV.
fn is_workbook(out: &Path) -> anyhow::Result<bool> {
    if ends_in(out, "xlsx") || ends_in(out, "csv") {
        return Ok(ends_in(out, "xlsx"));
    }
    let told = match out.as_os_str() == "-" {
        true => "a list tells whose cards they are, and is written to a file of its own: give one that ends in .xlsx or .csv for --out".into(),
        false => format!("{}: a list is a workbook or CSV; give a file that ends in .xlsx or .csv", out.display()),
    };
    Err(Usage(told).into())
}

/// Makes a sheet to print.
pub async fn sheet(context: &Context, args: SheetArgs) -> anyhow::Result<Exit> {
    let by = args.reason.by(context)?;
    let worker = context.worker(by.at).await?;
    let file = args.out.as_deref().map(NewFile::open).transpose()?;
    let list = make_list(&worker, &args.point, &args.after, by).await.map_err(in_words)?;
    let document = document(&list, local_date(by.at), args.receipts)?;
    match (file, &args.out) {
        (Some(file), Some(out)) => {
            file.write(document.as_bytes())?;
            let next = format!(
                "what comes back on paper is filled into a list of the same point: `cardline pickup list --point {} --out list.xlsx`, then `cardline pickup record list.xlsx`",
                list.point
            );
            made(context, &list, out, &next)
        }
        _ => {
            print::raw(document.as_bytes())?;
            Ok(Exit::Ok)
        }
    }
}

/// Tells what was made, and what comes next.
fn made(context: &Context, list: &PickupList, out: &Path, next: &str) -> anyhow::Result<Exit> {
    let PickupList { list: name, point, name: called, lines, further } = list;
    if context.output != Output::Table {
        let document =
            json!({ "list": name, "point": point, "name": called, "cards": lines.len(), "further": further });
        let row = vec![name.clone(), point.clone(), called.clone(), lines.len().to_string()];
        print::rows(context.output, &["list", "point", "name", "cards"], &[row], &document)?;
        return Ok(Exit::Ok);
    }
    print::line(&format!("{} cards of {called} ({point}) are listed in {}", lines.len(), out.display()))?;
    print::line(&format!("list {name}; {next}"))?;
    if let Some(after) = further {
        print::line(&format!("more lie there: make another list with --after {after}"))?;
    }
    Ok(Exit::Ok)
}

/// Records a list that came back.
pub async fn record(context: &Context, args: RecordArgs) -> anyhow::Result<Exit> {
    let by = if args.dry_run { args.reason.previewed(context) } else { args.reason.by(context)? };
    let bytes = reference_file::bytes(&args.file)?;
    let worker = if args.dry_run { context.observer(by.at).await? } else { context.worker(by.at).await? };
    let report = record_list(&worker, &bytes, args.dry_run, by).await.map_err(in_words)?;
    let shown = |line: &&RecordedLine| context.output != Output::Table || line.result != "still-there";
    let row = |line: &RecordedLine| {
        vec![
            line.line.to_string(),
            line.application_id.clone(),
            line.result.into(),
            line.column.clone(),
            line.reason.clone(),
        ]
    };
    let rows: Vec<_> = report.lines.iter().filter(shown).map(row).collect();
    print::rows(context.output, &["line", "application_id", "result", "column", "reason"], &rows, &report)?;
    if context.output == Output::Table {
        let RecordReport { recorded, before, still_there, left, refused, absent, .. } = &report;
        let preview = if args.dry_run { "preview, nothing was changed: " } else { "" };
        print::line(&format!(
            "\n{preview}{recorded} recorded, {before} before, {still_there} still there, {left} left since, {refused} refused, {absent} not in the file"
        ))?;
    }
    Ok(if report.refused + report.absent > 0 { Exit::Rejected } else { Exit::Ok })
}
