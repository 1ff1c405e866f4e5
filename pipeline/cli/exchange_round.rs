//! `exchange send|poll`: one round with a partner now, or with all of them; and `exchange test`, which tries how one is
//! reached.

use cardline::actions::connection::{Tried, try_connection};
use cardline::route::{ROUTE, RouteStep};
use cardline::step::cause::Cause;
use cardline::step::driver::Drained;
use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::exit::Exit;
use super::file_read::known_partner;
use super::print::{self, Output};
use super::refusals::in_words;

/// The steps that carry files to partners, and those that fetch.
const SENDING: &[&str] = &["send", "tell"];
const FETCHING: &[&str] = &["fetch"];

#[derive(Args)]
pub struct RoundArgs {
    /// Code of the partner; without it all partners, each beside the others
    #[arg(long, value_name = "CODE")]
    partner: Option<String>,
}

#[derive(Args)]
pub struct TestArgs {
    /// Code of the partner
    partner: String,
}

/// What a step did.
#[derive(Serialize)]
struct Carried {
    step: &'static str,
    did: u64,
    about: &'static str,
}

/// Sends what is frozen and tells what is to be told.
pub async fn send(context: &Context, args: RoundArgs) -> anyhow::Result<Exit> {
    round(context, args, SENDING).await
}

/// Fetches what partners' servers have.
pub async fn poll(context: &Context, args: RoundArgs) -> anyhow::Result<Exit> {
    round(context, args, FETCHING).await
}

async fn round(context: &Context, args: RoundArgs, steps: &[&str]) -> anyhow::Result<Exit> {
    let now = context.instant(None)?;
    let mut worker = context.named_worker(now).await?;
    if let Some(code) = &args.partner {
        known_partner(worker.partners.all().map(|partner| partner.profile.code.as_str()), code)?;
        worker = worker.carrying_for(code);
    }
    let (mut carried, mut failed) = (Vec::new(), Vec::new());
    let is_asked = |step: &&RouteStep| step.stage == "exchange" && steps.contains(&step.name);
    for step in ROUTE.iter().filter(is_asked) {
        let Drained { did, set_aside } = step.run(&worker, now).await?;
        carried.push(Carried { step: step.name, did, about: step.about });
        failed.extend(set_aside);
    }
    let row = |one: &Carried| vec![one.step.to_owned(), one.did.to_string(), one.about.to_owned()];
    let rows: Vec<_> = carried.iter().map(row).collect();
    print::rows(context.output, &["step", "did", "about"], &rows, &carried)?;
    for aside in &failed {
        print::complain(&format!("cardline: {}; {}", print::visible(&aside.to_string()), aside.cause.advice()));
    }
    // What a partner left lying is told, and is no failure of ours.
    Ok(Exit::of(failed.iter().all(|aside| aside.cause == Cause::Stray)))
}

/// Prints what was tried and found; fails when something is not well.
pub async fn test(context: &Context, args: TestArgs) -> anyhow::Result<Exit> {
    let now = context.now();
    let worker = context.observer(now).await?;
    known_partner(worker.partners.all().map(|partner| partner.profile.code.as_str()), &args.partner)?;
    let Some(partner) = worker.partners.get(&args.partner) else { return Ok(Exit::Failed) };
    let tried = try_connection(&worker, partner, now, jiff::Timestamp::now())
        .await
        .map_err(|refused| in_words(refused.into()))?;
    let word = |one: &Tried| if one.is_well { "ok" } else { "WRONG" };
    let row = |one: &Tried| vec![one.what.to_owned(), word(one).to_owned(), one.found.clone()];
    let rows: Vec<_> = tried.iter().map(row).collect();
    print::rows(context.output, &["what", "verdict", "found"], &rows, &tried)?;
    let is_well = tried.iter().all(|one| one.is_well);
    if context.output == Output::Table && is_well {
        print::line(&format!("\n{} can be reached, and files can be placed and fetched", args.partner))?;
    }
    Ok(Exit::of(is_well))
}
