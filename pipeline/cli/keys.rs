//! `keys`: keys of envelopes, ours and our partners'.

use std::path::PathBuf;

use anyhow::Context as _;
use cardline::actions::envelope_keys::{Used, enter, keys_seen, make, revoke, rotate};
use cardline::crypto::envelope_keys::EnvelopeKey;
use cardline_core::file_formats::EnvelopeKind;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::context::Context;
use super::exit::{Exit, Usage};
use super::file_read::known_partner;
use super::new_file::NewFile;
use super::print::{self, Output};
use super::typed_values::instant;

#[derive(Subcommand)]
pub enum KeysCommand {
    /// 列出 Our keys and our partners', each with the time in which it is used
    List,
    /// 新增 Make a key of ours, or enter a partner's
    #[command(
        after_help = "Compare a partner's key with the partner by telephone, by the id that is printed, before it is used.
Examples:
  cardline keys new --kind openpgp --as admin-1
  cardline keys new --kind gm --partner ICBC --file icbc.pem --from 2026-02-01T00:00:00+08:00 --as admin-1"
    )]
    New(NewArgs),
    /// 轮换 Make a new key of ours; the ones before it end some days after it begins
    #[command(after_help = "Give partners the new key before it begins: `cardline keys export ID`.
Example: cardline keys rotate --kind openpgp --from 2026-03-01T00:00:00+08:00 --overlap-days 14 --as admin-1")]
    Rotate(RotateArgs),
    /// 吊销 Revoke a key from an instant on: what it signed since then is held
    #[command(after_help = "Example: cardline keys revoke ID --from 2026-03-05T18:00:00+08:00 --as admin-1")]
    Revoke(RevokeArgs),
    /// 导出 Write a public key for a partner
    #[command(after_help = "Example: cardline keys export ID --out ours.asc")]
    Export(ExportArgs),
}

#[derive(Args)]
pub struct NewArgs {
    /// Kind of envelope
    #[arg(long, value_parser = ["openpgp", "gm"])]
    kind: String,
    /// Code of the partner whose key it is; without it the key is ours
    #[arg(long, value_name = "CODE", requires = "file")]
    partner: Option<String>,
    /// The partner's public key: armored OpenPGP, or PEM of SM2
    #[arg(long, value_name = "FILE", requires = "partner")]
    file: Option<PathBuf>,
    /// From when on it is used, RFC 3339 [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Option<Timestamp>,
    /// Until when it is used [default: until it is changed]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    until: Option<Timestamp>,
}

#[derive(Args)]
pub struct RotateArgs {
    /// Kind of envelope
    #[arg(long, value_parser = ["openpgp", "gm"])]
    kind: String,
    /// From when on the new key is used, RFC 3339
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Timestamp,
    /// Days for which the old ones stay beside it
    #[arg(long, value_name = "N", default_value_t = 14)]
    overlap_days: i64,
}

#[derive(Args)]
pub struct RevokeArgs {
    /// Id of the key
    id: String,
    /// From when on what it signed is held, RFC 3339; the instant at which it may have been lost
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Timestamp,
}

#[derive(Args)]
pub struct ExportArgs {
    /// Id of the key
    id: String,
    /// File that is written; standard output without it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A key as it is printed.
#[derive(Serialize)]
struct Shown {
    id: String,
    /// `us`, or the partner's code.
    of: String,
    kind: &'static str,
    from: String,
    until: Option<String>,
    revoked_from: Option<String>,
    valid: bool,
}

/// Runs one of the commands.
pub async fn run(context: &Context, command: KeysCommand) -> anyhow::Result<Exit> {
    match command {
        KeysCommand::List => list(context).await,
        KeysCommand::New(args) => new(context, args).await,
        KeysCommand::Rotate(args) => {
            let now = context.now();
            let worker = context.worker(now).await?;
            shown(context, &rotate(&worker, kind(&args.kind)?, args.from, args.overlap_days, now).await?, now)
        }
        KeysCommand::Revoke(args) => {
            let now = context.now();
            let worker = context.worker(now).await?;
            shown(context, &[revoke(&worker, &args.id, args.from, now).await?], now)
        }
        KeysCommand::Export(args) => export(context, args).await,
    }
}

fn kind(code: &str) -> anyhow::Result<EnvelopeKind> {
    EnvelopeKind::named(code).ok_or_else(|| Usage(format!("{} is no kind of envelope", print::visible(code))).into())
}

async fn list(context: &Context) -> anyhow::Result<Exit> {
    let now = context.now();
    let worker = context.observer(now).await?;
    let keys = keys_seen(&worker)?;
    shown(context, &keys, now)?;
    if keys.is_empty() && context.output == Output::Table {
        print::line("no key yet: `cardline keys new --kind openpgp` makes one of ours")?;
    }
    Ok(Exit::Ok)
}

async fn new(context: &Context, args: NewArgs) -> anyhow::Result<Exit> {
    let now = context.now();
    let worker = context.worker(now).await?;
    let (kind, used) = (kind(&args.kind)?, Used { from: args.from.unwrap_or(now), until: args.until });
    let key = match (&args.partner, &args.file) {
        (Some(partner), Some(file)) => {
            known_partner(worker.partners.all().map(|known| known.profile.code.as_str()), partner)?;
            let text = std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
            enter(&worker, partner, kind, &text, used, now).await?
        }
        _ => make(&worker, kind, used, now).await?,
    };
    shown(context, &[key], now)
}

fn shown(context: &Context, keys: &[EnvelopeKey], now: Timestamp) -> anyhow::Result<Exit> {
    let show = |key: &EnvelopeKey| Shown {
        id: key.id.clone(),
        of: if key.partner.is_empty() { "us".into() } else { key.partner.clone() },
        kind: key.kind.code(),
        from: key.from.to_string(),
        until: key.until.map(|until| until.to_string()),
        revoked_from: key.revoked_from.map(|from| from.to_string()),
        valid: key.is_valid(now),
    };
    let all: Vec<Shown> = keys.iter().map(show).collect();
    let row = |key: &Shown| {
        let text = |instant: &Option<String>| instant.clone().unwrap_or_default();
        let valid = if key.valid { "now" } else { "" };
        vec![
            key.of.clone(),
            key.kind.into(),
            key.id.clone(),
            key.from.clone(),
            text(&key.until),
            text(&key.revoked_from),
            valid.into(),
        ]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    print::rows(context.output, &["of", "kind", "id", "from", "until", "revoked_from", "valid"], &rows, &all)?;
    Ok(Exit::Ok)
}

async fn export(context: &Context, args: ExportArgs) -> anyhow::Result<Exit> {
    let worker = context.observer(context.now()).await?;
    let key = keys_seen(&worker)?.into_iter().find(|key| key.id == args.id);
    let key =
        key.ok_or_else(|| Usage(format!("no key has the id {}; see `cardline keys list`", print::visible(&args.id))))?;
    match &args.out {
        None => print::line(key.public.trim_end())?,
        Some(path) => NewFile::open(path)?.write(key.public.as_bytes())?,
    }
    Ok(Exit::Ok)
}
