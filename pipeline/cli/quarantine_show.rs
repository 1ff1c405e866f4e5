//! `quarantine show`: one message, why it stands there, and what a person may do about it.

use cardline::crypto::keys::RecordOf;
use cardline::quarantine::operation_record::TracedOperation;
use cardline::quarantine::quarantined::{Neighbour, QuarantinedRecord};
use cardline::quarantine::redaction::{differences, masked};
use cardline::step::Worker;
use cardline::store::Stamp;
use cardline::time::{local, rfc3339_stored};
use cardline_core::domain::message;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output, visible};
use super::quarantine_choice::place;
use super::rules_texts::words;

#[derive(Args)]
#[command(after_help = "Examples:
  cardline quarantine show 17
  cardline quarantine show 17 --reveal --reason \"the holder asks on the phone\" --as lin")]
pub struct ShowArgs {
    /// Id of the message, as `list` shows it
    id: i64,
    /// Show the message unmasked; recorded before it is shown. Needs --as and --reason
    #[arg(long)]
    reveal: bool,
    /// Why it must be opened; kept encrypted with the operation
    #[arg(long, value_name = "TEXT", requires = "reveal")]
    reason: Option<String>,
    /// The instant of the operation, RFC 3339 [default: now; not taken once there are users]
    #[arg(long, value_name = "INSTANT")]
    at: Option<Timestamp>,
}

/// Everything a person sees of one message.
#[derive(Serialize)]
struct Document {
    id: i64,
    outcome: String,
    from: String,
    came_at: String,
    event_id: Option<String>,
    application_id: Option<String>,
    revision: Option<i64>,
    /// Whether it still stands in the quarantine.
    held: bool,
    why: Vec<Reason>,
    message: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict: Option<Conflict>,
    neighbours: Vec<Neighbour>,
    acts: Vec<ShownOperation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revealed: Option<String>,
}

/// One finding, or the reason, with its rule's words.
#[derive(Serialize)]
struct Reason {
    rule: String,
    /// Every field it was found at.
    fields: Vec<String>,
    severity: String,
    what: String,
    why: String,
    fix: String,
}

#[derive(Serialize)]
struct Value {
    path: String,
    value: String,
}

/// The message that came first, and where this one differs.
#[derive(Serialize)]
struct Conflict {
    first: Neighbour,
    differences: Vec<Differing>,
}

#[derive(Serialize)]
struct Differing {
    path: String,
    first: Option<String>,
    this: Option<String>,
}

#[derive(Serialize)]
struct ShownOperation {
    at: String,
    what: String,
    by: String,
    operation: Option<String>,
    reason: Option<String>,
}

/// Shows one message; opened only when the operation is recorded.
pub async fn run(context: &Context, args: ShowArgs) -> anyhow::Result<Exit> {
    let now = if args.reveal { context.instant(args.at)? } else { context.look_at(args.at) };
    let reveal = match (args.reveal, args.reason.as_deref().map(str::trim)) {
        (false, _) => None,
        (true, None | Some("")) => {
            return Err(Usage("say why with --reason TEXT: a reveal is recorded with its reason".into()).into());
        }
        (true, Some(reason)) => {
            context.may("quarantine show --reveal")?;
            Some((context.who()?, reason))
        }
    };
    let worker = context.worker(now).await?;
    let Some(record) = worker.ledger.quarantined_record(args.id).await? else {
        anyhow::bail!("no message {} was ever in the quarantine; see `cardline quarantine list`", args.id);
    };
    let mut document = document(&worker, &record).await?;
    if let Some((actor, reason)) = reveal {
        let encrypted = worker.keys.encrypt(reason.as_bytes())?;
        let limit = worker.config.alone_a_day.value as i64;
        if !worker.ledger.record_reveal(record.id, encrypted, limit, Stamp { at: now, actor, reason: "" }).await? {
            print::complain(&format!(
                "cardline: nothing was shown: {actor} had {limit} messages opened alone today, and a second person must \
                 approve more; ask for it with `cardline quarantine export {} --out FILE --reason TEXT`",
                record.id
            ));
            return Ok(Exit::SecondPerson);
        }
        document.acts = operations(&worker, record.id).await?;
        document.revealed = Some(
            String::from_utf8_lossy(&worker.keys.decrypt_of(RecordOf::Message(record.id), &record.encrypted)?)
                .into_owned(),
        );
    }
    match context.output {
        Output::Json => print::json(&document)?,
        Output::Csv => print::csv(&["path", "value"], &values(&document.message))?,
        Output::Table => table(&document)?,
    }
    Ok(Exit::Ok)
}

async fn document(worker: &Worker, record: &QuarantinedRecord) -> anyhow::Result<Document> {
    let bytes = worker.keys.decrypt_of(RecordOf::Message(record.id), &record.encrypted)?;
    let conflict = match (record.outcome.as_str(), worker.ledger.rival_of(record).await?) {
        ("conflicting", Some((first, encrypted))) => {
            let found = differences(&worker.keys.decrypt_of(RecordOf::Message(first.id), &encrypted)?, &bytes);
            let differing = |d: cardline::quarantine::redaction::Difference| Differing {
                path: d.path,
                first: d.first,
                this: d.other,
            };
            Some(Conflict { first, differences: found.into_iter().map(differing).collect() })
        }
        _ => None,
    };
    let is_event = record.source == worker.config.topics.events;
    Ok(Document {
        id: record.id,
        outcome: record.outcome.clone(),
        from: place(&record.source, record.partition, record.position),
        came_at: rfc3339_stored(record.at),
        event_id: record.event_id.clone(),
        application_id: record.application_id.clone(),
        revision: record.revision,
        held: record.act == 0,
        why: reasons(record, if is_event { None } else { message::decode(&bytes).err() }),
        message: masked(&bytes).into_iter().map(|shown| Value { path: shown.path, value: shown.value }).collect(),
        conflict,
        neighbours: worker.ledger.neighbours_of(record).await?,
        acts: operations(worker, record.id).await?,
        revealed: None,
    })
}

/// The reason of the message and every finding, each in the words of its rule. A message that cannot be
/// read has its defect named: where, and what was expected there.
fn reasons(record: &QuarantinedRecord, defect: Option<message::DecodeDefect>) -> Vec<Reason> {
    let reason = |rule: &str, fields: Vec<String>, severity: &str, more: String| {
        let (what, why, fix) = words(rule).unwrap_or(("", "", ""));
        let what = if more.is_empty() { what.to_owned() } else { format!("{what} Here: {more}.") };
        Reason { rule: rule.into(), fields, severity: severity.into(), what, why: why.into(), fix: fix.into() }
    };
    let mut list = Vec::new();
    if let Some(code) = &record.reason
        && !record.findings.iter().any(|(rule, ..)| rule == code)
    {
        let (fields, more) = match &defect {
            Some(defect) if defect.code() == code => match defect {
                message::DecodeDefect::Shape { path, .. } => (vec![path.clone()], defect.to_string()),
                other => (Vec::new(), other.to_string()),
            },
            _ => (Vec::new(), String::new()),
        };
        list.push(reason(code, fields, "error", more));
    }
    for severity in ["error", "warning", "note"] {
        for (rule, field, _) in record.findings.iter().filter(|finding| finding.2 == severity) {
            match list.iter_mut().find(|known| known.rule == *rule) {
                Some(known) => known.fields.push(field.clone()),
                None => list.push(reason(rule, vec![field.clone()], severity, String::new())),
            }
        }
    }
    list
}

async fn operations(worker: &Worker, message: i64) -> anyhow::Result<Vec<ShownOperation>> {
    let told = |operation: TracedOperation| {
        let reason = match operation.reason {
            Some(encrypted) => Some(String::from_utf8_lossy(&worker.keys.decrypt(&encrypted)?).into_owned()),
            None => None,
        };
        let at = rfc3339_stored(operation.at);
        Ok(ShownOperation { at, what: operation.what, by: operation.by, operation: operation.operation, reason })
    };
    worker.ledger.operations_on(message).await?.into_iter().map(told).collect()
}

fn table(d: &Document) -> anyhow::Result<()> {
    let standing = if d.held { "" } else { ", taken out of the quarantine" };
    let mut lines = vec![
        format!("message     {} ({}{standing})", d.id, d.outcome),
        format!("from        {}, taken in {}", d.from, day_and_time(&d.came_at)),
    ];
    let revision = d.revision.map_or_else(String::new, |n| format!(", revision {n}"));
    lines.extend(d.application_id.iter().map(|id| format!("application {id}{revision}")));
    lines.extend(d.event_id.iter().map(|id| format!("event       {id}")));
    for r in &d.why {
        lines.push(format!("\n{} {} {}", r.severity, r.rule, r.fields.join(", ")).trim_end().to_owned());
        for (name, text) in [("What: ", &r.what), ("Why:  ", &r.why), ("Fix:  ", &r.fix)] {
            if !text.is_empty() {
                lines.push(format!("  {name}{text}"));
            }
        }
    }
    lines.push(format!("\n{}", print::table(&["path", "value"], &values(&d.message))));
    if let Some(conflict) = &d.conflict {
        lines.push(conflict_text(d, conflict));
    }
    if !d.neighbours.is_empty() {
        let rows: Vec<_> = d.neighbours.iter().map(neighbour_row).collect();
        lines.push(format!("\n{}", print::table(&["neighbour", "revision", "outcome", "reason", "standing"], &rows)));
    }
    if !d.acts.is_empty() {
        let rows: Vec<_> = d.acts.iter().map(operation_row).collect();
        lines.push(format!("\n{}", print::table(&["at", "act", "by", "operation", "reason"], &rows)));
    }
    if let Some(open) = &d.revealed {
        lines.push(format!("\nIn the open (this was recorded):\n{}", visible(open)));
    }
    print::line(&lines.join("\n"))
}

/// Where the two differ, and what a person may decide.
fn conflict_text(d: &Document, conflict: &Conflict) -> String {
    let first = &conflict.first;
    let cell = |value: &Option<String>| value.clone().unwrap_or_else(|| "(not there)".into());
    let this = |x: &Differing| if x.first == x.this { "another of the same form".to_owned() } else { cell(&x.this) };
    let row = |x: &Differing| vec![x.path.clone(), cell(&x.first), this(x)];
    let rows: Vec<_> = conflict.differences.iter().map(row).collect();
    let mut text =
        format!("\n{}", print::table(&["differs", &format!("first, message {}", first.id), "this one"], &rows));
    text.push_str(&format!("\n\nTo keep the first:   cardline quarantine discard {} --reason TEXT --as USER", d.id));
    match (first.outcome.as_str(), first.revision) {
        ("rejected", _) => text.push_str(&format!(
            "\nTo take this one:    cardline quarantine discard {} --reason TEXT --as USER, then retry {}",
            first.id, d.id
        )),
        (_, Some(revision)) => text.push_str(&format!(
            "\nTo take this one as a correction, while the application is returned or rejected:\n                     cardline quarantine retry {} --set revision={} --set event_id=ANOTHER --reason TEXT --as USER",
            d.id,
            revision + 1
        )),
        _ => {}
    }
    text
}

fn values(values: &[Value]) -> Vec<Vec<String>> {
    values.iter().map(|v| vec![v.path.clone(), v.value.clone()]).collect()
}

fn neighbour_row(n: &Neighbour) -> Vec<String> {
    let revision = n.revision.map_or_else(String::new, |r| r.to_string());
    let standing = if n.taken { "taken out" } else { "stands" };
    vec![n.id.to_string(), revision, n.outcome.clone(), n.reason.clone().unwrap_or_default(), standing.into()]
}

fn operation_row(operation: &ShownOperation) -> Vec<String> {
    let id = operation.operation.clone().unwrap_or_default();
    let reason = operation.reason.clone().unwrap_or_default();
    vec![day_and_time(&operation.at), operation.what.clone(), operation.by.clone(), id, reason]
}

fn day_and_time(at: &str) -> String {
    at.parse::<Timestamp>().map_or_else(|_| at.to_owned(), |at| local(at).strftime("%Y-%m-%d %H:%M:%S").to_string())
}
