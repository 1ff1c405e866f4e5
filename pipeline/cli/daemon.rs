//! `run`: the daemon. Steps in turn, every second, until it is told to stop.
//!
//! Invariants: no passing error ends it; a step that fails rests, longer each time, and the others
//! go on; a signal lets the step under way finish; a schema that grew past this program ends it.

use std::time::{Duration, Instant};

use clap::Args;
use clap::builder::PossibleValuesParser;
use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::context::Context;
use super::outcome::Outcome;
use super::print;
use super::tick::stages;
use crate::ledger::LedgerError;
use crate::route::{ROUTE, RouteStep, STAGES};
use crate::stages::Station;

/// Pause between two rounds.
const ROUND_SECONDS: u64 = 1;
/// A failing step rests at most this long.
const REST_SECONDS_MAX: u64 = 300;

#[derive(Args)]
#[command(after_help = "Stops after the step under way on SIGTERM or Ctrl-C.
Example: cardline run --stages intake,accounts --kafka broker:9092")]
pub struct RunArgs {
    /// Only the steps of these stages, separated by commas
    #[arg(long, value_name = "STAGES", value_delimiter = ',', value_parser = PossibleValuesParser::new(stages()))]
    stages: Vec<String>,
}

/// A step and how it fares.
struct Watched {
    step: &'static RouteStep,
    failures: u32,
    rest_until: Option<Instant>,
}

/// Loops until a signal arrives.
pub async fn run(context: &Context, args: RunArgs) -> anyhow::Result<Outcome> {
    let mut stop = Stop { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? };
    let mut station = context.station(Timestamp::now()).await?;
    let mut opened = crate::time::local_date(Timestamp::now());
    let mut steps: Vec<Watched> = ROUTE
        .iter()
        .filter(|step| {
            // Files, deadlines and history belong to every stage.
            args.stages.is_empty()
                || !STAGES.contains(&step.stage)
                || args.stages.iter().any(|stage| stage == step.stage)
        })
        .map(|step| Watched { step, failures: 0, rest_until: None })
        .collect();
    print::complain(&format!("running {} steps as {}; stop with Ctrl-C", steps.len(), station.worker()));
    loop {
        // A newer version may have taken something away while we ran: then we are the old one, and stop.
        if let Err(error @ LedgerError::Outgrown { .. }) = station.ledger.still_fits().await {
            return Err(error.into());
        }
        if let Err(error) = station.watch_history(Timestamp::now()).await {
            tracing::error!("whether the history is whole: {error}");
        }
        // Dated tables come into force at midnight, imported ones at once.
        let today = crate::time::local_date(Timestamp::now());
        if today != opened || is_stale(&station).await {
            match context.station(Timestamp::now()).await {
                Ok(fresh) => {
                    tracing::info!("loaded the tables of {today}");
                    (station, opened) = (fresh, today);
                }
                Err(error) => tracing::error!("today's tables: {}", super::outcome::in_one_line(&error)),
            }
        }
        for watched in &mut steps {
            if stop.within(Duration::ZERO).await {
                return stopped();
            }
            turn(watched, &station).await;
        }
        if stop.within(Duration::from_secs(ROUND_SECONDS)).await {
            return stopped();
        }
    }
}

/// Whether tables were imported; when that cannot be known now, the next round asks again.
async fn is_stale(station: &Station) -> bool {
    station.is_stale().await.unwrap_or_else(|error| {
        tracing::error!("whether tables were imported: {error}");
        false
    })
}

fn stopped() -> anyhow::Result<Outcome> {
    print::complain("stopped; nothing is under way");
    Ok(Outcome::Ok)
}

async fn turn(watched: &mut Watched, station: &Station) {
    if watched.rest_until.is_some_and(|until| Instant::now() < until) {
        return;
    }
    let name = format!("{}/{}", watched.step.stage, watched.step.name);
    match watched.step.run(station, Timestamp::now()).await {
        Ok(did) => {
            if did > 0 || watched.failures > 0 {
                tracing::info!(step = name, did, "ran");
            }
            (watched.failures, watched.rest_until) = (0, None);
        }
        Err(error) => {
            watched.failures = watched.failures.saturating_add(1);
            let seconds = 1_u64.checked_shl(watched.failures.min(16)).unwrap_or(REST_SECONDS_MAX);
            let seconds = seconds.min(REST_SECONDS_MAX);
            watched.rest_until = Some(Instant::now() + Duration::from_secs(seconds));
            tracing::error!(step = name, failures = watched.failures, "{error}; tried again in {seconds} s");
        }
    }
}

/// The signals that end the daemon.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// Whether one arrives within the pause.
    async fn within(&mut self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => true,
            _ = self.interrupt.recv() => true,
            () = tokio::time::sleep(pause) => false,
        }
    }
}
