//! `trace`: one card's whole way.

use std::path::Path;

use cardline::books::trace::{Trace, TracedFile, TracedMove};
use cardline::quarantine::operation_record::TracedOperation;
use cardline::reference::tables::calendar_on;
use cardline::time::{local, local_date, rfc3339_stored};
use cardline_core::domain::calendar::Calendar;
use cardline_core::state_machines::{APPLICATION, CARD, Standing};
use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

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

/// The whole way, as scripts see it.
#[derive(Serialize)]
struct Document {
    application_id: String,
    card_number: Option<String>,
    /// The card's place; before there is a card, the application's state.
    state: String,
    application: String,
    social: String,
    account: String,
    revision: i64,
    promise_on: String,
    due_on: String,
    /// The day was reckoned in a year that has no calendar yet.
    due_provisional: bool,
    owner: String,
    /// The person was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    erased: Option<ErasedPerson>,
    findings: Vec<Found>,
    /// Why its photo cannot be used, or not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    photo_fault: Option<String>,
    moves: Vec<Moved>,
    files: Vec<Filed>,
    acts: Vec<ShownOperation>,
}

#[derive(Serialize)]
struct ErasedPerson {
    at: String,
    ground: String,
}

#[derive(Serialize)]
struct Found {
    rule: String,
    field: String,
    severity: String,
}

#[derive(Serialize)]
struct Moved {
    at: String,
    from: String,
    to: String,
    by: String,
    reason: String,
    life: String,
    with: String,
}

/// What was done to one of its messages in the quarantine.
#[derive(Serialize)]
struct ShownOperation {
    at: String,
    what: String,
    by: String,
    operation: Option<String>,
    message: i64,
}

#[derive(Serialize)]
struct Filed {
    partner: String,
    kind: String,
    direction: String,
    sequence: Option<i64>,
    rows: i64,
    sha256: String,
    path: String,
    row: i64,
}

/// Prints where a card is and how it came there.
pub async fn run(context: &Context, args: TraceArgs) -> anyhow::Result<Exit> {
    let ledger = context.ledger().await?;
    let Some(trace) = ledger.trace(&args.key).await? else {
        anyhow::bail!(
            "{} is no application id, card number or card identifier of this database ({})",
            print::visible(&args.key),
            context.config.shown().first().map_or("", |(_, address, _)| address.as_str())
        );
    };
    let provisional = is_provisional(&trace, &calendar_on(&ledger, local_date(Timestamp::now())).await?);
    let erased =
        ledger.erased(&trace.application_id).await?.map(|(at, ground)| ErasedPerson { at: rfc3339_stored(at), ground });
    let mut words = header(&trace, provisional);
    let document = Document { erased, ..document(trace, provisional, &context.config.data.value) };
    if let Some(ErasedPerson { at, ground }) = &document.erased {
        words.push_str(&format!(
            "\nerased      {}, on the ground {ground}: every record was destroyed",
            shown_instant(at)
        ));
    }
    let moves: Vec<_> = document.moves.iter().map(move_row).collect();
    match context.output {
        Output::Json => print::json(&document)?,
        Output::Csv => print::csv(MOVE_HEADINGS, &moves)?,
        Output::Table => {
            print::line(&words)?;
            print::line(&format!("\n{}", print::table(MOVE_HEADINGS, &moves)))?;
            let files: Vec<_> = document.files.iter().map(file_row).collect();
            if !files.is_empty() {
                print::line(&format!("\n{}", print::table(FILE_HEADINGS, &files)))?;
            }
            let acts: Vec<_> = document.acts.iter().map(operation_row).collect();
            if !acts.is_empty() {
                print::line(&format!("\n{}", print::table(OPERATION_HEADINGS, &acts)))?;
            }
        }
    }
    Ok(Exit::Ok)
}

/// Whether the day rests on a year without a calendar. The promise counts natural days and never does.
fn is_provisional(trace: &Trace, calendar: &Calendar) -> bool {
    let due: Option<Date> = trace.due_on.parse().ok();
    trace.due_on != trace.promise_on && due.is_some_and(|due| calendar.is_working_day(due).provisional)
}

/// Where it is now in words, whose turn it is, and until when.
fn header(trace: &Trace, provisional: bool) -> String {
    let when = if provisional { " (provisional: that year has no calendar yet)" } else { "" };
    let state = trace.place.as_deref().unwrap_or(&trace.state);
    let life = if trace.place.is_some() { &CARD } else { &APPLICATION };
    let meaning = life.state(state).map_or("", |state| state.meaning);
    let card = trace.card_number.as_deref().unwrap_or("no number yet");
    let mut lines = vec![
        format!("application {} (revision {}), card {card}", trace.application_id, trace.revision),
        format!("now         {state}: {meaning}"),
        match life.state(state).map(|state| state.standing) {
            Some(Standing::Under) => format!("turn        {}, due on {}{when}", trace.owner, trace.due_on),
            _ => format!("turn        {}; nothing is due", trace.owner),
        },
        format!("promise     ready on {} at the latest", trace.promise_on),
        format!("functions   social {}, account {}", trace.social, trace.account),
    ];
    let found = trace.findings.iter().map(|(rule, field, severity)| format!("finding     {severity} {rule} {field}"));
    lines.extend(found);
    lines.extend(trace.photo_fault.iter().map(|fault| format!("photo       {fault}")));
    lines.join("\n")
}

fn document(trace: Trace, due_provisional: bool, data: &Path) -> Document {
    let findings = trace.findings.into_iter().map(|(rule, field, severity)| Found { rule, field, severity });
    Document {
        application_id: trace.application_id,
        card_number: trace.card_number,
        state: trace.place.unwrap_or_else(|| trace.state.clone()),
        application: trace.state,
        social: trace.social,
        account: trace.account,
        revision: trace.revision,
        promise_on: trace.promise_on,
        due_on: trace.due_on,
        due_provisional,
        owner: trace.owner,
        erased: None,
        findings: findings.collect(),
        photo_fault: trace.photo_fault,
        moves: trace.moves.into_iter().map(moved).collect(),
        files: trace.files.into_iter().map(|file| filed(file, data)).collect(),
        acts: trace.operations.into_iter().map(shown_operation).collect(),
    }
}

fn moved(m: TracedMove) -> Moved {
    let at = rfc3339_stored(m.at);
    Moved { at, from: m.from, to: m.to, by: m.by, reason: m.reason, life: m.life, with: m.with }
}

fn shown_operation(operation: TracedOperation) -> ShownOperation {
    let at = rfc3339_stored(operation.at);
    ShownOperation {
        at,
        what: operation.what,
        by: operation.by,
        operation: operation.operation,
        message: operation.message,
    }
}

fn filed(f: TracedFile, data: &Path) -> Filed {
    let folder = if f.direction == "out" { "to" } else { "from/archive" };
    let path = data.join("partners").join(&f.partner).join(folder).join(&f.name);
    let path = std::path::absolute(&path).unwrap_or(path).display().to_string();
    let TracedFile { partner, kind, direction, sequence, rows, sha256, row, .. } = f;
    Filed { partner, kind, direction, sequence, rows, sha256, path, row }
}

const MOVE_HEADINGS: &[&str] = &["at", "life", "from", "to", "by", "reason", "with"];

fn shown_instant(at: &str) -> String {
    at.parse::<Timestamp>().map_or_else(|_| at.to_owned(), |at| local(at).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

const OPERATION_HEADINGS: &[&str] = &["at", "act", "by", "operation", "message"];

fn operation_row(operation: &ShownOperation) -> Vec<String> {
    let id = operation.operation.clone().unwrap_or_default();
    vec![shown_instant(&operation.at), operation.what.clone(), operation.by.clone(), id, operation.message.to_string()]
}

fn move_row(m: &Moved) -> Vec<String> {
    let at = shown_instant(&m.at);
    let from = if m.from.is_empty() { "(begin)" } else { &m.from };
    [&at, &m.life, from, &m.to, &m.by, &m.reason, &m.with].map(str::to_owned).to_vec()
}

const FILE_HEADINGS: &[&str] = &["partner", "kind", "direction", "sequence", "row", "rows", "file"];

fn file_row(f: &Filed) -> Vec<String> {
    let sequence = f.sequence.map_or_else(String::new, |n| n.to_string());
    let (row, rows) = (f.row.to_string(), f.rows.to_string());
    [&f.partner, &f.kind, &f.direction, &sequence, &row, &rows, &f.path].map(|cell: &String| cell.clone()).to_vec()
}
