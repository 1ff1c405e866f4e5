//! `quarantine retry` and `quarantine discard`: preview, confirm, carry out.

use std::path::PathBuf;

use cardline::actions::dual_control::second_person;
use cardline::actions::outcome::ActionError;
use cardline::actions::quarantine::operations::{Ask, Report, What, discard_wanted, operate};
use cardline::actions::quarantine::refusal::QuarantineRefusal;
use cardline::actions::quarantine::repair::{Assignment, Corrected, Repair};
use cardline::quarantine::quarantined::Selection;
use cardline::route::intake::settle::IntakeCounts;
use cardline_core::domain::personal_text::looks_personal;
use clap::Args;
use jiff::Timestamp;

use super::approvals::waits;
use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output};
use super::quarantine_choice::Chosen;
use super::refusals::{in_words, refused};
use super::rules_texts::known_code;
use super::typed_values::instant;

/// What retry and discard share.
#[derive(Args)]
pub struct SelectionArgs {
    /// Ids of messages, as `list` shows them
    #[arg(value_name = "ID")]
    ids: Vec<i64>,
    /// Reason, or a rule that refused them
    #[arg(long, value_name = "CODE", value_parser = known_code)]
    code: Option<String>,
    #[command(flatten)]
    chosen: Chosen,
    /// Everything in the quarantine
    #[arg(long)]
    all: bool,
    /// Show what would happen and the operation's id; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Carry out the operation of this id, as previewed
    #[arg(long, value_name = "OPERATION", conflicts_with = "dry_run")]
    confirm: Option<String>,
    /// The instant of the operation, RFC 3339 [default: now; not taken once there are users]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
}

#[derive(Args)]
#[command(after_help = "More than one message: preview with --dry-run, then confirm the operation it names.
Stopped half-way, the same command goes on; done, it changes nothing.
Examples:
  cardline quarantine retry 17 --as lin
  cardline quarantine retry --code OUTLET-UNKNOWN --dry-run
  cardline quarantine retry --code UNKNOWN-SCHEMA --set schema=card.application.v1 --reason \"ticket 7\" --as lin --confirm OPERATION
  cardline quarantine retry --from corrected.ndjson --reason \"ticket 8\" --as lin --confirm OPERATION")]
pub struct RetryArgs {
    #[command(flatten)]
    selection: SelectionArgs,
    /// Set a code, day or word first; PATH:=JSON for a number or null. Needs --reason
    #[arg(long, value_name = "PATH=VALUE", conflicts_with = "from")]
    set: Vec<String>,
    /// Corrected messages, NDJSON, matched by event_id (or one, for the one ID given). Needs --reason
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Why; kept encrypted with the operation
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

#[derive(Args)]
#[command(
    after_help = "More than one message: preview with --dry-run, then confirm the operation it names; once there are users
it waits for a second person (exit code 4; see `cardline approvals list`), and so does every message once you
discarded alone_a_day (20) today.
Example: cardline quarantine discard 17 --reason \"sent twice by mistake\" --as lin"
)]
pub struct DiscardArgs {
    #[command(flatten)]
    selection: SelectionArgs,
    /// Why; kept encrypted with the operation
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Takes messages in again.
pub async fn retry(context: &Context, args: RetryArgs) -> anyhow::Result<Exit> {
    let repair = match (&args.from, args.set.is_empty()) {
        (Some(path), _) => Repair::Corrected(Corrected::open(path).map_err(in_words)?),
        (None, true) => Repair::Nothing,
        (None, false) => {
            let list: Result<Vec<Assignment>, _> = args.set.iter().map(|edit| Assignment::read(edit)).collect();
            Repair::Set(list.map_err(|wrong| refused(&wrong))?)
        }
    };
    if !matches!(repair, Repair::Nothing) && args.reason.trim().is_empty() {
        return Err(Usage("say why with --reason TEXT: a repair is recorded with its reason".into()).into());
    }
    let by_file = args.from.is_some();
    if by_file
        && !(args.selection.chosen.is_all()
            && args.selection.code.is_none()
            && !args.selection.all
            && args.selection.ids.len() < 2)
    {
        return Err(Usage("--from says itself which messages: give no selection beside it, or one ID".into()).into());
    }
    run_operation(context, args.selection, What::Retry(repair), &args.reason, by_file).await
}

/// Puts messages aside.
pub async fn discard(context: &Context, args: DiscardArgs) -> anyhow::Result<Exit> {
    if args.reason.trim().is_empty() {
        return Err(Usage("say why with --reason TEXT: a discard is recorded with its reason".into()).into());
    }
    run_operation(context, args.selection, What::Discard, &args.reason, false).await
}

async fn run_operation(
    context: &Context,
    args: SelectionArgs,
    what: What,
    reason: &str,
    by_file: bool,
) -> anyhow::Result<Exit> {
    let narrowed = !args.ids.is_empty() || args.code.is_some() || !args.chosen.is_all();
    if !narrowed && !args.all && !by_file {
        return Err(Usage("say which messages: an ID, --code, --outcome, --region, --since, or --all".into()).into());
    }
    if narrowed && args.all {
        return Err(Usage("--all and a narrower selection contradict each other".into()).into());
    }
    let actor = if args.dry_run { context.actor.as_str() } else { context.who()? };
    if looks_personal(actor) {
        context.who()?;
    }
    let now = if args.dry_run { context.look_at(args.at) } else { context.instant(args.at)? };
    let selection = args.chosen.selection(sorted(args.ids), args.code);
    let worker = context.named_worker(now).await?;
    let mut ask =
        Ask { actor, reason, selection, what, confirm: args.confirm.as_deref(), dry_run: args.dry_run, approval: None };
    let mut ended = operate(&worker, &ask, now).await;
    if let Err(ActionError::Refused(QuarantineRefusal::NeedsSecond { id, count })) = &ended {
        let scope = context.scope();
        let wanted = discard_wanted(&ask, id, *count, &scope);
        match waits(context, second_person(&worker, &wanted, context.now()).await?)? {
            Err(outcome) => return Ok(outcome),
            Ok(approval) => ask.approval = approval,
        }
        ended = operate(&worker, &ask, now).await;
    }
    if let Err(ActionError::Refused(QuarantineRefusal::Unmatched(lines))) = &ended {
        for line in lines.iter().take(20) {
            let why = match line.named {
                0 => "no message of the quarantine has this event_id",
                _ => "several messages of the quarantine have this event_id; repair them one by one, by their id",
            };
            print::complain(&format!("line {}: {why}", line.line));
        }
    }
    done(context, &ended.map_err(in_words)?, &ask.selection)
}

fn sorted(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn done(context: &Context, report: &Report, selection: &Selection) -> anyhow::Result<Exit> {
    let IntakeCounts { received, accepted, repeated, .. } = report.outcome.counts;
    let still = received - accepted - repeated;
    if context.output == Output::Json {
        print::json(report)?;
    } else {
        let mut rows = vec![row("messages", "", report.messages)];
        if report.what != "discard" {
            rows.push(row("accepted", "", accepted));
            rows.push(row("repeated", "", repeated));
            rows.push(row("still refused", "", still));
            rows.extend(report.outcome.refused.iter().map(|(code, count)| row("of which", code, *count)));
        }
        let headings = ["what", "reason", "count"];
        match context.output {
            Output::Csv => print::csv(&headings, &rows)?,
            _ => {
                print::line(&print::table(&headings, &rows))?;
                print::line(&format!("\n{}", closing(report, selection)))?;
            }
        }
    }
    Ok(if report.what != "discard" && still > 0 { Exit::Rejected } else { Exit::Ok })
}

fn row(what: &str, reason: &str, count: i64) -> Vec<String> {
    vec![what.to_owned(), reason.to_owned(), count.to_string()]
}

fn closing(report: &Report, selection: &Selection) -> String {
    let (what, id) = (report.what, &report.operation);
    if report.done_before {
        return format!("{what} {id} was carried out before; nothing was changed now");
    }
    match (report.dry_run, report.messages, selection.ids.len()) {
        (true, 2.., _) => format!(
            "preview of {what}, nothing was changed; to carry it out: the same with --confirm {id} for --dry-run"
        ),
        (true, ..) => {
            format!("preview of {what} {id}, nothing was changed; to carry it out: the same without --dry-run")
        }
        (false, ..) => format!("{what} {id} is done"),
    }
}
