//! `intake`: approved applications from a file or from Kafka, once.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;

use super::context::{Context, instant};
use super::outcome::Outcome;
use super::print;
use crate::ledger::IntakeCounts;
use crate::route::ROUTE;
use crate::stages::{Station, intake};

#[derive(Args)]
#[command(after_help = "Examples:
  cardline intake --from applications.ndjson
  cardline intake --from kafka --kafka broker:9092")]
pub struct IntakeArgs {
    /// An NDJSON file, one application a line, or the word `kafka`
    #[arg(long, value_name = "FILE|kafka")]
    from: String,
    /// The instant of intake, RFC 3339 [default: now]
    #[arg(long, value_name = "INSTANT")]
    at: Option<Timestamp>,
}

/// Runs intake once and prints how the messages divided.
pub async fn run(context: &Context, args: IntakeArgs) -> anyhow::Result<Outcome> {
    let now = instant(args.at);
    let counts = if args.from == "kafka" {
        from_kafka(context, now).await?
    } else {
        // Opened first: a wrong path must not leave an empty database behind.
        drop(intake::Lines::open(Path::new(&args.from))?);
        let station = context.station(now).await?;
        intake::from_file(&station, Path::new(&args.from), now).await?.counts
    };
    print::rows(context.output, HEADINGS, &[row(&counts)], &counts)?;
    let troubled = counts.rejected + counts.quarantined + counts.conflicting;
    Ok(if troubled > 0 { Outcome::Rejected } else { Outcome::Ok })
}

async fn from_kafka(context: &Context, now: Timestamp) -> anyhow::Result<IntakeCounts> {
    if context.config.kafka.value == "mock" {
        anyhow::bail!("no broker is configured; give one with --kafka SERVERS, or take in a file with --from FILE");
    }
    let station: Station = context.station(now).await?;
    let topic = station.config.topics.applications.clone();
    let before = station.ledger.intake_counts(&topic).await?;
    for step in ROUTE.iter().filter(|step| step.stage == "intake") {
        step.run(&station, now).await?;
    }
    let after = station.ledger.intake_counts(&topic).await?;
    Ok(IntakeCounts {
        received: after.received - before.received,
        accepted: after.accepted - before.accepted,
        rejected: after.rejected - before.rejected,
        repeated: after.repeated - before.repeated,
        conflicting: after.conflicting - before.conflicting,
        quarantined: after.quarantined - before.quarantined,
    })
}

/// Headings of [`row`].
pub const HEADINGS: &[&str] = &["read", "accepted", "rejected", "repeated", "conflicting", "quarantined"];

/// The counts as one row; the first is the sum of the rest.
pub fn row(counts: &IntakeCounts) -> Vec<String> {
    let IntakeCounts { received, accepted, rejected, repeated, conflicting, quarantined } = counts;
    [received, accepted, rejected, repeated, conflicting, quarantined].map(ToString::to_string).to_vec()
}
