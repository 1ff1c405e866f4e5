//! `erase person|scan`: a person's records destroyed, and whether anything of what was destroyed is left.

use std::path::PathBuf;

use cardline::actions::dual_control::second_person;
use cardline::actions::erase::{GROUNDS, erase, preview, wanted};
use cardline::actions::outcome::Outcome;
use cardline::erasing::scan::scan;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::json;

use super::approvals::waits;
use super::batch_action::Reason;
use super::context::Context;
use super::exit::Exit;
use super::print;
use super::refusals::{in_words, of_action};

#[derive(Subcommand)]
pub enum Erase {
    /// 抹除 Destroy every record of an application's person, whose cards have all ended; needs a second person
    #[command(after_help = "Grounds (Personal Information Protection Law):
  purpose-done       art. 47 (1): the purpose is achieved, cannot be achieved, or needs the data no longer
  retention-over     art. 47 (2): the service ended, or the time of keeping is over
  consent-withdrawn  art. 47 (3): the person withdrew the consent
  unlawful           art. 47 (4): the data was handled against the law or an agreement
  other-law          art. 47 (5): another law or regulation says so
It cannot be taken back. Backups and Kafka keep what they have: see ops/runbooks/erase.md
Examples:
  cardline erase person 110101-20260105-000000001 --ground consent-withdrawn --dry-run
  cardline erase person 110101-20260105-000000001 --ground consent-withdrawn --reason \"letter 17\" --as boss")]
    Person(PersonArgs),
    /// 查验 Whether anything of erased persons and purged files is left; changes nothing
    #[command(after_help = "Exit code 1: something is left; each line says where and what to do.
Example: cardline erase scan --backups /backup/cardline")]
    Scan(ScanArgs),
}

#[derive(Args)]
pub struct PersonArgs {
    /// Id of one of the person's applications
    #[arg(value_name = "APPLICATION_ID")]
    application: String,
    /// The ground, as listed below
    #[arg(long, value_name = "CODE", value_parser = PossibleValuesParser::new(GROUNDS.iter().map(|ground| ground.0)), hide_possible_values = true)]
    ground: String,
    /// Show how much would be destroyed; change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    reason: Reason,
}

#[derive(Args)]
pub struct ScanArgs {
    /// Also the backups that `cardline backup --to DIR` made
    #[arg(long, value_name = "DIR")]
    backups: Option<PathBuf>,
}

/// Runs one of the commands.
pub async fn run(context: &Context, command: Erase) -> anyhow::Result<Exit> {
    match command {
        Erase::Person(args) if args.dry_run => show(context, &args).await,
        Erase::Person(args) => person(context, &args).await,
        Erase::Scan(args) => look(context, &args).await,
    }
}

async fn show(context: &Context, args: &PersonArgs) -> anyhow::Result<Exit> {
    let worker = context.observer(context.now()).await?;
    let found = preview(&worker, &args.application, &args.ground).await.map_err(|error| of_action("erase", error))?;
    let counts = [
        ("applications", found.person.applications.len()),
        ("messages", found.messages()),
        ("accounts", found.person.accounts as usize),
        ("files", found.person.files.len()),
        ("photos", found.person.objects.len()),
    ];
    let rows: Vec<_> = counts.iter().map(|(what, count)| vec![(*what).to_owned(), count.to_string()]).collect();
    let document: serde_json::Map<_, _> =
        counts.iter().map(|(what, count)| ((*what).to_owned(), json!(count))).collect();
    print::rows(context.output, &["what", "destroyed"], &rows, &document)?;
    Ok(Exit::Ok)
}

async fn person(context: &Context, args: &PersonArgs) -> anyhow::Result<Exit> {
    let mut by = args.reason.by(context)?;
    let (application, ground) = (args.application.as_str(), args.ground.as_str());
    let worker = context.named_worker(by.at).await?;
    if worker.ledger.erased(application).await?.is_none() {
        let found = preview(&worker, application, ground).await.map_err(in_words)?;
        let asked = wanted(&found, application, ground, by.reason);
        match waits(context, second_person(&worker, &asked, by.at).await?)? {
            Err(outcome) => return Ok(outcome),
            Ok(approval) => by.approval = approval,
        }
    }
    let ended = erase(&worker, application, ground, by).await.map_err(|error| of_action("erase", error))?;
    let done = matches!(ended, Outcome::Done(_));
    let said =
        if done { "every record of the person is destroyed" } else { "it was erased before; nothing was changed" };
    let document = json!({ "act": "erase", "of": application, "done": done, "done_before": !done });
    match context.output {
        print::Output::Table => print::line(&format!("{application}: {said}"))?,
        output => print::rows(
            output,
            &["act", "of", "done"],
            &[vec!["erase".into(), application.into(), done.to_string()]],
            &document,
        )?,
    }
    Ok(Exit::Ok)
}

async fn look(context: &Context, args: &ScanArgs) -> anyhow::Result<Exit> {
    let now = context.now();
    let worker = context.observer(now).await?;
    let found = scan(&worker, args.backups.as_deref(), now).await?;
    let row =
        |left: &cardline::erasing::scan::Left| vec![left.place.to_owned(), left.found.clone(), left.advice.to_owned()];
    let rows: Vec<_> = found.left.iter().map(row).collect();
    if found.left.is_empty() && context.output == print::Output::Table {
        print::line(&format!(
            "nothing is left of {} persons, {} records and {} files",
            found.persons, found.records, found.files
        ))?;
    } else {
        print::rows(context.output, &["place", "found", "do"], &rows, &found)?;
    }
    Ok(Exit::of(found.left.is_empty()))
}
