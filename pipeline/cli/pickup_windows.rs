//! `pickup open|extend|close`: pickup windows opened by a notice with a fixed last day, extended or closed; previewed
//! first.

use cardline::actions::pickup::days::WindowChange;
use cardline::actions::pickup::refusal::{LeftOut, PickupRefusal};
use cardline::actions::pickup::take_over::CannotTakeOver;
use cardline::actions::pickup::windows::{Ask, WindowReport, WindowRow, asks_second, move_windows};
use clap::Args;
use jiff::civil::Date;

use super::approvals::waits;
use super::batch_action::Reason;
use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output, grouped_digits};
use super::refusals::{InWords, in_words};
use super::typed_values::{day, working_days};

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Where {
    /// The code of a pickup point or of a bank's outlet
    #[arg(long, value_name = "CODE")]
    point: Option<String>,
    /// The digits of an area: 2 of a province, 4 of a city, 6 of a district, 9 of a street
    #[arg(long, value_name = "DIGITS")]
    area: Option<String>,
}

#[derive(Args)]
pub struct Confirmed {
    /// Show what it touches; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Carry out exactly this operation, as previewed
    #[arg(long, value_name = "OPERATION", conflicts_with = "dry_run")]
    pub confirm: Option<String>,
    #[command(flatten)]
    pub reason: Reason,
}

#[derive(Args)]
#[command(
    after_help = "Opens what was received and not opened yet, and lets open windows end on that day, which a new calendar does not move. A window that ends later stays. Nothing is closed earlier.
Examples:
  cardline pickup open --area 110101 --until 2026-07-31 --dry-run
  cardline pickup open --area 110101 --until 2026-07-31 --confirm OPERATION --reason \"notice of the district\" --as lin"
)]
pub struct OpenArgs {
    #[command(flatten)]
    place: Where,
    /// Last day of the windows, inclusive
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Date,
    #[command(flatten)]
    confirmed: Confirmed,
}

#[derive(Args)]
#[command(after_help = "Open windows end so many working days later; one that has ended, so many after today.
Examples:
  cardline pickup extend --point 110101001001 --days 5 --dry-run
  cardline pickup extend --point 110101001001 --days 5 --confirm OPERATION --reason \"road closed\" --as lin")]
pub struct ExtendArgs {
    #[command(flatten)]
    place: Where,
    /// Working days by which windows are extended
    #[arg(long, value_name = "WORKING_DAYS", value_parser = working_days::<1>, allow_negative_numbers = true)]
    days: u32,
    #[command(flatten)]
    confirmed: Confirmed,
}

#[derive(Args)]
#[command(
    after_help = "Open windows end on that day, which a new calendar does not move; what is not collected then goes on as after every window. A second person must approve it.
Examples:
  cardline pickup close --point 110101001001 --last 2026-03-06 --dry-run
  cardline pickup close --point 110101001001 --last 2026-03-06 --confirm OPERATION --reason \"the hall is needed\" --as lin"
)]
pub struct CloseArgs {
    #[command(flatten)]
    place: Where,
    /// Last day of the windows, inclusive: tomorrow or later
    #[arg(long, value_name = "DATE", value_parser = day)]
    last: Date,
    #[command(flatten)]
    confirmed: Confirmed,
}

/// Opens windows by a notice, or previews it.
pub async fn open(context: &Context, args: OpenArgs) -> anyhow::Result<Exit> {
    run(context, &args.place, WindowChange::Open { until: args.until }, &args.confirmed).await
}

/// Extends windows, or previews it.
pub async fn extend(context: &Context, args: ExtendArgs) -> anyhow::Result<Exit> {
    run(context, &args.place, WindowChange::Extend { working_days: args.days }, &args.confirmed).await
}

/// Closes windows earlier, or previews it.
pub async fn close(context: &Context, args: CloseArgs) -> anyhow::Result<Exit> {
    run(context, &args.place, WindowChange::Close { last: args.last }, &args.confirmed).await
}

async fn run(context: &Context, place: &Where, change: WindowChange, confirmed: &Confirmed) -> anyhow::Result<Exit> {
    let place = place.point.as_ref().or(place.area.as_ref()).map_or("", String::as_str);
    let ask = Ask { place, change, confirm: confirmed.confirm.as_deref(), dry_run: confirmed.dry_run };
    if !ask.dry_run && ask.confirm.is_none() {
        return Err(Usage("preview it with --dry-run, then confirm the operation with --confirm".into()).into());
    }
    let report = if ask.dry_run {
        let by = confirmed.reason.previewed(context);
        move_windows(&context.observer(by.at).await?, ask, by).await
    } else {
        let mut by = confirmed.reason.by(context)?;
        let worker = context.worker(by.at).await?;
        match waits(context, asks_second(&worker, ask, by).await.map_err(in_words)?)? {
            Err(outcome) => return Ok(outcome),
            Ok(approval) => by.approval = approval,
        }
        move_windows(&worker, ask, by).await
    };
    told(context, &report.map_err(in_words)?)
}

fn told(context: &Context, report: &WindowReport) -> anyhow::Result<Exit> {
    let rows: Vec<_> = report.windows.iter().map(line).collect();
    let headings = ["point", "name", "from", "to", "remark", "shipments", "cards"];
    if context.output != Output::Table {
        print::rows(context.output, &headings, &rows, report)?;
        return Ok(Exit::Ok);
    }
    if !rows.is_empty() {
        print::rows(context.output, &headings, &rows, report)?;
    }
    let touched = format!(
        "{} points, {} shipments, {} cards of {} people",
        grouped_digits(report.points),
        grouped_digits(report.shipments),
        grouped_digits(report.cards),
        grouped_digits(report.people)
    );
    let left = left_words(&report.left_out);
    if !rows.is_empty() && !left.is_empty() {
        print::line(&format!("\nnot moved: {left}"))?;
    }
    print::line(&match (report.dry_run, report.done) {
        (true, _) => format!(
            "\npreview: {touched}; nothing was changed; to carry it out: the same with --confirm {} for --dry-run{}",
            report.operation,
            if report.second_person { "; a second person must approve it" } else { "" }
        ),
        (_, true) => format!("\ndone: {touched}"),
        _ => format!("it was carried out before: {touched}; nothing was changed now"),
    })?;
    Ok(Exit::Ok)
}

fn left_words(left: &LeftOut) -> String {
    let parts = [
        (left.empty, "nothing of them is left there"),
        (left.unopened, "received, with no window to extend yet"),
        (left.disputed, "not as they were shipped, so that a case must be decided first"),
        (left.later, "open until that day or later"),
        (left.earlier, "they end on that day anyway, or earlier"),
        (left.shared, "with cards in them that you do not see"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, why)| format!("{count} shipments: {why}")).collect::<Vec<_>>().join("; ")
}

fn line(row: &WindowRow) -> Vec<String> {
    let remark = match (row.provisional, row.day_off) {
        (true, _) => "no calendar of that year yet",
        (_, true) => "a day off",
        _ => "",
    };
    vec![
        row.point.clone(),
        row.name.clone(),
        row.from.clone().unwrap_or_default(),
        row.to.clone(),
        remark.into(),
        row.shipments.to_string(),
        row.cards.to_string(),
    ]
}

impl InWords for PickupRefusal {
    fn words(&self) -> String {
        match self {
            PickupRefusal::NoSuchPlace { place } => format!(
                "no area or point within what you see has the code {place}; see `cardline pickup waiting` for those where cards lie"
            ),
            PickupRefusal::DayPassed { day } => format!("{day} is over; name today or a later day"),
            PickupRefusal::TooSoon { day } => format!("{day} is today; the last day of a window is tomorrow or later"),
            PickupRefusal::TooFar { day } => format!("{day} is more than a year ahead; look at the year again"),
            PickupRefusal::TooMany { most } => {
                format!("more than {} shipments lie there; choose a smaller area", grouped_digits(*most))
            }
            PickupRefusal::NothingMoves { place, left_out } => {
                let left = left_words(left_out);
                let left = if left.is_empty() { "nothing lies there".into() } else { left };
                format!("no window at {place} would move: {left}; see `cardline pickup waiting`")
            }
            PickupRefusal::Unconfirmed { cards } => format!(
                "{} cards: preview it with --dry-run, then confirm the operation with --confirm",
                grouped_digits(*cards)
            ),
            PickupRefusal::NothingOnShelf { point } => {
                format!("no card on the shelf of {point} that you see; see `cardline pickup waiting`")
            }
            PickupRefusal::NoList(fault) => format!("this is no list as `cardline pickup list` makes it: {fault}"),
            PickupRefusal::NoSuchList { list } => {
                format!("no list {list} was made for a point that you see; export one with `cardline pickup list`")
            }
            PickupRefusal::NothingToHandOn { point } => {
                format!("no card is at {point} or comes there within what you see; see `cardline pickup forecast`")
            }
            PickupRefusal::CardsOfOthers { point } => {
                format!("cards that you do not see are at {point}, too; somebody who sees all of them hands it on")
            }
            PickupRefusal::TooManyCards { most } => {
                format!(
                    "more than {} cards are there or come there; ask whoever runs the system",
                    grouped_digits(*most)
                )
            }
            PickupRefusal::CannotTakeOver { to, why } => format!("{to} cannot take over: {}", why_not(why)),
            PickupRefusal::NeedsSecond { id } => format!("a second person must approve {id}; give the command again"),
            PickupRefusal::OtherOperation { id } => format!(
                "{id} is not what would be done now: something was opened, moved, received or handed out since, or another thing was asked for; preview it again with --dry-run"
            ),
        }
    }

    fn is_usage(&self) -> bool {
        matches!(self, PickupRefusal::Unconfirmed { .. } | PickupRefusal::OtherOperation { .. })
    }
}

fn why_not(why: &CannotTakeOver) -> String {
    match why {
        CannotTakeOver::Itself => "it is the same point".into(),
        CannotTakeOver::Closed => "it has closed, or is neither a pickup point nor an outlet".into(),
        CannotTakeOver::OutletIsOpen => {
            "the outlet that hands out is open, and hands out what it opened itself; import the list in which it ends first"
                .into()
        }
        CannotTakeOver::OtherSort => {
            "cards of a pickup point go to a pickup point, those of an outlet to an outlet of the same bank".into()
        }
        CannotTakeOver::TooFar { region } => {
            format!("it lies farther off than the policy of {region} allows; choose a nearer one")
        }
    }
}
