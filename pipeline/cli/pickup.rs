//! `pickup waiting|due|overdue|forecast`: what waits at the points, whose day comes, whose has passed, and what will come.
//! Points that tell nothing: `pickup_silent.rs`; what is done to windows: `pickup_windows.rs`; lists: `pickup_lists.rs`.

use std::path::PathBuf;

use cardline::actions::pickup::lists::workbook::{Special, workbook};
use cardline::books::figures::listed;
use cardline::route::distribution::forecast::{PointForecast, forecast};
use cardline::route::distribution::pickup::{PickupRow, due_within, one_by_one};
use cardline::route::distribution::pickup_cards::Asked;
use cardline::step::Worker;
use cardline::time::{local, local_date};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;

use super::context::Context;
use super::exit::Exit;
use super::new_file::NewFile;
use super::pickup_lists::{self, ListArgs, RecordArgs, SheetArgs};
use super::pickup_place::Place;
use super::pickup_reassign::{self, ReassignArgs};
use super::pickup_silent::{self, SilentArgs};
use super::pickup_windows::{self, CloseArgs, ExtendArgs, OpenArgs};
use super::print::{self, Output, grouped_digits};
use super::typed_values::{instant, working_days};

#[derive(Subcommand)]
pub enum Pickup {
    /// 待领 What waits where, and for how many days
    #[command(after_help = "Example: cardline pickup waiting --by district")]
    Waiting(ShownBy),
    /// 到期 Cards whose pickup window ends within so many working days
    #[command(after_help = "Example: cardline pickup due --within 3 --by street")]
    Due {
        /// Working days from today
        #[arg(long, value_name = "WORKING_DAYS", default_value_t = 7, value_parser = working_days::<0>, allow_negative_numbers = true)]
        within: u32,
        #[command(flatten)]
        shown: ShownBy,
    },
    /// 逾期 Cards past the day of their window, of the unit that hands them out, of their way back, or promised to their holder
    #[command(after_help = "Kinds: window, unit, mail, missing, recall, return, activation, promise.
Example: cardline pickup overdue --cards --output csv")]
    Overdue(ShownBy),
    /// 失联 Points where cards lie or to which cartons were sent, and of which nothing was heard for so many working days
    #[command(
        after_help = "A point is heard of when it counts a carton, or a card of its shelf is collected, sent by mail, missing or found.
Example: cardline pickup silent --within 15 --by district"
    )]
    Silent(SilentArgs),
    /// 预测 What comes to each point within four weeks, and the shelf space it needs if nobody collects anything
    #[command(after_help = "A card that is not made yet is reckoned by the day promised to its holder.
Example: cardline pickup forecast --output csv")]
    Forecast {
        /// The instant that counts as now, RFC 3339 [default: now]
        #[arg(long, value_name = "INSTANT", value_parser = instant)]
        at: Option<Timestamp>,
    },
    /// 开放 Open windows by a notice with a fixed last day, for what lies at a point or in an area
    Open(OpenArgs),
    /// 顺延 Let open windows end some working days later
    Extend(ExtendArgs),
    /// 提前截止 Let open windows end earlier than people were told
    Close(CloseArgs),
    /// 改派 Hand a point on to another: all that is there, on its way there or would come there
    Reassign(ReassignArgs),
    /// 清单 A list of what lies on the shelf of a point, for a day without network
    List(ListArgs),
    /// 登记 Record what a point handed over, from the list that came back
    Record(RecordArgs),
    /// 签收表 The same list as a sheet to print, for signatures
    Sheet(SheetArgs),
}

#[derive(Args)]
pub struct ShownBy {
    /// Count them by district, by street or by point
    #[arg(long, value_enum, default_value = "point")]
    by: Place,
    /// List single cards by application id
    #[arg(long, conflicts_with = "by")]
    cards: bool,
    /// Single cards shown at most
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..=10_000), requires = "cards")]
    limit: i64,
    /// Only single cards after this application id: the next page
    #[arg(long, value_name = "APPLICATION_ID", requires = "cards")]
    after: Option<String>,
    /// Write the list as a workbook of Excel, to a file that ends in .xlsx and is not there yet, instead of showing it as a table
    #[arg(long, value_name = "FILE")]
    xlsx: Option<PathBuf>,
    /// The instant that counts as now, RFC 3339 [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
}

/// Runs one of the commands.
pub async fn run(context: &Context, command: Pickup) -> anyhow::Result<Exit> {
    match command {
        Pickup::Waiting(shown) => list(context, &shown, |_, _| Asked::Waiting).await,
        Pickup::Due { within, shown } => list(context, &shown, |worker, today| due_within(worker, today, within)).await,
        Pickup::Overdue(shown) => list(context, &shown, |_, today| Asked::Overdue { today }).await,
        Pickup::Silent(args) => pickup_silent::run(context, args).await,
        Pickup::Forecast { at } => tell_forecast(context, at).await,
        Pickup::Open(args) => pickup_windows::open(context, args).await,
        Pickup::Close(args) => pickup_windows::close(context, args).await,
        Pickup::Reassign(args) => pickup_reassign::run(context, args).await,
        Pickup::Extend(args) => pickup_windows::extend(context, args).await,
        Pickup::List(args) => pickup_lists::list(context, args).await,
        Pickup::Record(args) => pickup_lists::record(context, args).await,
        Pickup::Sheet(args) => pickup_lists::sheet(context, args).await,
    }
}

async fn list(context: &Context, shown: &ShownBy, asked: impl Fn(&Worker, Date) -> Asked) -> anyhow::Result<Exit> {
    let now = context.look_at(shown.at);
    let file = shown.xlsx.as_deref().map(NewFile::workbook).transpose()?;
    let worker = context.observer(now).await?;
    let asked = asked(&worker, local_date(now));
    let rows = rows(&worker, asked, shown, now).await?;
    let lines: Vec<_> = rows.iter().map(|row| line(row, shown.cards)).collect();
    let headings = headings(asked, shown.cards);
    if let Some(file) = file {
        file.write(&workbook(&headings, &lines, Special { counts: COUNTS, ..Special::default() })?)?;
    }
    if shown.xlsx.is_none() || context.output != Output::Table {
        print::rows(context.output, &headings, &lines, &rows)?;
    }
    ended(context, shown, &rows)?;
    if let Some(at) = rows.first().and_then(|row| row.counted_at) {
        print::complain(&format!("counted at {}; --cards reads what is so now", local(at).strftime("%Y-%m-%d %H:%M")));
    }
    Ok(Exit::Ok)
}

/// How much was listed, where, and how to go on: below a table, else beside the list.
fn ended(context: &Context, shown: &ShownBy, rows: &[PickupRow]) -> anyhow::Result<()> {
    let cards: i64 = rows.iter().map(|row| row.cards).sum();
    let is_full = shown.cards && rows.len() as i64 == shown.limit;
    let next = rows.last().and_then(|row| row.application_id.as_ref()).filter(|_| is_full);
    let after = next.map_or_else(String::new, |last| format!("; the next: --after {last}"));
    let listed = format!("{} cards in {} rows{after}", grouped_digits(cards), grouped_digits(rows.len() as i64));
    if next.is_some() && shown.xlsx.is_none() && context.output != Output::Table {
        print::complain(&format!("there may be more than these {listed}"));
    }
    print::listed(context.output, shown.xlsx.as_deref(), &listed)
}

async fn rows(worker: &Worker, asked: Asked, shown: &ShownBy, now: Timestamp) -> anyhow::Result<Vec<PickupRow>> {
    if shown.cards {
        let after = shown.after.as_deref().unwrap_or_default();
        return Ok(one_by_one(worker, asked, after, shown.limit, now).await?);
    }
    Ok(listed(worker, asked, shown.by.into(), now).await?)
}

async fn tell_forecast(context: &Context, at: Option<Timestamp>) -> anyhow::Result<Exit> {
    let now = context.look_at(at);
    let points = forecast(&context.observer(now).await?, now).await?;
    let weeks = points.first().map(|point| point.weeks).into_iter().flatten();
    let weeks: Vec<String> = weeks.map(|week| format!("to {}", week.to)).collect();
    let headings = ["area", "point", "name", "waiting"].into_iter().chain(weeks.iter().map(String::as_str));
    let headings: Vec<&str> = headings.chain(["later", "shelf", "capacity", "full by"]).collect();
    let line = |point: &PointForecast| {
        let mut line = vec![point.area.clone(), point.point.clone(), point.name.clone(), point.waiting.to_string()];
        line.extend(point.weeks.iter().map(|week| week.arrivals.to_string()));
        line.push(point.later.to_string());
        line.push(point.weeks.last().map_or(point.waiting, |week| week.shelf).to_string());
        line.push(point.capacity.map_or("unknown".into(), |cards| cards.to_string()));
        line.push(point.full_by.map(|day| day.to_string()).unwrap_or_default());
        line
    };
    print::rows(context.output, &headings, &points.iter().map(line).collect::<Vec<_>>(), &points)?;
    Ok(Exit::Ok)
}

/// Columns of numbers, with which a spreadsheet reckons.
const COUNTS: &[&str] = &["cards", "working_days_left", "0-7 days", "8-15", "16-30", "over 30"];

fn headings(asked: Asked, cards: bool) -> Vec<&'static str> {
    let mut headings =
        vec!["area", "point", "name", "cards", "oldest_on", "due_on", "working_days_left", "kind", "owner"];
    if cards {
        headings.insert(0, "application_id");
    }
    if asked == Asked::Waiting {
        headings.extend(["0-7 days", "8-15", "16-30", "over 30"]);
    }
    headings
}

fn line(row: &PickupRow, cards: bool) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut line = vec![
        row.area.clone(),
        text(&row.point),
        row.name.clone(),
        row.cards.to_string(),
        text(&row.oldest_on),
        row.due_on.clone(),
        row.working_days_left.to_string(),
        row.kind.to_owned(),
        row.owner.clone(),
    ];
    if cards {
        line.insert(0, text(&row.application_id));
    }
    if let Some(ages) = row.ages {
        let bands = [ages.age_0_7, ages.age_8_15, ages.age_16_30, ages.age_over_30];
        line.extend(bands.map(|cards| cards.to_string()));
    }
    line
}
