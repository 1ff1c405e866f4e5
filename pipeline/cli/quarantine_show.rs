//! `quarantine show`: one message, why it stands there, and what a person may do about it.

use cardline::actions::outcome::Instruction;
use cardline::actions::quarantine::shown::{
    Conflict, Differing, MessageShown, ShownOperation, reveal_message, show_message,
};
use cardline::quarantine::quarantined::Neighbour;
use cardline::quarantine::redaction::MaskedValue;
use cardline::time::local;
use clap::Args;
use jiff::Timestamp;

use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output, visible};
use super::typed_values::instant;

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
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
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
    let Some(mut shown) = show_message(&worker, args.id).await? else {
        anyhow::bail!("no message {} was ever in the quarantine; see `cardline quarantine list`", args.id);
    };
    if let Some((actor, reason)) = reveal {
        let by = Instruction { actor, reason, at: now, approval: None };
        if !reveal_message(&worker, &mut shown, by).await? {
            let limit = worker.config.alone_a_day.value;
            print::complain(&format!(
                "cardline: nothing was shown: {actor} had {limit} messages opened alone today, and a second person must \
                 approve more; ask for it with `cardline quarantine export {} --out FILE --reason TEXT`",
                shown.id
            ));
            return Ok(Exit::SecondPerson);
        }
    }
    match context.output {
        Output::Json => print::json(&shown)?,
        Output::Csv => print::csv(&["path", "value"], &values(&shown.message))?,
        Output::Table => table(&shown)?,
    }
    Ok(Exit::Ok)
}

fn table(d: &MessageShown) -> anyhow::Result<()> {
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
    if !d.operations.is_empty() {
        let rows: Vec<_> = d.operations.iter().map(operation_row).collect();
        lines.push(format!("\n{}", print::table(&["at", "act", "by", "operation", "reason"], &rows)));
    }
    if let Some(open) = &d.revealed {
        lines.push(format!("\nIn the open (this was recorded):\n{}", visible(open)));
    }
    print::line(&lines.join("\n"))
}

/// Where the two differ, and what a person may decide.
fn conflict_text(d: &MessageShown, conflict: &Conflict) -> String {
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

fn values(values: &[MaskedValue]) -> Vec<Vec<String>> {
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
