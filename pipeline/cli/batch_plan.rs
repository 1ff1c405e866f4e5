//! `batch plan`: the next cut of each stream, as the scheduler sees it.

use cardline::actions::batches::plan::{Plan, StreamPlan, plan};
use cardline::actions::batches::targets::kind_of;
use clap::Args;
use jiff::Timestamp;

use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output};
use super::typed_values::instant;

#[derive(Args)]
#[command(
    after_help = "A stream is what waits for one partner, bank, region and lane, such as account/ABC/110101/normal.
A bureau that merges regions has one stream for all: production/BUREAU/ABC/normal. Who sees an area is
shown its part of it.
Changes nothing. --output json also tells sections, everything left out, and the next five cuts.
Examples:
  cardline batch plan
  cardline batch plan --stream production/BUREAU --output json
  cardline batch plan --at 2026-02-13T17:00:00+08:00"
)]
pub struct PlanArgs {
    /// Only streams of this name, or below it
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// The instant that counts as now, RFC 3339 [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
}

const HEADINGS: &[&str] = &["stream", "next cut", "batches", "cards", "sections", "oldest", "left out", "why"];

/// Prints the plan.
pub async fn run(context: &Context, args: PlanArgs) -> anyhow::Result<Exit> {
    let now = context.look_at(args.at);
    let worker = context.observer(now).await?;
    if let Some(unknown) = args.stream.as_ref().filter(|stream| kind_of(&worker, stream).is_none()) {
        let unknown = print::visible(unknown);
        return Err(Usage(format!("{unknown} is no stream; they are named like account/ABC/110101/normal")).into());
    }
    let mut plan = plan(&worker, now).await?;
    if let Some(below) = &args.stream {
        plan.narrow_to(below);
    }
    let rows: Vec<_> = plan.streams.iter().map(row).collect();
    print::rows(context.output, HEADINGS, &rows, &plan)?;
    if context.output == Output::Table {
        told(&plan)?;
    }
    Ok(Exit::Ok)
}

fn row(s: &StreamPlan) -> Vec<String> {
    let left_out: i64 = s.left_out.iter().map(|l| l.cards).sum();
    let next_cut = if s.due { "now".to_owned() } else { s.next_cut.clone().unwrap_or_else(|| "never".into()) };
    vec![
        s.stream.clone(),
        next_cut,
        s.batches.map(|n| n.to_string()).unwrap_or_default(),
        s.cards.to_string(),
        s.sections.len().to_string(),
        s.oldest.clone(),
        left_out.to_string(),
        s.why.clone(),
    ]
}

/// What the table has no room for.
fn told(plan: &Plan) -> anyhow::Result<()> {
    for stream in &plan.streams {
        if let Some(beyond) = &stream.beyond {
            print::line(&format!("{} {beyond}", stream.stream))?;
        }
        for left in &stream.left_out {
            print::line(&format!("{}: {} cards left out: {}", stream.stream, left.cards, left.why))?;
        }
        if let Some(why) = &stream.skipped_today {
            print::line(&format!(
                "{}: skipped today: {why}; regular cuts: {}",
                stream.stream,
                stream.next_cuts.join(", ")
            ))?;
        }
        if stream.provisional {
            print::line(&format!("{}: that year has no calendar yet; Monday to Friday is assumed", stream.stream))?;
        }
    }
    for hold in &plan.holds {
        print::line(&format!(
            "{} is held since {} by {}: {}",
            hold.stream,
            hold.at,
            hold.by,
            print::visible(&hold.reason)
        ))?;
    }
    if plan.streams.is_empty() {
        print::line("nothing waits for a batch")?;
    }
    Ok(())
}
