//! `batch cut|hold|release|split|cancel|urgent`: what an operator does, each action recorded with who, when and why.

use cardline::actions::batches::cancel::cancel_batch;
use cardline::actions::batches::cut::{cut_now, preview_cut};
use cardline::actions::batches::hold::{hold_batch, hold_stream, release_batch, release_stream};
use cardline::actions::batches::refusal::BatchError;
use cardline::actions::batches::second_person::{BatchDecision, needs_second};
use cardline::actions::batches::split::{Division, split_batch};
use cardline::actions::batches::targets::batch_within;
use cardline::actions::batches::urgent::make_urgent;
use cardline::actions::dual_control::second_person;
use cardline::actions::outcome::{Instruction, Outcome};
use cardline::step::Worker;
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::approvals::waits;
use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output};
use super::refusals::{in_words, of_action};
use super::typed_values::instant;

/// Why and when somebody acts.
#[derive(Args)]
pub struct Reason {
    /// Why; kept encrypted with the action
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    /// The instant of the action, RFC 3339 [default: now; not taken once there are users]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
}

impl Reason {
    /// Who acts, when and why; an action is never without them.
    pub fn by<'a>(&'a self, context: &'a Context) -> anyhow::Result<Instruction<'a>> {
        let actor = context.who()?;
        if self.reason.trim().is_empty() {
            return Err(Usage("say why with --reason TEXT: this action is recorded with its reason".into()).into());
        }
        Ok(Instruction { actor, reason: &self.reason, at: context.instant(self.at)?, approval: None })
    }

    /// Whether any of it was typed.
    pub fn is_given(&self) -> bool {
        !self.reason.is_empty() || self.at.is_some()
    }

    /// The same for a preview, which records nothing.
    pub fn previewed<'a>(&'a self, context: &'a Context) -> Instruction<'a> {
        Instruction { actor: &context.actor, reason: &self.reason, at: context.look_at(self.at), approval: None }
    }
}

#[derive(Args)]
#[command(
    after_help = "Preview with --dry-run, then confirm the number of the batch it names. The same command again changes nothing.
Examples:
  cardline batch cut account/ABC/110101/normal --dry-run
  cardline batch cut account/ABC/110101/normal --confirm A20260105-0004 --reason \"before the holiday\" --as lin"
)]
pub struct CutArgs {
    /// Stream, as `batch plan` shows it
    #[arg(value_name = "STREAM")]
    stream: String,
    /// Show which batch it would be; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Cut the batch of this number, as previewed
    #[arg(long, value_name = "NUMBER", conflicts_with = "dry_run")]
    confirm: Option<String>,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Args)]
#[command(after_help = "A stream may be named whole or by its beginning: account/ABC is every stream of that bank.
Examples:
  cardline batch hold account/ABC --reason \"the bank moves its system\" --as lin
  cardline batch release account/ABC --reason \"the bank is back\" --as lin
  cardline batch hold P20260105-0001 --reason \"wrong points\" --as lin
  cardline batch release P20260105-0001 --reason \"points are right\" --as lin")]
pub struct ActArgs {
    /// A stream, as `batch plan` shows it, or the number of a batch
    #[arg(value_name = "STREAM|NUMBER")]
    target: String,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Args)]
#[command(
    after_help = "Both parts get numbers of their own; the batch itself is cancelled and names them. A held batch gives held parts.
Examples:
  cardline batch split P20260105-0001 --region 522634 --reason \"one county waits\" --as lin
  cardline batch split A20260105-0001 --count 500 --reason \"the bank takes 500\" --as lin"
)]
pub struct SplitArgs {
    /// Number of the batch
    number: String,
    /// Cards of this region make the first part; may be given again
    #[arg(long, value_name = "CODE", required_unless_present = "count", conflicts_with = "count")]
    region: Vec<String>,
    /// The first so many rows make the first part
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Args)]
#[command(
    after_help = "The scheduler cuts the cards again when they are due. Hold their stream first if it should not.
Example: cardline batch cancel P20260105-0001 --reason \"wrong points\" --as lin"
)]
pub struct CancelArgs {
    /// Number of the batch
    number: String,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Args)]
#[command(
    after_help = "It goes into the next batch of that lane, whose times are in the bank's profile, and is made with it. A card that is in a batch stays there. A correction of the applicant that comes later puts it into the lane it names.
Example: cardline batch urgent 110101-20260105-000000071 --reason \"in hospital, needs it this week\" --as lin"
)]
pub struct UrgentArgs {
    /// Application id
    application: String,
    #[command(flatten)]
    reason: Reason,
}

/// Cuts the next batch of a stream, or previews it.
pub async fn cut(context: &Context, args: CutArgs) -> anyhow::Result<Exit> {
    let stream = &args.stream;
    if args.dry_run {
        let at = context.look_at(args.reason.at);
        let worker = context.observer(at).await?;
        let preview = preview_cut(&worker, stream, at).await.map_err(in_words)?;
        let row = |(region, cards): &(String, i64)| {
            vec![preview.stream.clone(), preview.batch.clone(), region.clone(), cards.to_string()]
        };
        let rows: Vec<_> = preview.sections.iter().map(row).collect();
        print::rows(context.output, &["stream", "batch", "region", "cards"], &rows, &preview)?;
        if context.output == Output::Table {
            print::line(&format!(
                "\npreview, nothing was changed; to carry it out: the same with --confirm {} for --dry-run",
                preview.batch
            ))?;
        }
        return Ok(Exit::Ok);
    }
    let by = args.reason.by(context)?;
    let Some(number) = &args.confirm else {
        return Err(Usage("preview the batch with --dry-run, then confirm its number with --confirm".into()).into());
    };
    let worker = context.named_worker(by.at).await?;
    told(context, "cut", cut_now(&worker, stream, number, by).await)
}

/// Holds a stream or a batch.
pub async fn hold(context: &Context, args: ActArgs) -> anyhow::Result<Exit> {
    let by = args.reason.by(context)?;
    let worker = context.worker(by.at).await?;
    let ended = match is_number(&args.target) {
        true => hold_batch(&worker, &args.target, by).await,
        false => hold_stream(&worker, &args.target, by).await,
    };
    told(context, "hold", ended)
}

/// Releases a stream or a batch.
pub async fn release(context: &Context, args: ActArgs) -> anyhow::Result<Exit> {
    let mut by = args.reason.by(context)?;
    let worker = context.worker(by.at).await?;
    if !is_number(&args.target) {
        return told(context, "release", release_stream(&worker, &args.target, by).await);
    }
    match second(context, &worker, BatchDecision::Release, &args.target, by).await? {
        Err(outcome) => return Ok(outcome),
        Ok(approval) => by.approval = approval,
    }
    told(context, "release", release_batch(&worker, &args.target, by).await)
}

/// Splits a batch.
pub async fn split(context: &Context, args: SplitArgs) -> anyhow::Result<Exit> {
    let by = args.reason.by(context)?;
    let worker = context.worker(by.at).await?;
    let division = match args.count {
        Some(count) => Division::Count(count as usize),
        None => Division::Regions(args.region),
    };
    told(context, "split", split_batch(&worker, &args.number, &division, by).await)
}

/// Cancels a batch.
pub async fn cancel(context: &Context, args: CancelArgs) -> anyhow::Result<Exit> {
    let mut by = args.reason.by(context)?;
    let worker = context.worker(by.at).await?;
    match second(context, &worker, BatchDecision::Cancel, &args.number, by).await? {
        Err(outcome) => return Ok(outcome),
        Ok(approval) => by.approval = approval,
    }
    told(context, "cancel", cancel_batch(&worker, &args.number, by).await)
}

/// Puts a card into the urgent lane.
pub async fn urgent(context: &Context, args: UrgentArgs) -> anyhow::Result<Exit> {
    let by = args.reason.by(context)?;
    let worker = context.worker(by.at).await?;
    told(context, "urgent", make_urgent(&worker, &args.application, by).await)
}

/// Asks for a second person where the action needs one.
async fn second(
    context: &Context,
    worker: &Worker,
    what: BatchDecision,
    number: &str,
    by: Instruction<'_>,
) -> anyhow::Result<Result<Option<i64>, Exit>> {
    // What is not there, or reaches beyond the scope, the action itself refuses.
    let batch = match batch_within(&worker.ledger, number).await {
        Ok((_, batch)) => batch,
        Err(BatchError::Refused(_)) => return Ok(Ok(None)),
        Err(failed) => return Err(in_words(failed)),
    };
    match needs_second(what, &batch, by.reason) {
        Some(wanted) => waits(context, second_person(worker, &wanted, by.at).await?),
        None => Ok(Ok(None)),
    }
}

/// Numbers begin with a letter and the day: A20260105-0001. Names of streams never have eight digits there.
fn is_number(target: &str) -> bool {
    target.get(1..9).is_some_and(|day| day.bytes().all(|b| b.is_ascii_digit()))
}

fn told(context: &Context, what: &str, ended: Result<Outcome, BatchError>) -> anyhow::Result<Exit> {
    let (done, names) = match ended.map_err(|error| of_action(what, error))? {
        Outcome::Done(names) => (true, names),
        Outcome::Before(names) => (false, names),
    };
    let row = vec![what.to_owned(), names.join(", "), done.to_string()];
    let document = json!({ "act": what, "of": names, "done": done, "done_before": !done });
    match context.output {
        Output::Table if done => print::line(&format!("{what} is done: {}", names.join(", "))),
        Output::Table => {
            print::line(&format!("{what} was carried out before; nothing was changed now: {}", names.join(", ")))
        }
        output => print::rows(output, &["act", "of", "done"], &[row], &document),
    }?;
    Ok(Exit::Ok)
}
