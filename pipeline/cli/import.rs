//! `import`: reference data and opening stock. The same file again changes nothing.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;

use super::context::Context;
use super::import_reference::Table;
use super::outcome::Outcome;
use super::{import_cards, import_reference};
use crate::stages::StageError;
use crate::time::local_date;

/// A table larger than this is no reference data: all regions there ever were are 400 KB.
const TABLE_BYTES_MAX: u64 = 256 * 1024 * 1024;

#[derive(Subcommand)]
pub enum Import {
    /// 行政区划 Regions: code,name,level,valid_from,valid_to,current
    Regions(ImportArgs),
    /// 领卡点 Pickup points: code,name,region,kind, or a list of committees as published
    Points(ImportArgs),
    /// 网点 Bank outlets: code,bank,region,name
    Outlets(ImportArgs),
    /// 工作日历 Working calendar: date,name,is_off_day,weekday
    Calendar(ImportArgs),
    /// 存量卡 Cards made before this system:
    /// card_number,name,id_type,id_number,bank,region,outlet,account,pan,issued_on[,state]
    ///
    /// `state` is `active` or `lost` (formal loss: a replacement may be asked for); without the column every
    /// card is active. The check character of a card number is not judged: some regions reckoned theirs
    /// otherwise.
    Cards {
        /// CSV file
        file: PathBuf,
    },
}

#[derive(Args)]
#[command(after_help = "Example: cardline import calendar holidays-2027.csv --effective 2026-12-01")]
pub struct ImportArgs {
    /// CSV file
    file: PathBuf,
    /// First day on which the lines are in force [default: today]
    #[arg(long, value_name = "DATE")]
    effective: Option<Date>,
}

/// Imports one file.
pub async fn run(context: &Context, command: Import) -> anyhow::Result<Outcome> {
    let (table, args) = match command {
        Import::Regions(args) => (Table::Regions, args),
        Import::Points(args) => (Table::Points, args),
        Import::Outlets(args) => (Table::Outlets, args),
        Import::Calendar(args) => (Table::Calendar, args),
        Import::Cards { file } => return import_cards::run(context, &file).await,
    };
    let effective = args.effective.unwrap_or_else(|| local_date(Timestamp::now()));
    import_reference::run(context, table, &args.file, effective).await
}

/// The file as text; a folder, an empty file or one that is not UTF-8 is an error that says so.
pub fn text(path: &Path) -> anyhow::Result<String> {
    let about = std::fs::metadata(path).map_err(|e| StageError::file(path.display(), e))?;
    if !about.is_file() {
        anyhow::bail!("{} is not a file; give a CSV file", path.display());
    }
    if about.len() > TABLE_BYTES_MAX {
        anyhow::bail!("{} is larger than {TABLE_BYTES_MAX} bytes; split it", path.display());
    }
    let bytes = std::fs::read(path).map_err(|e| StageError::file(path.display(), e))?;
    let text = String::from_utf8(bytes)
        .map_err(|e| anyhow::anyhow!("{}: not UTF-8 from byte {} on", path.display(), e.utf8_error().valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned);
    if text.trim().is_empty() {
        anyhow::bail!("{} is empty; nothing was imported", path.display());
    }
    Ok(text)
}
