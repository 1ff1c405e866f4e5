//! `books`: the conservation laws, checked.

use cardline::books::{LAWS, LawResult};
use clap::Args;
use jiff::Timestamp;

use super::context::Context;
use super::exit::{Exit, Usage};
use super::print;
use super::typed_values::instant;

#[derive(Args)]
#[command(after_help = "Example: cardline books --full --output json")]
pub struct BooksArgs {
    /// Only the law of this number
    #[arg(long, value_name = "N")]
    law: Option<i64>,
    /// Over everything, not only what changed since the last run
    #[arg(long)]
    full: bool,
    /// The instant deadlines are judged at, RFC 3339 [default: now; not taken once there are users]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
}

/// Checks the laws; ends well only when all of them hold.
pub async fn run(context: &Context, args: BooksArgs) -> anyhow::Result<Exit> {
    if let Some(no) = args.law
        && !LAWS.iter().any(|law| law.number == no)
    {
        let last = LAWS.iter().map(|law| law.number).max().unwrap_or(0);
        return Err(Usage(format!("there is no law {no}; the laws are 1 to {last}")).into());
    }
    let report = context.ledger().await?.books(context.instant(args.at)?, args.full, args.law).await?;
    print::rows(context.output, HEADINGS, &rows(&report.books), &report.books)?;
    for law in report.books.iter().filter(|law| !law.holds) {
        for offender in &law.offending {
            print::complain(&format!("law {}: {offender}", law.law));
        }
    }
    Ok(Exit::of(report.hold()))
}

/// Headings of [`rows`].
pub const HEADINGS: &[&str] = &["law", "name", "cases", "holds"];

/// The laws as rows of a table.
pub fn rows(books: &[LawResult]) -> Vec<Vec<String>> {
    let row = |law: &LawResult| {
        let holds = if law.holds { "yes" } else { "NO" };
        vec![law.law.to_string(), law.name.into(), law.cases.to_string(), holds.into()]
    };
    books.iter().map(row).collect()
}
