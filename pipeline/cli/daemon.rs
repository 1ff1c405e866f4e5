//! `run`: the daemon, from the command line.

use cardline::config::Sourced;
use cardline::daemon::{self, DaemonError, StopCause};
use cardline::route::{ROUTE, RouteStep, STAGES};
use clap::Args;
use clap::builder::PossibleValuesParser;

use super::context::Context;
use super::exit::Exit;
use super::refusals::no_service;
use super::tick::stages;

#[derive(Args)]
#[command(after_help = "\
On SIGTERM or Ctrl-C the step under way may finish within CARDLINE_STOP_SECONDS (25); then it is dropped and rolls
back. A second signal ends at once, with exit code 1. Several workers may run side by side. Once there are users, they
work for a service user, whose credential lies in CARDLINE_SERVICE_FILE (`cardline users add --help`).
Example: cardline run --stages intake,accounts --kafka broker:9092 --listen 127.0.0.1:9464")]
pub struct RunArgs {
    /// Only the steps of these stages, separated by commas
    #[arg(long, value_name = "STAGES", value_delimiter = ',', value_parser = PossibleValuesParser::new(stages()))]
    stages: Vec<String>,
    /// Serve /metrics, /health and /ready at this address [env: CARDLINE_LISTEN]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

/// Runs until a signal arrives.
pub async fn run(context: &Context, args: RunArgs) -> anyhow::Result<Exit> {
    context.make_data_folder()?;
    let mut config = context.config.clone();
    if let Some(address) = args.listen {
        config.listen = Sourced { value: Some(address), source: "flag" };
    }
    let cause = daemon::run(config, chosen(&args.stages)).await.map_err(|error| match error {
        DaemonError::Service(error) => no_service(error),
        other => other.into(),
    })?;
    Ok(Exit::of(cause != StopCause::SecondSignal))
}

/// The steps of the stages asked for. Files, deadlines and history belong to every stage.
fn chosen(stages: &[String]) -> Vec<&'static RouteStep> {
    let wanted = |step: &&RouteStep| {
        stages.is_empty() || !STAGES.contains(&step.stage) || stages.iter().any(|stage| stage == step.stage)
    };
    ROUTE.iter().filter(wanted).collect()
}
