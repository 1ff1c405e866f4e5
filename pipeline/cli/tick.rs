//! `tick`: every step of a stage, once.

use std::iter;

use cardline::actions::errands::ERRANDS;
use cardline::route::ROUTE;
use cardline::step::StageError;
use cardline::step::cause::Cause;
use cardline::step::driver::Drained;
use clap::Args;
use clap::builder::PossibleValuesParser;
use jiff::Timestamp;
use serde::Serialize;

use super::advice::of_stage;
use super::context::Context;
use super::exit::Exit;
use super::print;
use super::typed_values::instant;

#[derive(Args)]
#[command(after_help = "Example: cardline tick production --at 2026-01-06T09:00:00+08:00")]
pub struct TickArgs {
    /// Stage whose steps run
    #[arg(value_name = "STAGE", default_value = "all", value_parser = PossibleValuesParser::new(stages_and_all()))]
    stage: String,
    /// The instant the steps see, RFC 3339 [default: now; not taken once there are users]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
}

/// What one step did.
#[derive(Serialize)]
struct Ticked {
    stage: &'static str,
    step: &'static str,
    did: u64,
    about: &'static str,
}

/// The stages that have steps, in the order a tick runs them.
pub fn stages() -> Vec<&'static str> {
    let mut stages: Vec<&'static str> = Vec::new();
    for step in ROUTE {
        if !stages.contains(&step.stage) {
            stages.push(step.stage);
        }
    }
    stages
}

fn stages_and_all() -> Vec<&'static str> {
    [vec!["all"], stages()].concat()
}

/// What failed, and the command that helps.
fn advised(told: String, error: &StageError) -> String {
    told + of_stage(error).unwrap_or_default()
}

/// Runs every step and prints how often each did something; failures are listed at the end, a line each.
pub async fn run(context: &Context, args: TickArgs) -> anyhow::Result<Exit> {
    let now = context.instant(args.at)?;
    let worker = context.named_worker(now).await?;
    if let Some(service) = &context.service {
        let what = format!("ran tick {} as {}", args.stage, worker.name());
        worker.ledger.record_service(service, &what, now).await?;
    }
    // What a partner left lying is reported, and is no failure of ours.
    let (mut ticked, mut failures, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for step in iter::once(&ERRANDS).chain(ROUTE).filter(|step| args.stage == "all" || step.stage == args.stage) {
        let did = match step.run(&worker, now).await {
            Ok(Drained { did, set_aside }) => {
                let (strays, failed): (Vec<_>, Vec<_>) =
                    set_aside.iter().partition(|aside| aside.cause == Cause::Stray);
                told.extend(strays.into_iter().map(ToString::to_string));
                failures.extend(failed.into_iter().map(|aside| advised(aside.to_string(), &aside.error)));
                did
            }
            // Without the database or with a full disk, or while a person is waited for, no step can work.
            Err(error) if error.is_outage() || worker.refuse_while_halted().await.is_err() => {
                return Err(anyhow::Error::new(error).context(format!("{}/{}", step.stage, step.name)));
            }
            Err(error) => {
                failures.push(advised(format!("{}/{}: {error}", step.stage, step.name), &error));
                0
            }
        };
        ticked.push(Ticked { stage: step.stage, step: step.name, did, about: step.about });
    }
    worker.follow_history(now).await?;
    let row = |t: &Ticked| vec![t.stage.to_owned(), t.step.into(), t.did.to_string(), t.about.into()];
    let rows: Vec<_> = ticked.iter().map(row).collect();
    print::rows(context.output, &["stage", "step", "did", "about"], &rows, &ticked)?;
    for failure in told.iter().chain(&failures) {
        print::complain(&format!("cardline: {}", print::visible(failure)));
    }
    Ok(Exit::of(failures.is_empty()))
}
