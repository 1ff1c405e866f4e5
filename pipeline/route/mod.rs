//! The route: the stages and their steps, in order. The README's table, the folders and `cardline
//! tick` show the same order, and a test holds them together.

pub mod accounts;
pub mod clear;
pub mod deadlines;
pub mod distribution;
pub(crate) mod due_days;
pub(crate) mod due_moves;
pub(crate) mod due_rules;
pub mod fetch;
pub mod intake;
pub mod production;
pub mod recycling;
pub mod regions;
pub mod rules_in_words;
pub mod send;
pub mod servicing;
pub mod strip;
pub mod tell;
pub mod unfinished;
pub mod waiting_regions;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use cardline_core::batch_kinds::BatchKind;
use futures_util::future::join_all;
use jiff::Timestamp;

use crate::batching::any_kind::AnyKind;
use crate::erasing::purge;
use crate::limits::{
    FETCH_REST_SECONDS, NOTICES_REST_SECONDS, PURGE_REST_SECONDS, WARNINGS_REST_SECONDS, WINDOW_ENDS_REST_SECONDS,
};
use crate::messages::{history, notices, tell_dead_letters};
use crate::route::regions::FollowRegions;
use crate::route::waiting_regions::Room;
use crate::step::driver::{Drained, drain};
use crate::step::set_aside::Resting;
use crate::step::{StageError, Worker};
use crate::{crash, photos};

/// What a step did until it found nothing more to do.
type Running<'a> = Pin<Box<dyn Future<Output = Result<Drained, StageError>> + Send + 'a>>;

/// One step of the route.
pub struct RouteStep {
    pub stage: &'static str,
    pub name: &'static str,
    pub about: &'static str,
    /// How long the daemon leaves it alone when it found nothing to do.
    pub rest: Duration,
    /// Partners with a server of their own are served beside each other: one that hangs holds nobody back.
    pub is_apart: bool,
    pub(crate) run: for<'a> fn(&'a Worker, Resting, Timestamp) -> Running<'a>,
}

impl RouteStep {
    /// Runs the step until it finds nothing more to do; what was set aside is tried, too. While a halt waits
    /// for a person, no step runs; a clock that jumped begins one.
    pub fn run<'a>(&'a self, worker: &'a Worker, now: Timestamp) -> Running<'a> {
        self.run_with(worker, Resting::Try, now)
    }

    /// As [`RouteStep::run`]; says whether units that failed a moment ago are tried.
    pub fn run_with<'a>(&'a self, worker: &'a Worker, resting: Resting, now: Timestamp) -> Running<'a> {
        Box::pin(async move {
            worker.watch_clock(now).await?;
            worker.refuse_while_halted().await?;
            crash::step(self.stage, self.name);
            // Who carries for some only has nobody to serve apart.
            if self.is_apart && worker.carried_elsewhere.is_empty() {
                self.run_apart(worker, resting, now).await
            } else {
                (self.run)(worker, resting, now).await
            }
        })
    }

    /// Runs the step for the partners whose folders are ours, and then for all servers beside each other.
    async fn run_apart(&self, worker: &Worker, resting: Resting, now: Timestamp) -> Result<Drained, StageError> {
        let mut drained = (self.run)(&worker.carrying_for_folders(), resting, now).await?;
        let servers: Vec<Worker> = worker.with_servers().map(|code| worker.carrying_for(code)).collect();
        for one in join_all(servers.iter().map(|worker| (self.run)(worker, resting, now))).await {
            let one = one?;
            drained.did += one.did;
            drained.set_aside.extend(one.set_aside);
        }
        Ok(drained)
    }
}

macro_rules! step {
    ($stage:literal, $name:literal, $about:literal, $step:expr) => {
        step!($stage, $name, $about, $step, rests 0)
    };
    ($stage:literal, $name:literal, $about:literal, $step:expr, rests $seconds:expr) => {
        step!($stage, $name, $about, $step, rests $seconds, apart false)
    };
    ($stage:literal, $name:literal, $about:literal, $step:expr, rests $seconds:expr, apart $apart:literal) => {
        RouteStep {
            stage: $stage,
            name: $name,
            about: $about,
            rest: Duration::from_secs($seconds),
            is_apart: $apart,
            run: |worker, resting, now| Box::pin(drain(&$step, concat!($stage, "/", $name), worker, resting, now)),
        }
    };
}

/// The kinds of batches, in the order of the route.
pub const BATCH_KINDS: [&dyn AnyKind; 3] = [&accounts::Cut::STEP, &production::Cut::STEP, &recycling::Cut::STEP];

/// What is done to batches of a kind.
pub fn batches_of(kind: BatchKind) -> Result<&'static dyn AnyKind, StageError> {
    let found = BATCH_KINDS.into_iter().find(|any| any.kind() == kind);
    found.ok_or_else(|| StageError::Shape(format!("batches of kind {kind:?} are not on the route")))
}

/// The stages in order.
pub const STAGES: &[&str] = &["intake", "accounts", "production", "distribution", "servicing", "recycling"];

/// Every step, in the order a tick runs them.
pub const ROUTE: &[RouteStep] = &[
    step!("intake", "applications", "approved applications from Kafka: decoded, checked, stored", intake::FromKafka),
    step!("intake", "gaps", "messages that waited for an earlier revision", intake::Gaps),
    step!(
        "exchange",
        "fetch",
        "complete files from partners' servers, and what is settled put away there",
        fetch::Fetch,
        rests FETCH_REST_SECONDS,
        apart true
    ),
    step!("accounts", "photos", "photos fetched, checked, rendered for print and chip", photos::Photos),
    step!(
        "accounts",
        "regions",
        "cards under a merged region's code, on to its successor",
        FollowRegions(Room::Account)
    ),
    step!("accounts", "cut", "account batches and their request files", accounts::Cut::STEP),
    step!("accounts", "answers", "the bank's answers, matched row by row", accounts::Answers::STEP),
    step!("production", "cut", "production batches, card numbers, packages for the bureau", production::Cut::STEP),
    step!("production", "reports", "good and spoiled cards, remakes", production::Reports::STEP),
    step!("production", "manifests", "shipments from the bureau's shipping manifest", production::Manifests::STEP),
    step!("servicing", "events", "receipts, pickups, activation, loss, plastic returned", servicing::Events),
    step!("distribution", "windows", "pickup windows of received shipments", distribution::OpenWindows),
    step!(
        "distribution",
        "window-ends",
        "roll-over and recall of what was not collected",
        distribution::EndWindows,
        rests WINDOW_ENDS_REST_SECONDS
    ),
    step!(
        "distribution",
        "warnings",
        "windows that end within 7, 3 or 1 working days",
        distribution::Warnings,
        rests WARNINGS_REST_SECONDS
    ),
    step!(
        "recycling",
        "regions",
        "cards under a merged region's code, on to its successor",
        FollowRegions(Room::Recycling)
    ),
    step!("recycling", "cut", "closing and recycling requests to the bank", recycling::Cut::STEP),
    step!("recycling", "answers", "closed accounts and destroyed plastic", recycling::Answers::STEP),
    step!("exchange", "send", "frozen files, placed at the partner", send::Send, rests 0, apart true),
    step!("exchange", "clear", "what was destroyed here, removed from partners' servers", clear::Clear, rests 0, apart true),
    step!("exchange", "tell", "error reports, placed on the partner's server", tell::Tell, rests 0, apart true),
    step!("care", "deadlines", "what is overdue: chased, lapsed, escalated", deadlines::Deadlines),
    step!(
        "care",
        "purge",
        "files and records whose work is done, destroyed",
        purge::Purge,
        rests PURGE_REST_SECONDS
    ),
    step!("history", "seal", "the hash chain over committed history", history::Seal),
    step!("history", "relay", "outcomes and electronic cards to Kafka", history::Relay),
    step!(
        "history",
        "notices",
        "notices to people, by day and one a day to a telephone",
        notices::Notices,
        rests NOTICES_REST_SECONDS
    ),
    step!("history", "dead-letters", "what could not be read, told to Kafka", tell_dead_letters::DeadLetters),
];

#[cfg(test)]
mod tests {
    use cardline_core::batch_kinds::BatchKind;

    #[test]
    fn every_kind_of_batch_is_on_the_route() {
        assert_eq!(super::BATCH_KINDS.map(|any| any.kind()), BatchKind::ALL);
    }
}
