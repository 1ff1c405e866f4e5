//! `photos`: cards that wait for their photo or are on hold for it; looking again; checking one file.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cardline::crypto::keys::Keys;
use cardline::crypto::objects::sha256;
use cardline::limits::PHOTO_BYTES_MAX;
use cardline::photos::renditions::WaitingPhoto;
use cardline::photos::{Declared, PHOTO_FAULTS, Photos, check_and_render, object_key, shown_size};
use cardline::step::driver::drain;
use cardline::step::keys_of;
use cardline::step::set_aside::Resting;
use cardline::time::{local, rfc3339};
use cardline_core::domain::personal_text::looks_personal;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;

use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output};
use super::typed_values::instant;

#[derive(Subcommand)]
pub enum PhotosCommand {
    /// 列出 Cards that wait for their photo or are on hold for it, and why
    List,
    /// 重查 Look again at photos that could not be used; cards whose photo is good now go on
    #[command(after_help = "Example: cardline photos retry 110101-20260105-000000001")]
    Retry(RetryArgs),
    /// 检查 Check a photo file as the account cut will, and say what is wrong with it
    #[command(after_help = "Exit code 3 when the file cannot be used.\nExample: cardline photos check photo.jpg")]
    Check {
        /// A photo
        file: PathBuf,
    },
}

#[derive(Args)]
pub struct RetryArgs {
    /// The photo of one application
    #[arg(value_name = "APPLICATION_ID", required_unless_present = "all")]
    application_id: Option<String>,
    /// Every photo that could not be used
    #[arg(long, conflicts_with = "application_id")]
    all: bool,
    /// The instant the steps see, RFC 3339 [default: now; not taken once there are users]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
}

/// Runs one of the commands.
pub async fn run(context: &Context, command: PhotosCommand) -> anyhow::Result<Exit> {
    match command {
        PhotosCommand::List => {
            let ledger = context.ledger().await?;
            let keys = keys_of(&ledger, &context.key_folder(), context.opening).await?;
            show(context, &keys, &ledger.waiting_photos(None).await?)?;
            Ok(Exit::Ok)
        }
        PhotosCommand::Retry(args) => retry(context, args).await,
        PhotosCommand::Check { file } => check(context, &file),
    }
}

const HEADINGS: &[&str] = &["application", "region", "place", "fault", "object", "again_at", "due_on", "owner"];

fn show(context: &Context, keys: &Keys, waiting: &[WaitingPhoto]) -> anyhow::Result<()> {
    let rows: Vec<Vec<String>> = waiting
        .iter()
        .map(|w| {
            // A key is the authority's; one that looks like a person's number is not shown.
            let key = object_key(keys, (w.message_id, &w.message))
                .map_or_else(|why| format!("({why})"), Option::unwrap_or_default);
            let object = if looks_personal(&key) { "(hidden: looks personal)" } else { &key };
            let again = w.again_at.and_then(|at| Timestamp::from_microsecond(at).ok());
            let again = again.map_or_else(String::new, |at| local(at).strftime("%Y-%m-%d %H:%M").to_string());
            [&w.application_id, &w.region, &w.place, &w.fault, object, &again, &w.due_on, &w.owner]
                .map(str::to_owned)
                .to_vec()
        })
        .collect();
    let document: Vec<serde_json::Value> = waiting
        .iter()
        .zip(&rows)
        .map(|(w, row)| {
            let again = w.again_at.and_then(|at| Timestamp::from_microsecond(at).ok()).map(rfc3339);
            json!({ "application_id": w.application_id, "region": w.region, "place": w.place, "fault": w.fault, "object": row[4],
                "again_at": again, "due_on": w.due_on, "owner": w.owner })
        })
        .collect();
    print::rows(context.output, HEADINGS, &rows, &document)
}

async fn retry(context: &Context, args: RetryArgs) -> anyhow::Result<Exit> {
    let now = context.instant(args.at)?;
    let worker = context.worker(now).await?;
    let asked = worker.ledger.ask_photos_again(args.application_id.as_deref(), now).await?;
    if let (0, Some(id)) = (asked, &args.application_id) {
        let shown = print::visible(id);
        return Err(Usage(format!("{shown} waits for no photo; see `cardline photos list`")).into());
    }
    drain(&Photos, "accounts/photos", &worker, Resting::Try, now).await?;
    let left = worker.ledger.waiting_photos(args.application_id.as_deref()).await?;
    match context.output {
        Output::Json => print::json(&json!({ "photos": asked, "cards_left": left.len() }))?,
        Output::Csv => print::csv(&["photos", "cards_left"], &[vec![asked.to_string(), left.len().to_string()]])?,
        Output::Table if left.is_empty() => print::line(&format!("photos looked at again: {asked}; no card is left"))?,
        Output::Table => {
            print::line(&format!("photos looked at again: {asked}; cards left: {}", left.len()))?;
            show(context, &worker.keys, &left)?;
        }
    }
    Ok(if left.is_empty() { Exit::Ok } else { Exit::Rejected })
}

fn check(context: &Context, path: &Path) -> anyhow::Result<Exit> {
    let open = || path.display().to_string();
    let size = std::fs::metadata(path).with_context(open)?;
    anyhow::ensure!(size.is_file(), "{}: is no file", path.display());
    // One byte more than allowed is enough to be refused.
    let file = if size.len() > PHOTO_BYTES_MAX as u64 { Vec::new() } else { std::fs::read(path).with_context(open)? };
    let (width, height) = shown_size(&file).unwrap_or_default();
    let declared = Declared { object: String::new(), sha256: sha256(&file), bytes: size.len(), width, height };
    let found = if size.len() > PHOTO_BYTES_MAX as u64 {
        Err(cardline::photos::PhotoFault::TooLarge.seen("the file is larger than 8.75 MB"))
    } else {
        check_and_render(&declared, &file)
    };
    let facts = json!({ "bytes": size.len(), "width": width, "height": height, "sha256": declared.sha256 });
    match found {
        Ok(rendered) => {
            let renditions = json!({ "print": rendered.print.len(), "chip": rendered.chip.len() });
            match context.output {
                Output::Json => print::json(&json!({ "usable": true, "file": facts, "rendition_bytes": renditions }))?,
                _ => print::line(&format!(
                    "usable: {width} by {height} pixels, {} bytes; {} bytes for print, {} for the chip",
                    size.len(),
                    rendered.print.len(),
                    rendered.chip.len()
                ))?,
            }
            Ok(Exit::Ok)
        }
        Err(found) => {
            let fix = PHOTO_FAULTS.iter().find(|text| text.fault == found.fault).map_or("", |text| text.fix);
            match context.output {
                Output::Json => {
                    let fault = json!({ "code": found.fault.code(), "seen": found.seen, "fix": fix });
                    print::json(&json!({ "usable": false, "file": facts, "fault": fault }))?;
                }
                _ => print::line(&format!("{found}\nFix: {fix}"))?,
            }
            Ok(Exit::Rejected)
        }
    }
}
