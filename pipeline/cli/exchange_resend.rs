//! `exchange resend`: a file that was sent, again; or its batch anew, under another number.

use cardline::actions::outcome::Outcome;
use cardline::actions::render_anew::{asks_second, preview_anew, render_anew};
use cardline::actions::resend::{ResendRefusal, Resending, preview, resend};
use cardline::exchange::transport::Published;
use clap::Args;
use serde_json::json;

use super::approvals::waits;
use super::batch_action::Reason;
use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output};
use super::refusals::{InWords, in_words};

#[derive(Args)]
#[command(
    after_help = "The same bytes under the same name and number. A file whose bytes were purged is told as gone and not rendered anew.
With --new-sequence the cards of its batch go out in a new file, under the next number of its stream, once a second
person gave it. That is for a partner that cannot read the file, or not under its number. First have the partner
put aside what it has: who reads both files opens accounts or makes cards twice. Only while nothing is answered.
Examples:
  cardline exchange resend 17 --dry-run
  cardline exchange resend 17 --as lin
  cardline exchange resend 17 --new-sequence --reason \"the bank's system lost number 3\" --as lin"
)]
pub struct ResendArgs {
    /// Id of the file, as `exchange list` shows it
    #[arg(value_name = "ID")]
    file: i64,
    /// Show what would be sent and whether it lies there; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Render it anew under a new number; a second person must approve it
    #[arg(long)]
    new_sequence: bool,
    #[command(flatten)]
    reason: Reason,
}

impl InWords for ResendRefusal {
    fn words(&self) -> String {
        match self {
            ResendRefusal::NoFile(id) => format!("there is no file {id}; see `cardline exchange list`"),
            ResendRefusal::FromThem => "it came from the partner: ask the partner to send it again".into(),
            ResendRefusal::NotSent { state } => {
                format!("it is {state}, so it was not sent: what is frozen is sent by itself, or by `cardline exchange send`")
            }
            ResendRefusal::Replaced { by } => format!("its batch was rendered anew: file {by} stands for it"),
            ResendRefusal::Answered => {
                "its partner has answered rows of it, so it could read it: ask the partner to answer the others".into()
            }
            ResendRefusal::CardsLeft { cards } => format!(
                "{cards} of its cards cannot be rendered any more; see the file's batch with `cardline batch show`, and send the same bytes again"
            ),
            ResendRefusal::BeingSent => "a worker is sending it now: try again in a minute".into(),
            ResendRefusal::Purged => {
                "its bytes were destroyed when their time was over, and it is not rendered anew: agree with the partner what is to be done with its rows".into()
            }
            ResendRefusal::Lost => {
                "its bytes are gone from the object store, or were changed: restore the objects from their backup".into()
            }
        }
    }

    fn is_usage(&self) -> bool {
        matches!(self, ResendRefusal::NoFile(_))
    }
}

/// Shows or sends it.
pub async fn run(context: &Context, args: ResendArgs) -> anyhow::Result<Exit> {
    if args.new_sequence {
        return anew(context, &args).await;
    }
    if args.reason.is_given() {
        return Err(Usage(
            "--reason and --at go with --new-sequence: the same bytes are sent again as they are".into(),
        )
        .into());
    }
    let now = context.now();
    if args.dry_run {
        let worker = context.observer(now).await?;
        let seen = preview(&worker, args.file).await.map_err(in_words)?;
        let words = if seen.lies_there { "it lies there already" } else { "it does not lie there" };
        return told(context, &seen, "would be sent", words);
    }
    context.who()?;
    let worker = context.named_worker(now).await?;
    let (seen, published) = resend(&worker, args.file, now).await.map_err(in_words)?;
    let words = match published {
        Published::Now => "it was placed again",
        Published::Before => "it lay there with the same bytes",
    };
    told(context, &seen, "sent", words)
}

async fn anew(context: &Context, args: &ResendArgs) -> anyhow::Result<Exit> {
    if args.dry_run {
        let worker = context.observer(args.reason.previewed(context).at).await?;
        let shown = preview_anew(&worker, args.file).await.map_err(in_words)?;
        let lies = if shown.before.lies_there { "it lies there" } else { "it does not lie there" };
        let row = vec![
            shown.before.id.to_string(),
            shown.before.partner.clone(),
            shown.before.name.clone(),
            lies.to_owned(),
            shown.batch.clone(),
            shown.before.rows.to_string(),
            shown.number.to_string(),
        ];
        let headings = ["id", "partner", "name", "found", "batch", "rows", "new number"];
        print::rows(context.output, &headings, &[row], &shown)?;
        if context.output == Output::Table {
            print::line("\npreview, nothing was changed; a second person is needed")?;
        }
        return Ok(Exit::Ok);
    }
    let mut by = args.reason.by(context)?;
    let worker = context.worker(by.at).await?;
    let second = asks_second(&worker, args.file, by).await.map_err(in_words)?;
    match waits(context, second)? {
        Err(outcome) => return Ok(outcome),
        Ok(approval) => by.approval = approval,
    }
    let (Outcome::Done(made) | Outcome::Before(made)) = render_anew(&worker, args.file, by).await.map_err(in_words)?;
    let name = made.first().cloned().unwrap_or_default();
    let document = json!({ "file": args.file, "new_file": name });
    match context.output {
        Output::Table => print::line(&format!("rendered anew as {name}; a worker sends it"))?,
        output => {
            print::rows(output, &["file", "new file"], &[vec![args.file.to_string(), name.clone()]], &document)?;
        }
    }
    Ok(Exit::Ok)
}

fn told(context: &Context, seen: &Resending, done: &str, words: &str) -> anyhow::Result<Exit> {
    let row =
        vec![seen.id.to_string(), seen.partner.clone(), seen.name.clone(), seen.bytes.to_string(), words.to_owned()];
    let document = json!({ "file": seen, "done": done, "found": words });
    print::rows(context.output, &["id", "partner", "name", "bytes", "found"], &[row], &document)?;
    if context.output == Output::Table && done != "sent" {
        print::line("\nnothing was sent")?;
    }
    Ok(Exit::Ok)
}
