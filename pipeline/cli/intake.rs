//! `intake`: approved applications from a file or from Kafka, once; or a dry run of it.

use std::path::Path;

use cardline::route::intake::rehearsal::Rehearsed;
use cardline::route::intake::settle::IntakeCounts;
use cardline::route::{ROUTE, intake};
use cardline::step::Worker;
use cardline::store::LedgerError;
use clap::Args;
use jiff::Timestamp;

use super::context::Context;
use super::exit::{Exit, ledger_error};
use super::print::{self, Output};
use super::progress::Progress;
use super::typed_values::instant;

#[derive(Args)]
#[command(
    after_help = "With --dry-run everything is done in one transaction that is undone at the end: rules, repeats,
conflicts and what the ledger knows of persons and cards. A SQLite database is copied into the
folder for temporary files first, so nobody waits.

Examples:
  cardline intake --from applications.ndjson --dry-run
  cardline intake --from applications.ndjson
  cardline intake --from kafka --kafka broker:9092"
)]
pub struct IntakeArgs {
    /// An NDJSON file, one application a line, or the word `kafka`
    #[arg(long, value_name = "FILE|kafka")]
    from: String,
    /// Only say what would happen; nothing is changed
    #[arg(long)]
    dry_run: bool,
    /// The instant of intake, RFC 3339 [default: now; not taken once there are users]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
}

/// Runs intake once and prints how the messages divided.
pub async fn run(context: &Context, args: IntakeArgs) -> anyhow::Result<Exit> {
    let now = if args.dry_run { context.look_at(args.at) } else { context.instant(args.at)? };
    let kafka = args.from == "kafka";
    let path = Path::new(&args.from);
    if kafka && context.config.kafka.value == "mock" {
        anyhow::bail!("no broker is configured; give one with --kafka SERVERS, or take in a file with --from FILE");
    }
    if !kafka {
        // Opened first: a wrong path must not leave an empty database behind.
        drop(intake::Lines::open(path)?);
    }
    if args.dry_run {
        return dry_run(context, (!kafka).then_some(path), now).await;
    }
    let worker = context.named_worker(now).await?;
    let counts = if kafka {
        from_kafka(&worker, now).await?
    } else {
        let mut progress = Progress::new();
        let counts =
            intake::from_file(&worker, path, now, |done, all| progress.show(done, all, "bytes taken in")).await;
        progress.finish();
        counts?
    };
    print::rows(context.output, HEADINGS, &[row(&counts)], &counts)?;
    Ok(outcome(&counts))
}

fn outcome(counts: &IntakeCounts) -> Exit {
    let troubled = counts.rejected + counts.quarantined + counts.conflicting;
    if troubled > 0 { Exit::Rejected } else { Exit::Ok }
}

async fn from_kafka(worker: &Worker, now: Timestamp) -> anyhow::Result<IntakeCounts> {
    let topic = worker.config.topics.applications.clone();
    let before = worker.ledger.intake_counts(&topic).await?;
    let mut failed = Vec::new();
    for step in ROUTE.iter().filter(|step| step.stage == "intake") {
        // A message that cannot be taken in now holds back no other; the failure is reported all the same.
        failed.extend(step.run(worker, now).await?.set_aside);
    }
    if let Some(aside) = failed.first() {
        anyhow::bail!("{aside}");
    }
    let after = worker.ledger.intake_counts(&topic).await?;
    Ok(IntakeCounts {
        received: after.received - before.received,
        accepted: after.accepted - before.accepted,
        rejected: after.rejected - before.rejected,
        repeated: after.repeated - before.repeated,
        conflicting: after.conflicting - before.conflicting,
        quarantined: after.quarantined - before.quarantined,
    })
}

async fn dry_run(context: &Context, file: Option<&Path>, now: Timestamp) -> anyhow::Result<Exit> {
    // Where there is no ledger yet, an empty one is judged against, and none is left behind.
    let unused = tempfile::tempdir()?;
    let worker = match context.looking().observer(now).await {
        Err(error) if matches!(ledger_error(&error), Some(LedgerError::NoLedger { .. })) => {
            let mut config = context.config.clone();
            config.database.value = format!("sqlite:{}", unused.path().join("ledger.sqlite").display());
            config.data.value = unused.path().into();
            Worker::open(config, cardline::time::local_date(now)).await?
        }
        worker => worker?,
    };
    let rehearsed = match file {
        None => intake::rehearse_topic(&worker, now).await?,
        Some(path) => {
            let mut progress = Progress::new();
            let rehearsed =
                intake::rehearse_file(&worker, path, now, |done, all| progress.show(done, all, "bytes checked")).await;
            progress.finish();
            rehearsed?
        }
    };
    worker.ledger.close().await;
    print::rows(context.output, HEADINGS, &[row(&rehearsed.counts)], &rehearsed)?;
    if context.output == Output::Table {
        details(&rehearsed)?;
    }
    Ok(outcome(&rehearsed.counts))
}

/// Below the counts: by which rules, and for which reasons.
fn details(rehearsed: &Rehearsed) -> anyhow::Result<()> {
    let Rehearsed { findings, reasons, .. } = rehearsed;
    if !findings.is_empty() {
        let line = |f: &cardline::route::intake::rehearsal::RuleCount| {
            vec![f.rule.clone(), f.severity.clone(), f.messages.to_string()]
        };
        let lines: Vec<_> = findings.iter().map(line).collect();
        print::line(&format!("\n{}", print::table(&["rule", "severity", "applications"], &lines)))?;
    }
    if !reasons.is_empty() {
        let line = |r: &cardline::route::intake::rehearsal::ReasonCount| {
            vec![r.outcome.clone(), r.reason.clone(), r.messages.to_string()]
        };
        let lines: Vec<_> = reasons.iter().map(line).collect();
        print::line(&format!("\n{}", print::table(&["outcome", "reason", "messages"], &lines)))?;
    }
    print::line("\nDry run: nothing was changed.")
}

/// Headings of [`row`].
pub const HEADINGS: &[&str] = &["read", "accepted", "rejected", "repeated", "conflicting", "quarantined"];

/// The counts as one row; the first is the sum of the rest.
pub fn row(counts: &IntakeCounts) -> Vec<String> {
    let IntakeCounts { received, accepted, rejected, repeated, conflicting, quarantined } = counts;
    [received, accepted, rejected, repeated, conflicting, quarantined].map(ToString::to_string).to_vec()
}
