//! `quarantine`: what was refused, conflicting or unreadable, by reason and one by one.
//!
//! Personal values are masked everywhere here; `show --reveal` and `export` alone open messages, and say
//! so in the ledger first.

use cardline::quarantine::quarantine_list::{ListedGroup, ListedMessage, QuarantineList, place};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::context::Context;
use super::exit::Exit;
use super::print::{self, Output, grouped_digits};
use super::quarantine_choice::Chosen;
use super::rules_texts::known_code;
use super::typed_values::instant;
use super::{quarantine_disclosures, quarantine_export, quarantine_operation, quarantine_show};

#[derive(Subcommand)]
pub enum Quarantine {
    /// 列出 What stands in the quarantine, one by one or by reason
    List(ListArgs),
    /// 查看 One message: why it is there, the message masked, and what it conflicts with
    Show(quarantine_show::ShowArgs),
    /// 重试 Take messages in again, as they came or repaired
    Retry(quarantine_operation::RetryArgs),
    /// 弃置 Put messages aside for good; their records are destroyed after the days of the policy
    Discard(quarantine_operation::DiscardArgs),
    /// 导出 Write unmasked messages to a file, to be corrected by hand; recorded, and needs two persons
    Export(quarantine_export::ExportArgs),
    /// 披露 Who had which messages in plain text, when, why and with which approval
    Disclosures(quarantine_disclosures::DisclosuresArgs),
}

#[derive(Args)]
#[command(after_help = "Examples:
  cardline quarantine list --group
  cardline quarantine list --reason OUTLET-UNKNOWN --limit 20")]
pub struct ListArgs {
    /// Reason, or a rule that refused it; see `cardline rules list`
    #[arg(long, value_name = "CODE", value_parser = known_code)]
    reason: Option<String>,
    #[command(flatten)]
    chosen: Chosen,
    /// By reason: how many, the oldest, whose turn it is, until when
    #[arg(long)]
    group: bool,
    /// Messages shown at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Only messages after this id: the next page
    #[arg(long, value_name = "ID", default_value_t = 0)]
    after: i64,
    /// The instant that counts as now, RFC 3339 [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
}

/// Runs one of the commands.
pub async fn run(context: &Context, command: Quarantine) -> anyhow::Result<Exit> {
    match command {
        Quarantine::List(args) => list(context, args).await,
        Quarantine::Show(args) => quarantine_show::run(context, args).await,
        Quarantine::Retry(args) => quarantine_operation::retry(context, args).await,
        Quarantine::Discard(args) => quarantine_operation::discard(context, args).await,
        Quarantine::Export(args) => quarantine_export::run(context, args).await,
        Quarantine::Disclosures(args) => quarantine_disclosures::run(context, args).await,
    }
}

async fn list(context: &Context, args: ListArgs) -> anyhow::Result<Exit> {
    let ledger = context.ledger().await?;
    let now = context.look_at(args.at);
    let selection = args.chosen.selection(Vec::new(), args.reason);
    if args.group {
        let list = ledger.quarantine_groups(&selection).await?;
        let rows: Vec<_> = list.rows.groups.iter().map(group_row).collect();
        let words = format!("{} reasons of {} messages", rows.len(), grouped_digits(list.total));
        return told(context, GROUP_HEADINGS, &rows, &words, &list);
    }
    let list = ledger.quarantine_messages(&selection, args.after, args.limit, now).await?;
    let messages = &list.rows.messages;
    let rows: Vec<_> = messages.iter().map(item_row).collect();
    let mut words = format!("{} shown of {}", grouped_digits(list.shown), grouped_digits(list.total));
    if list.shown == args.limit && list.shown < list.total {
        let last = messages.last().map_or(0, |listed| listed.item.id);
        words.push_str(&format!("; the next: --after {last}"));
    }
    told(context, ITEM_HEADINGS, &rows, &words, &list)
}

fn told<T: Serialize>(
    context: &Context,
    headings: &[&str],
    rows: &[Vec<String>],
    words: &str,
    list: &QuarantineList<T>,
) -> anyhow::Result<Exit> {
    print::rows(context.output, headings, rows, list)?;
    if context.output == Output::Table {
        print::line(&format!("\n{words}"))?;
        for u in &list.unfinished {
            let (done, all) = (grouped_digits(u.messages - u.remaining), grouped_digits(u.messages));
            print::line(&format!(
                "operation {} is unfinished: {done} of {all} done; run its command again",
                u.operation
            ))?;
        }
    }
    Ok(Exit::Ok)
}

const ITEM_HEADINGS: &[&str] =
    &["id", "outcome", "reason", "field", "from", "days", "application_id", "revision", "event_id", "due_on", "owner"];

fn item_row(listed: &ListedMessage) -> Vec<String> {
    let item = &listed.item;
    let more = if item.more_errors > 0 { format!(" (+{})", item.more_errors) } else { String::new() };
    vec![
        item.id.to_string(),
        item.outcome.clone(),
        format!("{}{more}", item.reason),
        item.field.clone().unwrap_or_default(),
        place(&item.source, item.partition, item.position),
        listed.age_days.to_string(),
        item.application_id.clone().unwrap_or_default(),
        item.revision.map_or_else(String::new, |n| n.to_string()),
        item.event_id.clone().unwrap_or_default(),
        item.due_on.clone().unwrap_or_default(),
        item.owner.clone(),
    ]
}

const GROUP_HEADINGS: &[&str] = &["reason", "outcome", "count", "oldest", "owner", "due_on"];

fn group_row(grouped: &ListedGroup) -> Vec<String> {
    let g = &grouped.group;
    let due = g.due_on.clone().unwrap_or_default();
    vec![
        g.reason.clone(),
        g.outcome.clone(),
        g.count.to_string(),
        grouped.oldest[..10].to_owned(),
        g.owner.clone(),
        due,
    ]
}
