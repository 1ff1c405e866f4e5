//! `trace`: one card's whole way.

use cardline::books::way::{CardWay, ErasedPerson, WayFile, WayMove, WayOperation, card_way};
use cardline::time::{local, local_date};
use cardline_core::state_machines::{APPLICATION, CARD};
use clap::Args;
use jiff::Timestamp;

use super::context::Context;
use super::exit::Exit;
use super::print::{self, Output};

#[derive(Args)]
#[command(after_help = "Example: cardline trace 110101-20260105-000000001")]
pub struct TraceArgs {
    /// An application id, a card number or a card identifier
    #[arg(value_name = "APPLICATION_ID|CARD")]
    key: String,
}

/// Prints where a card is and how it came there.
pub async fn run(context: &Context, args: TraceArgs) -> anyhow::Result<Exit> {
    let ledger = context.ledger().await?;
    let today = local_date(Timestamp::now());
    let Some(way) = card_way(&ledger, &context.config.data.value, &args.key, today).await? else {
        anyhow::bail!(
            "{} is no application id, card number or card identifier of this database ({})",
            print::visible(&args.key),
            context.config.shown().first().map_or("", |(_, address, _)| address.as_str())
        );
    };
    let moves: Vec<_> = way.moves.iter().map(move_row).collect();
    match context.output {
        Output::Json => print::json(&way)?,
        Output::Csv => print::csv(MOVE_HEADINGS, &moves)?,
        Output::Table => {
            print::line(&header(&way))?;
            print::line(&format!("\n{}", print::table(MOVE_HEADINGS, &moves)))?;
            let files: Vec<_> = way.files.iter().map(file_row).collect();
            if !files.is_empty() {
                print::line(&format!("\n{}", print::table(FILE_HEADINGS, &files)))?;
            }
            let acts: Vec<_> = way.operations.iter().map(operation_row).collect();
            if !acts.is_empty() {
                print::line(&format!("\n{}", print::table(OPERATION_HEADINGS, &acts)))?;
            }
        }
    }
    Ok(Exit::Ok)
}

/// Where it is now in words, whose turn it is, and until when.
fn header(way: &CardWay) -> String {
    let when = if way.due_provisional { " (provisional: that year has no calendar yet)" } else { "" };
    let state = way.state.as_str();
    let life = if way.place.is_some() { &CARD } else { &APPLICATION };
    let meaning = life.state(state).map_or("", |state| state.meaning);
    let card = way.card_number.as_deref().unwrap_or("no number yet");
    let mut lines = vec![
        format!("application {} (revision {}), card {card}", way.application_id, way.revision),
        format!("now         {state}: {meaning}"),
        if way.is_owed() {
            format!("turn        {}, due on {}{when}", way.owner, way.due_on)
        } else {
            format!("turn        {}; nothing is due", way.owner)
        },
        format!("promise     ready on {} at the latest", way.promise_on),
        format!("functions   social {}, account {}", way.social, way.account),
    ];
    if !way.point.is_empty() {
        lines.push(format!("collected   at {}", way.point));
    }
    lines.extend(way.counted_in_city.iter().map(|count| {
        format!("city        {}, {} of {} cards counted", shown_instant(&count.at), count.counted, count.expected)
    }));
    lines.extend(way.mailed.iter().map(|mailed| {
        format!("mailed      {}, by {} under {}", shown_instant(&mailed.at), mailed.carrier, mailed.tracking)
    }));
    let found = way.findings.iter().map(|f| format!("finding     {} {} {}", f.severity, f.rule, f.field));
    lines.extend(found);
    lines.extend(way.photo_fault.iter().map(|fault| format!("photo       {fault}")));
    if let Some(ErasedPerson { at, ground }) = &way.erased {
        let at = shown_instant(at);
        lines.push(format!("erased      {at}, on the ground {ground}: every record was destroyed"));
    }
    lines.join("\n")
}

const MOVE_HEADINGS: &[&str] = &["at", "life", "from", "to", "by", "reason", "with"];

fn shown_instant(at: &str) -> String {
    at.parse::<Timestamp>().map_or_else(|_| at.to_owned(), |at| local(at).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

const OPERATION_HEADINGS: &[&str] = &["at", "act", "by", "operation", "message"];

fn operation_row(operation: &WayOperation) -> Vec<String> {
    let id = operation.operation.clone().unwrap_or_default();
    vec![shown_instant(&operation.at), operation.what.clone(), operation.by.clone(), id, operation.message.to_string()]
}

fn move_row(m: &WayMove) -> Vec<String> {
    let at = shown_instant(&m.at);
    let from = if m.from.is_empty() { "(begin)" } else { &m.from };
    [&at, &m.life, from, &m.to, &m.by, &m.reason, &m.with].map(str::to_owned).to_vec()
}

const FILE_HEADINGS: &[&str] = &["partner", "kind", "direction", "sequence", "row", "rows", "file"];

fn file_row(f: &WayFile) -> Vec<String> {
    let sequence = f.sequence.map_or_else(String::new, |n| n.to_string());
    let (row, rows) = (f.row.to_string(), f.rows.to_string());
    [&f.partner, &f.kind, &f.direction, &sequence, &row, &rows, &f.path].map(|cell: &String| cell.clone()).to_vec()
}
