//! `topic`: the topics we read, where we stand in them; and going on after messages were lost or a
//! topic was recreated.

use cardline::actions::recovery::topics::{PartitionView, TopicView, accept, jumps, look};
use clap::{Args, Subcommand};
use serde_json::json;

use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output};
use super::refusals::in_words;

#[derive(Subcommand)]
pub enum TopicCommand {
    /// 列出 Each partition we read: where we stand, what the broker has, whether intake stopped
    #[command(after_help = "Exit code 1 when intake stopped for a person (ops/runbooks).")]
    List,
    /// 接受 Resume a topic that was recreated or has lost messages, from the first message it has
    #[command(
        after_help = "Partitions without fault go on where they stand. What was taken in before is recognised and \
changes nothing.
Examples:
  cardline topic accept card.applications --dry-run
  cardline topic accept card.applications --reason \"ticket 9: cluster moved\" --as lin"
    )]
    Accept(AcceptArgs),
}

#[derive(Args)]
pub struct AcceptArgs {
    /// A topic we read
    #[arg(value_name = "TOPIC")]
    topic: String,
    /// Why; kept encrypted with the action
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    reason: Option<String>,
    /// Show where it would resume; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs one of the commands.
pub async fn run(context: &Context, command: TopicCommand) -> anyhow::Result<Exit> {
    match command {
        TopicCommand::List => list(context).await,
        TopicCommand::Accept(args) => accept_one(context, args).await,
    }
}

const HEADINGS: &[&str] = &["topic", "generation", "partition", "position", "first", "end", "behind", "standing"];

async fn list(context: &Context) -> anyhow::Result<Exit> {
    let worker = context.worker(context.now()).await?;
    let topics = &context.config.topics;
    let (mut rows, mut document, mut stopped) = (Vec::new(), Vec::new(), false);
    for topic in [&topics.applications, &topics.events] {
        let view = look(&worker, topic).await.map_err(in_words)?;
        stopped |= view.is_stopped();
        for partition in &view.partitions {
            rows.push(row(&view, partition));
            let (low, high) = ends(partition);
            document.push(json!({ "topic": topic, "generation": view.generation, "partition": partition.partition,
                "position": partition.stored, "first": low, "end": high, "behind": partition.behind(),
                "standing": partition.standing.word() }));
        }
        if view.found.is_none() {
            stopped = true;
            print::complain(&missing(topic, view.generation));
        }
    }
    print::rows(context.output, HEADINGS, &rows, &document)?;
    if stopped {
        print::complain("intake of a topic stopped: see ops/runbooks, then `cardline topic accept TOPIC --dry-run`");
    }
    Ok(if stopped { Exit::Failed } else { Exit::Ok })
}

/// What is said of a topic that the broker does not have. One that was read may have been deleted.
fn missing(topic: &str, generation: i64) -> String {
    if generation == 0 {
        return format!(
            "the broker has no topic {topic}, and nothing was ever read of it; correct its name, or create it"
        );
    }
    format!(
        "the broker has no topic {topic} any more, and positions in it are stored: it was deleted, or this is another cluster (ops/runbooks/topic-missing.md)"
    )
}

fn ends(partition: &PartitionView) -> (Option<i64>, Option<i64>) {
    (partition.range.as_ref().map(|range| range.low), partition.range.as_ref().map(|range| range.high))
}

fn row(view: &TopicView, partition: &PartitionView) -> Vec<String> {
    let number = |n: Option<i64>| n.map_or_else(String::new, |n| n.to_string());
    let (low, high) = ends(partition);
    vec![
        view.topic.clone(),
        view.generation.to_string(),
        partition.partition.to_string(),
        number(partition.stored),
        number(low),
        number(high),
        number(partition.behind()),
        partition.standing.word().into(),
    ]
}

async fn accept_one(context: &Context, args: AcceptArgs) -> anyhow::Result<Exit> {
    let topics = &context.config.topics;
    if ![&topics.applications, &topics.events].contains(&&args.topic) {
        let known = format!("{}, {}", topics.applications, topics.events);
        return Err(Usage(format!("{} is no topic we read; these are: {known}", print::visible(&args.topic))).into());
    }
    let now = context.now();
    let actor = if args.dry_run { "" } else { context.who()? };
    let worker = context.worker(now).await?;
    let view = look(&worker, &args.topic).await.map_err(in_words)?;
    let rows: Vec<Vec<String>> = jumps(&view)
        .iter()
        .map(|j| {
            let left = j.left_at.map_or_else(String::new, |at| at.to_string());
            vec![j.partition.to_string(), left, j.begins_at.to_string()]
        })
        .collect();
    let document: Vec<serde_json::Value> = jumps(&view)
        .iter()
        .map(|j| json!({ "partition": j.partition, "stopped_at": j.left_at, "goes_on_at": j.begins_at }))
        .collect();
    if !args.dry_run {
        let reason = args.reason.as_deref().unwrap_or_default();
        let generation = accept(&worker, &view, actor, reason, now).await.map_err(in_words)?;
        if context.output == Output::Table {
            print::line(&format!("{} goes on in generation {generation}", view.topic))?;
        }
    } else if !view.is_stopped() {
        print::complain(&format!("{} is as it was: there is nothing to accept", view.topic));
    }
    print::rows(context.output, &["partition", "stopped_at", "goes_on_at"], &rows, &document)?;
    Ok(Exit::Ok)
}
