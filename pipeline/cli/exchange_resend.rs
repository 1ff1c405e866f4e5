//! `exchange resend`: a file that was sent, again.

use cardline::actions::resend::{ResendRefusal, Resending, preview, resend};
use cardline::exchange::transport::Published;
use clap::Args;
use serde_json::json;

use super::context::Context;
use super::exit::Exit;
use super::print::{self, Output};
use super::refusals::{InWords, in_words};

#[derive(Args)]
#[command(
    after_help = "The same bytes under the same name and number. A file whose bytes were purged is told as gone and not rendered anew.
Examples:
  cardline exchange resend 17 --dry-run
  cardline exchange resend 17 --as lin"
)]
pub struct ResendArgs {
    /// Id of the file, as `exchange list` shows it
    #[arg(value_name = "ID")]
    file: i64,
    /// Show what would be sent and whether it lies there; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl InWords for ResendRefusal {
    fn words(&self) -> String {
        match self {
            ResendRefusal::NoFile(id) => format!("there is no file {id}; see `cardline exchange list`"),
            ResendRefusal::FromThem => "it came from the partner: ask the partner to send it again".into(),
            ResendRefusal::NotSent { state } => {
                format!("it is {state}, so it was not sent: what is frozen is sent by itself, or by `cardline exchange send`")
            }
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
