//! `cases list`: what waits for a decision.

use cardline::actions::cases::list::{ListedCase, case_page};
use cardline::cases::case_list::{CaseQuery, KINDS};
use clap::Args;
use clap::builder::PossibleValuesParser;
use jiff::Timestamp;

use super::context::Context;
use super::exit::Exit;
use super::print::{self, Output, grouped_digits};
use super::typed_values::instant;

#[derive(Args)]
pub struct ListArgs {
    /// Only cases of a kind
    #[arg(long, value_parser = PossibleValuesParser::new(KINDS))]
    kind: Option<String>,
    /// Only a bank's
    #[arg(long, value_name = "CODE")]
    bank: Option<String>,
    /// Only of a region, or of those whose codes begin so
    #[arg(long, value_name = "DIGITS")]
    area: Option<String>,
    /// Also what is decided or overtaken
    #[arg(long)]
    all: bool,
    /// Cases shown at most
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// The instant that counts as now, RFC 3339 [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
}

/// Columns of the list.
pub const HEADINGS: &[&str] = &[
    "number",
    "kind",
    "state",
    "due_on",
    "working_days_left",
    "age_days",
    "owner",
    "cards",
    "application_id",
    "partner",
    "bank",
    "area",
    "reason",
];

/// Prints the list.
pub async fn run(context: &Context, args: ListArgs) -> anyhow::Result<Exit> {
    let now = context.look_at(args.at);
    let worker = context.observer(now).await?;
    let text = |text: Option<String>| text.unwrap_or_default();
    let (kind, bank, area) = (text(args.kind), text(args.bank), text(args.area));
    let page = case_page(&worker, &CaseQuery { kind, bank, area, all: args.all, limit: args.limit }, now).await?;
    let rows: Vec<_> = page.cases.iter().map(row).collect();
    print::rows(context.output, HEADINGS, &rows, &page.cases)?;
    if context.output == Output::Table {
        let shown = grouped_digits(page.cases.len() as i64);
        print::line(&format!("\n{shown} shown of {}", grouped_digits(page.all)))?;
    }
    Ok(Exit::Ok)
}

/// One line of the list.
pub fn row(case: &ListedCase) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        case.number.to_string(),
        case.kind.clone(),
        case.state.clone(),
        case.due_on.clone(),
        case.working_days_left.to_string(),
        case.age_days.to_string(),
        case.owner.clone(),
        case.cards.to_string(),
        text(&case.application_id),
        text(&case.partner),
        case.bank.clone(),
        case.area.clone(),
        case.reason.clone(),
    ]
}
