//! `pickup list|record`: lists for points without network, out and back.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::Context as _;
use cardline::actions::imports::reference_file;
use cardline::actions::pickup::lists::cells::written;
use cardline::actions::pickup::lists::make::{PickupList, make_list};
use cardline::actions::pickup::lists::record::{RecordReport, RecordedLine, record_list};
use clap::Args;
use serde_json::json;

use super::batch_action::Reason;
use super::context::Context;
use super::exit::Exit;
use super::print::{self, Output};
use super::refusals::in_words;

#[derive(Args)]
#[command(
    after_help = "The list tells names but for their first sign masked and the last four signs of numbers; making it is recorded. The point fills in handed_over_on (2026-02-10), by (holder 本人, agent 代办人, guardian 监护人) and shown (id_front 身份证, agent_id_front 代办人身份证, household_head_page 户口簿, household_holder_page 户口簿本人页, birth_certificate 出生医学证明, relation_proof 关系证明).
Example: cardline pickup list --point 110101001001 --out list.csv --reason \"no network on Tuesday\" --as lin"
)]
pub struct ListArgs {
    /// The code of a pickup point or of a bank's outlet
    #[arg(long, value_name = "CODE")]
    point: String,
    /// A file that is not there yet; only its owner can read it
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
    after_help = "Lines are found by list and number, columns by name. A line that was changed, or whose card is elsewhere, is refused with its line and column, and the others are recorded. The same file again changes nothing.
Exit codes: 0 all lines are as they should be · 3 some were refused, or cards of the list are not in the file
Example: cardline pickup record list.csv --reason \"back from the village\" --as lin"
)]
pub struct RecordArgs {
    /// The list as it came back, CSV in UTF-8 or GBK
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
    let worker = context.worker(by.at).await?;
    // First the file, so that no list is recorded as made where nothing can be written.
    let shown = args.out.display();
    let opened = std::fs::File::options().write(true).create_new(true).mode(0o600).open(&args.out);
    let mut file =
        opened.with_context(|| format!("{shown}; give a file that is not there yet, in a folder that is"))?;
    match make_list(&worker, &args.point, &args.after, by).await {
        Ok(list) => {
            let bytes = written(&list.list, &list.lines)?;
            let wrote = file.write_all(&bytes).and_then(|()| file.sync_all());
            if wrote.is_err() {
                let _ = std::fs::remove_file(&args.out);
            }
            wrote.with_context(|| {
                format!("{shown}: the list could not be written and is void; make room, and make another")
            })?;
            made(context, &list, &args.out)
        }
        Err(error) => {
            let _ = std::fs::remove_file(&args.out);
            Err(in_words(error))
        }
    }
}

fn made(context: &Context, list: &PickupList, out: &std::path::Path) -> anyhow::Result<Exit> {
    let PickupList { list: name, point, name: called, lines, further } = list;
    if context.output != Output::Table {
        let document =
            json!({ "list": name, "point": point, "name": called, "cards": lines.len(), "further": further });
        let row = vec![name.clone(), point.clone(), called.clone(), lines.len().to_string()];
        print::rows(context.output, &["list", "point", "name", "cards"], &[row], &document)?;
        return Ok(Exit::Ok);
    }
    print::line(&format!("{} cards of {called} ({point}) are listed in {}", lines.len(), out.display()))?;
    print::line(&format!("list {name}; record what comes back with `cardline pickup record FILE`"))?;
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
        let RecordReport { recorded, before, still_there, refused, absent, .. } = &report;
        let preview = if args.dry_run { "preview, nothing was changed: " } else { "" };
        print::line(&format!(
            "\n{preview}{recorded} recorded, {before} before, {still_there} still there, {refused} refused, {absent} not in the file"
        ))?;
    }
    Ok(if report.refused + report.absent > 0 { Exit::Rejected } else { Exit::Ok })
}
