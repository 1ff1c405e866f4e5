//! `import`: reference data and opening stock. The same file again changes nothing.

use std::path::{Path, PathBuf};

use cardline_core::domain::reference::Table;
use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::context::Context;
use super::outcome::Outcome;
use super::{import_cards, import_list, import_reference};
use crate::actions::imports::reference_file;

#[derive(Subcommand)]
pub enum Import {
    /// 行政区划 Regions: code,name,level,valid_from,valid_to,current and, if need be, successor
    Regions(ImportArgs),
    /// 领卡点 Pickup points: code,name,region,kind and, if need be, closed_on; or a list of committees as published
    Points(ImportArgs),
    /// 网点 Bank outlets: code,bank,region,name and, if need be, closed_on
    Outlets(ImportArgs),
    /// 合作银行 Partner banks: code,name_zh,prefixes,regions and, if need be, closed_on
    ///
    /// Which banks there are and where they serve. How files are exchanged with a partner is its TOML
    /// profile, which is not imported: it lies in the folder named by CARDLINE_PARTNERS.
    #[command(alias = "banks")]
    Partners(ImportArgs),
    /// 工作日历 Working calendar: date,name,is_off_day,weekday. A year is replaced whole
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
    /// 导入记录 Imports of reference data: who, when, which file, what changed
    List,
}

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
    #[arg(long, value_name = "DATE")]
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

/// Imports one file, or lists what was imported.
pub async fn run(context: &Context, command: Import) -> anyhow::Result<Outcome> {
    let (table, args) = match command {
        Import::Regions(args) => (Table::Regions, args),
        Import::Points(args) => (Table::Points, args),
        Import::Outlets(args) => (Table::Outlets, args),
        Import::Partners(args) => (Table::Banks, args),
        Import::Calendar(args) => (Table::Calendar, args),
        Import::Cards { file } => return import_cards::run(context, &file).await,
        Import::List => return import_list::run(context).await,
    };
    import_reference::run(context, table, &args).await
}

/// The file as text; what is no file, or not UTF-8, is an error that says so.
pub fn text(path: &Path) -> anyhow::Result<String> {
    let bytes = reference_file::bytes(path)?;
    let text = reference_file::text(&bytes).map_err(|fault| anyhow::anyhow!("{} {fault}", path.display()))?;
    Ok(text.to_owned())
}
