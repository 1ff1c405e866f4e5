//! `exchange list`: the ledger of files.

use cardline::actions::file_list::{FilePage, MISSING, file_page};
use cardline::exchange::file_list::{FileQuery, ListedFile};
use cardline_core::state_machines::FILE;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use jiff::Timestamp;
use jiff::civil::Date;

use super::context::Context;
use super::exit::Exit;
use super::file_read::known_partner;
use super::print::{self, Output, grouped_digits};
use super::typed_values::{day, instant};

#[derive(Args)]
#[command(
    after_help = "A bank's files are seen by who sees the bank, a bureau's by who sees everything, and none by who sees an area.
Numbers that never came stand first, in the state missing; they are on the first page only.
Examples:
  cardline exchange list --partner ICBC --day 2026-01-06
  cardline exchange list --direction out --state placed --output json"
)]
pub struct ListArgs {
    /// Code of the partner
    #[arg(long, value_name = "CODE")]
    partner: Option<String>,
    /// To the partner, or from it
    #[arg(long, value_parser = ["in", "out"])]
    direction: Option<String>,
    /// The local day on which the ledger learned of the file
    #[arg(long, value_name = "DATE", value_parser = day)]
    day: Option<Date>,
    /// A state of the file's life, or missing; see `cardline states file`
    #[arg(long, value_parser = states())]
    state: Option<String>,
    /// Files shown at most
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Only files after this id: the next page
    #[arg(long, value_name = "ID", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    after: i64,
    /// The instant that counts as now, RFC 3339 [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
}

fn states() -> PossibleValuesParser {
    let known = FILE.states.iter().map(|state| PossibleValue::new(state.code).help(state.meaning));
    let missing = PossibleValue::new(MISSING).help("a number that never came; a later file waits for it");
    known.chain([missing]).collect::<Vec<_>>().into()
}

const HEADINGS: &[&str] = &[
    "id",
    "partner",
    "kind",
    "direction",
    "sequence",
    "rows",
    "sha256",
    "state",
    "due_on",
    "overdue",
    "batch",
    "name",
    "at",
    "reason",
];

/// Prints a page of the list.
pub async fn run(context: &Context, args: ListArgs) -> anyhow::Result<Exit> {
    let now = context.look_at(args.at);
    let worker = context.observer(now).await?;
    let codes = worker.partners.all().map(|partner| partner.profile.code.as_str());
    args.partner.as_deref().map_or(Ok(()), |code| known_partner(codes, code))?;
    let query = FileQuery {
        partner: args.partner.unwrap_or_default(),
        direction: args.direction.unwrap_or_default(),
        state: args.state.unwrap_or_default(),
        day: args.day,
        after: args.after,
        limit: args.limit,
        newest_first: false,
    };
    let page = file_page(&worker, &query, now).await?;
    let rows: Vec<_> = page.files.iter().map(|file| row(file, context.output)).collect();
    print::rows(context.output, HEADINGS, &rows, &page.files)?;
    if context.output == Output::Table {
        print::line(&format!("\n{}", words(&page)))?;
    }
    for folder in &page.unread {
        print::complain(&format!("{folder}; what is missing there is not known"));
    }
    Ok(Exit::Ok)
}

fn row(f: &ListedFile, output: Output) -> Vec<String> {
    let sequence = match (f.sequence, f.last_sequence) {
        (Some(first), Some(last)) if first < last => format!("{first} to {last}"),
        (first, _) => first.map_or_else(String::new, |n| n.to_string()),
    };
    let digest = f.sha256.as_deref().unwrap_or_default();
    // The whole digest is in JSON and CSV; a line of a terminal has room for its beginning.
    let digest = if output == Output::Table { digest.get(..12).unwrap_or(digest) } else { digest };
    let overdue = if f.overdue { "OVERDUE" } else { "" };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        f.id.map_or_else(String::new, |id| id.to_string()),
        f.partner.clone(),
        f.kind.clone(),
        f.direction.clone(),
        sequence,
        f.rows.to_string(),
        digest.to_owned(),
        f.state.clone(),
        text(&f.due_on),
        overdue.to_owned(),
        text(&f.batch),
        text(&f.name),
        text(&f.at),
        text(&f.reason),
    ]
}

fn words(page: &FilePage) -> String {
    let missing = page.files.iter().filter(|file| file.id.is_none()).count();
    let overdue = page.files.iter().filter(|file| file.overdue).count();
    let shown = grouped_digits((page.files.len() - missing) as i64);
    let mut words = format!("{shown} shown of {}; {overdue} overdue, {missing} gaps", grouped_digits(page.all));
    if let Some(next) = page.next {
        words.push_str(&format!("; the next: --after {next}"));
    }
    words
}
