//! `find`: where a person's card is, asked by the person's number, which is never an argument and never printed.

use cardline::books::person_cards::{PersonCard, find_person};
use clap::Args;

use super::batch_action::Reason;
use super::context::Context;
use super::exit::Exit;
use super::print::{self, Output};
use super::refusals::in_words;
use super::typed_line::secret_line;

#[derive(Args)]
#[command(
    after_help = "The number is asked for, or is one line of standard input. Each look-up is recorded under your name with its reason, and counts as one person opened.
Example: cardline find --reason \"a mother asks at the counter\" --as lin"
)]
pub struct FindArgs {
    #[command(flatten)]
    reason: Reason,
}

const HEADINGS: &[&str] =
    &["application_id", "kind", "state", "bank", "region", "point", "point_name", "approved_on", "due_on", "owner"];

/// Prints the applications of a person and where each card is.
pub async fn run(context: &Context, args: FindArgs) -> anyhow::Result<Exit> {
    let by = args.reason.by(context)?;
    let worker = context.worker(by.at).await?;
    let number = secret_line("the person's number", "a number")?;
    let cards = find_person(&worker, number.trim(), by).await.map_err(in_words)?;
    let rows: Vec<_> = cards.iter().map(row).collect();
    if context.output == Output::Table && cards.is_empty() {
        print::line("nobody is found within what you see; the look-up was recorded")?;
        return Ok(Exit::Ok);
    }
    print::rows(context.output, HEADINGS, &rows, &cards)?;
    Ok(Exit::Ok)
}

fn row(card: &PersonCard) -> Vec<String> {
    [
        &card.application_id,
        &card.kind,
        &card.state,
        &card.bank,
        &card.region,
        &card.point,
        &card.point_name,
        &card.approved_on,
        &card.due_on,
        &card.owner,
    ]
    .map(Clone::clone)
    .to_vec()
}
