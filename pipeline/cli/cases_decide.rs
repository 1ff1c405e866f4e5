//! `cases decide`: a person decides a case.

use cardline::actions::cases::decide::{asks_second, decide, preview};
use cardline::actions::outcome::Outcome;
use cardline_core::state_machines::decision::Decision;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use serde_json::json;

use super::approvals::waits;
use super::batch_action::Reason;
use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output};
use super::refusals::in_words;

#[derive(Args)]
#[command(
    after_help = "`cases show N` says which of these words the case offers now; the table of states says where they lead.
A second person must approve end and close, which cannot be taken back. The same decision again changes nothing.
Examples:
  cardline cases decide 17 go-on --dry-run
  cardline cases decide 17 go-on --reason \"the bank confirmed its first answer\" --as lin"
)]
pub struct DecideArgs {
    /// Number of the case
    #[arg(value_name = "N")]
    number: i64,
    /// What is decided
    #[arg(value_parser = words(), required_unless_present = "as_decided")]
    word: Option<String>,
    /// The same as WORD
    #[arg(long, value_name = "WORD", value_parser = words(), conflicts_with = "word", hide_possible_values = true)]
    as_decided: Option<String>,
    /// Show what it would do; change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    reason: Reason,
}

fn words() -> PossibleValuesParser {
    let word = |one: Decision| PossibleValue::new(one.word()).help(one.does());
    Decision::ALL.map(word).to_vec().into()
}

/// Decides, or shows what the decision would do.
pub async fn run(context: &Context, args: DecideArgs) -> anyhow::Result<Exit> {
    let word = args.word.as_deref().or(args.as_decided.as_deref()).unwrap_or_default();
    let decision = Decision::of(word).ok_or_else(|| Usage("no such word".into()))?;
    if args.dry_run {
        return show(context, args.number, decision).await;
    }
    let mut by = args.reason.by(context)?;
    let worker = context.worker(by.at).await?;
    let second = asks_second(&worker, args.number, decision, by).await.map_err(in_words)?;
    match waits(context, second)? {
        Err(outcome) => return Ok(outcome),
        Ok(approval) => by.approval = approval,
    }
    let done = match decide(&worker, args.number, decision, by).await.map_err(in_words)? {
        Outcome::Done(_) => true,
        Outcome::Before(_) => false,
    };
    let document = json!({ "case": args.number, "word": word, "done": done, "done_before": !done });
    let row = vec![args.number.to_string(), word.to_owned(), done.to_string()];
    match context.output {
        Output::Table if done => print::line(&format!("case {} is decided: {word}", args.number))?,
        Output::Table => print::line(&format!("case {} was decided so before; nothing was changed now", args.number))?,
        output => print::rows(output, &["case", "word", "done"], &[row], &document)?,
    }
    Ok(Exit::Ok)
}

async fn show(context: &Context, number: i64, decision: Decision) -> anyhow::Result<Exit> {
    let worker = context.observer(context.now()).await?;
    let shown = preview(&worker, number, decision, &context.actor).await.map_err(in_words)?;
    let to = shown.word.to.clone().unwrap_or_default();
    let about = shown.application_id.clone().or(shown.file.clone()).unwrap_or_default();
    let second = if shown.word.second_person { "yes" } else { "no" };
    let row = vec![number.to_string(), shown.word.word.into(), about, to, second.into(), shown.word.does.into()];
    print::rows(context.output, &["case", "word", "about", "to", "second person", "does"], &[row], &shown)?;
    if context.output == Output::Table {
        print::line("\npreview, nothing was changed; to carry it out: the same with --reason TEXT for --dry-run")?;
    }
    Ok(Exit::Ok)
}
