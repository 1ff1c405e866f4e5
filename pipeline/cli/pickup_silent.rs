//! `pickup silent`: points of which nothing was heard.

use std::path::PathBuf;

use cardline::actions::pickup::lists::workbook::{Special, workbook};
use cardline::route::distribution::silent::{SILENT_WORKING_DAYS, SilentRow, silent};
use clap::Args;
use jiff::Timestamp;

use super::context::Context;
use super::exit::Exit;
use super::new_file::NewFile;
use super::pickup_place::Place;
use super::print::{self, Output, grouped_digits};
use super::typed_values::{instant, working_days};

#[derive(Args)]
pub struct SilentArgs {
    /// Working days without any event of the point
    #[arg(long, value_name = "WORKING_DAYS", default_value_t = SILENT_WORKING_DAYS, value_parser = working_days::<1>, allow_negative_numbers = true)]
    within: u32,
    /// Count them by district, by street or by point
    #[arg(long, value_enum, default_value = "point")]
    by: Place,
    /// Write the list as a workbook of Excel, to a file that ends in .xlsx and is not there yet, instead of showing it as a table
    #[arg(long, value_name = "FILE")]
    xlsx: Option<PathBuf>,
    /// The instant that counts as now, RFC 3339 [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
}

const HEADINGS: &[&str] = &[
    "area",
    "point",
    "name",
    "points",
    "cards",
    "coming",
    "oldest_on",
    "last_heard_on",
    "due_on",
    "working_days_left",
    "kind",
    "owner",
];

/// Columns of numbers, with which a spreadsheet reckons.
const COUNTS: &[&str] = &["points", "cards", "coming", "working_days_left"];

/// Lists the silent points, those silent for longest first.
pub async fn run(context: &Context, args: SilentArgs) -> anyhow::Result<Exit> {
    let now = context.look_at(args.at);
    let file = args.xlsx.as_deref().map(NewFile::workbook).transpose()?;
    let worker = context.observer(now).await?;
    let rows = silent(&worker, args.within, (args.by.into(), ""), now).await?;
    let lines: Vec<_> = rows.iter().map(line).collect();
    if let Some(file) = file {
        file.write(&workbook(HEADINGS, &lines, Special { counts: COUNTS, ..Special::default() })?)?;
    }
    if args.xlsx.is_none() || context.output != Output::Table {
        print::rows(context.output, HEADINGS, &lines, &rows)?;
    }
    let points: i64 = rows.iter().map(|row| row.points).sum();
    let cards: i64 = rows.iter().map(|row| row.cards + row.coming).sum();
    let mut listed = format!("{} points with {} cards", grouped_digits(points), grouped_digits(cards));
    if args.xlsx.is_some() {
        listed.push_str(&format!(" in {} rows", grouped_digits(rows.len() as i64)));
    }
    print::listed(context.output, args.xlsx.as_deref(), &listed)?;
    Ok(Exit::Ok)
}

fn line(row: &SilentRow) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        row.area.clone(),
        text(&row.point),
        row.name.clone(),
        row.points.to_string(),
        row.cards.to_string(),
        row.coming.to_string(),
        row.oldest_on.clone(),
        text(&row.last_heard_on),
        row.due_on.to_string(),
        row.working_days_left.to_string(),
        row.kind.to_owned(),
        row.owner.to_owned(),
    ]
}
