//! `import`: reference data and opening stock. The same file again changes nothing.

use std::path::PathBuf;

use cardline_core::domain::reference::Table;
use clap::Subcommand;

use super::context::Context;
use super::exit::Exit;
use super::import_reference::ImportArgs;
use super::{import_cards, import_list, import_reference};

#[derive(Subcommand)]
pub enum Import {
    /// 行政区划 Regions: code,name,level,valid_from,valid_to,current and, if need be, successor
    Regions(ImportArgs),
    /// 领卡点 Pickup points: code,name,region,kind and, if need be, closed_on, street, hours, capacity (cards its
    /// shelves hold), phone, address; or a list of committees as published
    Points(ImportArgs),
    /// 网点 Bank outlets: code,bank,region,name and, if need be, closed_on, hours, capacity, phone, address
    Outlets(ImportArgs),
    /// 照相馆 Authorised photo studios: code,name,region,address and, if need be, closed_on, hours, phone
    Studios(ImportArgs),
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

/// Imports one file, or lists what was imported.
pub async fn run(context: &Context, command: Import) -> anyhow::Result<Exit> {
    let (table, args) = match command {
        Import::Regions(args) => (Table::Regions, args),
        Import::Points(args) => (Table::Points, args),
        Import::Outlets(args) => (Table::Outlets, args),
        Import::Studios(args) => (Table::Studios, args),
        Import::Partners(args) => (Table::Banks, args),
        Import::Calendar(args) => (Table::Calendar, args),
        Import::Cards { file } => return import_cards::run(context, &file).await,
        Import::List => return import_list::run(context).await,
    };
    import_reference::run(context, table, &args).await
}
