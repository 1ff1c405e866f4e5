//! `run`: the daemon, from the command line.

use std::sync::Arc;

use cardline::config::Sourced;
use cardline::daemon::{self, DaemonError, StopCause};
use cardline::route::{ROUTE, RouteStep, STAGES};
use cardline_console::{Clock, Console};
use clap::Args;
use clap::builder::PossibleValuesParser;

use super::context::Context;
use super::exit::Exit;
use super::refusals::no_service;
use super::serve;
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
    /// Serve the console at this address, too, in the same process
    #[arg(long, value_name = "ADDRESS")]
    console: Option<String>,
}

/// Runs until a signal arrives.
pub async fn run(context: &Context, args: RunArgs) -> anyhow::Result<Exit> {
    context.make_data_folder()?;
    let mut config = context.config.clone();
    if let Some(address) = args.listen {
        config.listen = Sourced { value: Some(address), source: "flag" };
    }
    let console = match &args.console {
        None => None,
        Some(address) => {
            let console = Arc::new(Console::new(config.clone(), Clock::Database, Vec::new()));
            Some((serve::begin(&console, address).await?, console))
        }
    };
    let cause = daemon::run(config, chosen(&args.stages)).await.map_err(|error| match error {
        DaemonError::Service(error) => no_service(error),
        other => other.into(),
    })?;
    if let Some((listening, console)) = console {
        listening.stop();
        console.close().await;
    }
    Ok(Exit::of(cause != StopCause::SecondSignal))
}

/// The steps of the stages asked for. Files, deadlines and history belong to every stage.
fn chosen(stages: &[String]) -> Vec<&'static RouteStep> {
    let wanted = |step: &&RouteStep| {
        stages.is_empty() || !STAGES.contains(&step.stage) || stages.iter().any(|stage| stage == step.stage)
    };
    ROUTE.iter().filter(wanted).collect()
}
