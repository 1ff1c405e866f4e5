//! `pickup reassign`: a point that closes hands its cards on to another; previewed first, and given by a second person.

use cardline::actions::pickup::reassign::{Ask, ReassignReport, asks_second, reassign};
use clap::Args;

use super::approvals::waits;
use super::context::Context;
use super::exit::{Exit, Usage};
use super::pickup_windows::Confirmed;
use super::print::{self, Output, grouped_digits};
use super::refusals::in_words;

#[derive(Args)]
#[command(
    after_help = "Everything goes on that is at the point, on its way there, or would come there once it is made. Cartons are due at the other point within the days of transit, and are counted there again.
A second person must approve it. An outlet of a bank can be handed on when it has ended, to an outlet of the same bank.
Examples:
  cardline pickup reassign --from 110101001001 --to 110101001002 --dry-run
  cardline pickup reassign --from 110101001001 --to 110101001002 --confirm OPERATION --reason \"the village hall closes\" --as lin"
)]
pub struct ReassignArgs {
    /// The code of the point that hands its cards on; it may have closed
    #[arg(long, value_name = "CODE")]
    from: String,
    /// The code of the point that takes over
    #[arg(long, value_name = "CODE")]
    to: String,
    #[command(flatten)]
    confirmed: Confirmed,
}

/// Hands a point on, or previews it.
pub async fn run(context: &Context, args: ReassignArgs) -> anyhow::Result<Exit> {
    let Confirmed { dry_run, confirm, reason } = &args.confirmed;
    let ask = Ask { from: &args.from, to: &args.to, confirm: confirm.as_deref(), dry_run: *dry_run };
    if !ask.dry_run && ask.confirm.is_none() {
        return Err(Usage("preview it with --dry-run, then confirm the operation with --confirm".into()).into());
    }
    if ask.dry_run {
        let by = reason.previewed(context);
        let report = reassign(&context.observer(by.at).await?, ask, by).await;
        return told(context, &report.map_err(in_words)?);
    }
    let mut by = reason.by(context)?;
    let worker = context.worker(by.at).await?;
    match waits(context, asks_second(&worker, ask, by).await.map_err(in_words)?)? {
        Err(outcome) => return Ok(outcome),
        Ok(approval) => by.approval = approval,
    }
    told(context, &reassign(&worker, ask, by).await.map_err(in_words)?)
}

fn told(context: &Context, report: &ReassignReport) -> anyhow::Result<Exit> {
    let rows: Vec<_> = report.places.iter().map(|row| vec![row.state.clone(), row.cards.to_string()]).collect();
    if context.output != Output::Table || !rows.is_empty() {
        print::rows(context.output, &["place", "cards"], &rows, report)?;
    }
    if context.output != Output::Table {
        return Ok(Exit::Ok);
    }
    let mut touched = format!(
        "{} cards of {} people, {} shipments, from {} to {}",
        grouped_digits(report.cards),
        grouped_digits(report.people),
        grouped_digits(report.shipments),
        named(&report.from, &report.from_name),
        named(&report.to, &report.to_name)
    );
    if let Some(day) = &report.due_on {
        touched.push_str(&format!(", where the last carton is due on {day}"));
    }
    print::line(&match (report.dry_run, report.done) {
        (true, _) => format!(
            "\npreview: {touched}; nothing was changed; to carry it out: the same with --confirm {} for --dry-run{}",
            report.operation,
            if report.second_person { "; a second person must approve it" } else { "" }
        ),
        (_, true) => format!("\ndone: {touched}"),
        _ => format!("it was carried out before: {touched}; nothing was changed now"),
    })?;
    Ok(Exit::Ok)
}

fn named(code: &str, name: &str) -> String {
    if name.is_empty() { code.into() } else { format!("{code} {name}") }
}
