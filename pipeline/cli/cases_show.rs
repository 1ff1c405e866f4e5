//! `cases show`: one case with everything that helps to decide it.

use cardline::actions::cases::refusal::CaseRefusal;
use cardline::books::case_shown::{CardOfCase, CaseShown, PartnerAnswer, ShownMove, show_case};
use cardline::books::delivery_shown::DeliveryShown;
use clap::Args;
use jiff::Timestamp;

use super::cases_list::{HEADINGS, row};
use super::context::Context;
use super::exit::Exit;
use super::print::{self, Output};
use super::refusals::refused;
use super::typed_values::instant;

#[derive(Args)]
#[command(
    after_help = "The application is shown masked: kinds and lengths of characters in the place of what identifies a person.
The rows of a partner's file are shown, masked, by `file inspect`."
)]
pub struct ShowArgs {
    /// Number of the case
    #[arg(value_name = "N")]
    number: i64,
    /// The instant that counts as now, RFC 3339 [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
}

/// Prints one case.
pub async fn run(context: &Context, args: ShowArgs) -> anyhow::Result<Exit> {
    let now = context.look_at(args.at);
    let worker = context.observer(now).await?;
    let Some(shown) = show_case(&worker, args.number, now).await? else {
        return Err(refused(&CaseRefusal::NoSuchCase { id: args.number }));
    };
    if context.output != Output::Table {
        print::rows(context.output, HEADINGS, &[row(&shown.case)], &shown)?;
        return Ok(Exit::Ok);
    }
    print::line(&print::table(HEADINGS, &[row(&shown.case)]))?;
    decisions(&shown)?;
    if let Some(file) = &shown.about_file {
        let sequence = file.sequence.map_or_else(String::new, |n| n.to_string());
        let reason = file.reason.clone().unwrap_or_default();
        let row = [&file.partner, &file.kind, &file.direction, &sequence, &file.state, &file.name, &reason];
        section(
            &["partner", "kind", "direction", "sequence", "state", "file", "reason"],
            vec![row.map(Clone::clone).to_vec()],
        )?;
    }
    shown.delivery.as_ref().map_or(Ok(()), delivery)?;
    shown.card.as_ref().map_or(Ok(()), card)?;
    section(MOVE_HEADINGS, shown.history.iter().map(move_row).collect())?;
    Ok(Exit::Ok)
}

/// What was decided, or may be.
fn decisions(shown: &CaseShown) -> anyhow::Result<()> {
    if let Some(decided) = &shown.decided {
        let row = [&decided.at, &decided.word, &decided.by, &decided.reason].map(Clone::clone).to_vec();
        section(&["decided", "word", "by", "reason"], vec![row])?;
    }
    let second = |second: bool| if second { "yes" } else { "no" }.to_owned();
    let words = shown.words.iter().map(|word| {
        vec![word.word.into(), word.to.clone().unwrap_or_default(), second(word.second_person), word.does.into()]
    });
    section(&["word", "to", "second person", "does"], words.collect())
}

/// The carton, and what the point said of it.
fn delivery(delivery: &DeliveryShown) -> anyhow::Result<()> {
    let (cards, travelling) = (delivery.cards.to_string(), delivery.travelling.to_string());
    let boxes = delivery.boxes.join(" ");
    let row = [&delivery.shipment, &delivery.point, &delivery.point_name, &delivery.place, &cards, &travelling, &boxes];
    section(
        &["shipment", "point", "name", "place", "packed", "travelling", "boxes"],
        vec![row.map(Clone::clone).to_vec()],
    )?;
    let receipts = delivery.receipts.iter().map(|receipt| {
        let counted = receipt.counted.map_or_else(String::new, |n| n.to_string());
        let named = receipt.container.clone().unwrap_or_default();
        let row = [&receipt.at, &receipt.kind, &named, &receipt.expected.to_string(), &counted, &receipt.actor];
        row.map(Clone::clone).to_vec()
    });
    section(&["received", "kind", "box", "travelling", "counted", "by"], receipts.collect())
}

fn card(card: &CardOfCase) -> anyhow::Result<()> {
    let number = card.card_number.clone().unwrap_or_default();
    let place = card.place.clone().unwrap_or_default();
    let row = [&card.application_id, &number, &card.state, &place, &card.social, &card.account, &card.promise_on];
    section(
        &["application", "card", "state", "place", "social", "account", "promise_on"],
        vec![row.map(Clone::clone).to_vec()],
    )?;
    let held = card.application.iter().filter(|value| value.path.starts_with("holder."));
    section(&["we hold", "masked"], held.map(|value| vec![value.path.clone(), value.value.clone()]).collect())?;
    let answers = card.answers.iter().map(|answer| {
        let row = answer.row.to_string();
        [&answer.partner, &answer.kind, &answer.outcome, &answer.code, &row, &answer.file].map(Clone::clone).to_vec()
    });
    section(&["partner", "kind", "answered", "code", "row", "file"], answers.collect())?;
    for answer in &card.answers {
        section(&["field", "asked", answer.outcome.as_str()], cells(answer))?;
    }
    section(MOVE_HEADINGS, card.moves.iter().map(move_row).collect())
}

/// What was asked beside what was answered, field by field.
fn cells(answer: &PartnerAnswer) -> Vec<Vec<String>> {
    let asked = |path: &str| answer.asked.iter().find(|cell| cell.path == path).map(|cell| cell.value.clone());
    let both = answer.answered.iter();
    both.map(|cell| vec![cell.path.clone(), asked(&cell.path).unwrap_or_default(), cell.value.clone()]).collect()
}

const MOVE_HEADINGS: &[&str] = &["at", "life", "from", "to", "by", "reason"];

fn move_row(m: &ShownMove) -> Vec<String> {
    [&m.at, &m.life, &m.from, &m.to, &m.by, &m.reason].map(Clone::clone).to_vec()
}

/// A table below an empty line, unless there is nothing in it.
fn section(headings: &[&str], rows: Vec<Vec<String>>) -> anyhow::Result<()> {
    if rows.is_empty() { Ok(()) } else { print::line(&format!("\n{}", print::table(headings, &rows))) }
}
