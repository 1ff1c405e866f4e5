//! `quarantine export`: unmasked messages, into a file only its owner can read.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cardline::actions::dual_control::{Wanted, second_person};
use cardline::actions::outcome::ActionError;
use cardline::actions::quarantine::export::{Exported, Wish, export};
use cardline::actions::quarantine::refusal::QuarantineRefusal;
use cardline::crypto::objects::sha256;
use cardline_core::domain::staff::DualControl;
use clap::Args;
use serde_json::json;
use tempfile::NamedTempFile;

use super::approvals::waits;
use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output, grouped_digits};
use super::quarantine_choice::Chosen;
use super::refusals::in_words;
use super::rules_texts::known_code;

#[derive(Args)]
#[command(
    after_help = "More than one message needs a second person, once there are users, and so does every message once you had
alone_a_day (20) opened today: exit code 4, then the same again. One approval is one file; the same again is asked for again.
It is recorded who had which messages, and why, before the file is written. Delete the file when it has
served; corrected, `cardline quarantine retry --from FILE` takes it in again.
Example: cardline quarantine export --code SHAPE --out shape.ndjson --reason \"ticket 12\" --as lin"
)]
pub struct ExportArgs {
    /// Ids of messages, as `list` shows them
    #[arg(value_name = "ID")]
    ids: Vec<i64>,
    /// Reason, or a rule that refused them
    #[arg(long, value_name = "CODE", value_parser = known_code)]
    code: Option<String>,
    #[command(flatten)]
    chosen: Chosen,
    /// File to be written, NDJSON; one that is there already is left alone
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Why; kept encrypted with the operation
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Exports messages.
pub async fn run(context: &Context, args: ExportArgs) -> anyhow::Result<Exit> {
    if args.ids.is_empty() && args.code.is_none() && args.chosen.is_all() {
        return Err(Usage("say which messages: an ID, --code, --outcome, --region or --since".into()).into());
    }
    let reason = args.reason.trim();
    if reason.is_empty() {
        return Err(Usage("say why with --reason TEXT: an export is recorded with its reason".into()).into());
    }
    anyhow::ensure!(std::fs::symlink_metadata(&args.out).is_err(), "{}: is there already", args.out.display());
    let actor = context.who()?;
    let now = context.now();
    let worker = context.worker(now).await?;
    let mut ids = args.ids;
    ids.sort_unstable();
    ids.dedup();
    let selection = args.chosen.selection(ids, args.code);
    // Before anything is recorded: an approval is used once.
    let file = begun(&args.out)?;
    let mut wish = Wish { actor, reason, selection, approval: None };
    let mut exported = export(&worker, &wish, now).await;
    if let Err(ActionError::Refused(QuarantineRefusal::NeedsSecond { id, count })) = &exported {
        let scope = context.scope();
        let wanted = Wanted {
            action: DualControl::BulkExport,
            subject: id,
            request: wish.request(),
            count: *count,
            bank: &scope.bank,
            area: &scope.area,
            reason,
        };
        match waits(context, second_person(&worker, &wanted, now).await?)? {
            Err(outcome) => return Ok(outcome),
            Ok(approval) => wish.approval = approval,
        }
        exported = export(&worker, &wish, now).await;
    }
    let Exported { id, count, bytes } = exported.map_err(in_words)?;
    write(file, &args.out, &bytes)?;
    told(context, &args.out, &id, count, &bytes)
}

/// A file beside the one to be written, readable by its owner alone.
fn begun(path: &Path) -> anyhow::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    NamedTempFile::new_in(folder).with_context(|| path.display().to_string())
}

/// Writes the whole file or none.
fn write(mut file: NamedTempFile, path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let named = || path.display().to_string();
    file.write_all(bytes).with_context(named)?;
    file.as_file().sync_all().with_context(named)?;
    file.persist_noclobber(path).map_err(|error| error.error).with_context(named)?;
    Ok(())
}

fn told(context: &Context, path: &Path, id: &str, count: i64, bytes: &[u8]) -> anyhow::Result<Exit> {
    match context.output {
        Output::Table => print::line(&format!(
            "{} messages in the open in {}; recorded as {id}",
            grouped_digits(count),
            path.display()
        ))?,
        _ => print::json(&json!({ "operation": id, "messages": count, "path": path, "sha256": sha256(bytes) }))?,
    }
    Ok(Exit::Ok)
}
