//! One turn of one step: run, counted, and made to rest when it failed.

use std::future::Future;
use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use jiff::Timestamp;
use tracing::Instrument;

use super::watch::Watch;
use crate::limits::STEP_REST_SECONDS_MAX;
use crate::metrics;
use crate::route::RouteStep;
use crate::step::asides::AsideRecord;
use crate::step::cause::Cause;
use crate::step::driver::Drained;
use crate::step::set_aside::{Resting, SetAside};
use crate::step::{StageError, Worker};
use crate::time::rest_seconds;

/// A step and how it fares.
pub struct Watched {
    step: &'static RouteStep,
    failures: u32,
    rest_until: Option<Instant>,
}

/// Why a run of a step did not end well.
enum Failure {
    Error(StageError),
    /// A bug. Its transaction was dropped with it; the place is in the log.
    Panic,
}

impl Watched {
    pub fn new(step: &'static RouteStep) -> Watched {
        let labels = [step.stage, step.name];
        // Seen from the first scrape on, so that a rate has something to begin with.
        for counter in [&metrics::STEP_RUNS, &metrics::STEP_FAILURES, &metrics::STEP_PANICS, &metrics::STEP_UNITS] {
            metrics::add(counter, &labels, 0);
        }
        Watched { step, failures: 0, rest_until: None }
    }

    /// The step itself.
    pub fn step(&self) -> &'static RouteStep {
        self.step
    }

    /// Runs the step unless it rests. Breaks the round when the database or a disk is at fault.
    pub async fn turn(&mut self, watch: &Watch, worker: &Worker) -> ControlFlow<()> {
        if self.rests() {
            return ControlFlow::Continue(());
        }
        let step = self.step;
        // At the level of errors, so that every line of a step carries it whatever the filter is.
        let span = tracing::error_span!("step", stage = step.stage, step = step.name, worker = worker.name());
        let run = step.run_with(worker, Resting::Keep, Timestamp::now());
        let result = supervised(step, run).instrument(span.clone()).await;
        let _within = span.enter();
        match result {
            Ok(drained) => {
                let Drained { did, ref set_aside } = drained;
                if did > 0 || self.failures > 0 {
                    tracing::debug!(did, "ran");
                }
                self.ended_well(&drained);
                for aside in set_aside {
                    let SetAside { record, error, .. } = aside;
                    let AsideRecord { partner, unit, cause, .. } = record;
                    tracing::error!(%partner, %unit, %cause, "{error}; set aside, the rest goes on");
                }
                if set_aside.iter().any(|aside| aside.cause == Cause::Panic) {
                    watch.renew();
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            }
            Err(Failure::Error(error)) if error.is_outage() => {
                tracing::warn!("{error}; the round ends here");
                ControlFlow::Break(())
            }
            Err(Failure::Error(error)) => {
                let seconds = self.rest();
                tracing::error!(failures = self.failures, "{error}; tried again in {seconds} s");
                ControlFlow::Continue(())
            }
            Err(Failure::Panic) => {
                // What the panic left in readers and connections goes with the worker.
                watch.renew();
                let seconds = self.rest();
                tracing::error!(failures = self.failures, "panicked; nothing was settled; tried again in {seconds} s");
                ControlFlow::Break(())
            }
        }
    }

    fn rests(&self) -> bool {
        self.rest_until.is_some_and(|until| Instant::now() < until)
    }

    /// Rests only when there was nothing to do: what is due is done without delay.
    fn ended_well(&mut self, drained: &Drained) {
        let found_nothing = drained.did == 0 && drained.set_aside.is_empty();
        self.failures = 0;
        self.rest_until = found_nothing.then(|| Instant::now() + self.step.rest);
    }

    /// Rests twice as long as the last time.
    fn rest(&mut self) -> u64 {
        self.failures = self.failures.saturating_add(1);
        let seconds = rest_seconds(self.failures, STEP_REST_SECONDS_MAX);
        self.rest_until = Some(Instant::now() + Duration::from_secs(seconds));
        seconds
    }
}

/// Runs a step's future, counts it, and turns a panic into a failure.
async fn supervised(
    step: &RouteStep,
    run: impl Future<Output = Result<Drained, StageError>>,
) -> Result<Drained, Failure> {
    let (labels, began) = ([step.stage, step.name], Instant::now());
    let result = AssertUnwindSafe(run).catch_unwind().await;
    metrics::add(&metrics::STEP_RUNS, &labels, 1);
    metrics::observe(&metrics::STEP_SECONDS, &labels, began.elapsed().as_secs_f64());
    let failure = match result {
        Ok(Ok(drained)) => {
            metrics::add(&metrics::STEP_UNITS, &labels, drained.did);
            let panics = drained.set_aside.iter().filter(|aside| aside.cause == Cause::Panic).count();
            metrics::add(&metrics::STEP_PANICS, &labels, panics as u64);
            return Ok(drained);
        }
        Ok(Err(StageError::Panicked)) | Err(_) => {
            metrics::add(&metrics::STEP_PANICS, &labels, 1);
            Failure::Panic
        }
        Ok(Err(error)) => Failure::Error(error),
    };
    metrics::add(&metrics::STEP_FAILURES, &labels, 1);
    Err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;
    use crate::route::ROUTE;
    use crate::store::Ledger;

    async fn cards(ledger: &Ledger) -> i64 {
        ledger.read().await.unwrap().number("SELECT COALESCE(max(next), 0) FROM counter", args![]).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_step_that_panics_failed_and_left_nothing_half_done() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&format!("sqlite:{}", folder.path().join("a.db").display())).await.unwrap();
        for inside_work in [false, true] {
            let half_done = async {
                let mut tx = ledger.begin().await?;
                tx.run("INSERT INTO counter (name, next) VALUES ('cards', 7)", args![]).await?;
                if inside_work {
                    tokio::task::block_in_place(|| panic!("while it worked"));
                }
                assert_ne!(tx.number("SELECT max(next) FROM counter", args![]).await?, 7, "while it settled");
                tx.commit().await?;
                Ok(Drained { did: 1, set_aside: Vec::new() })
            };
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(|_| ()));
            let result = supervised(&ROUTE[0], half_done).await;
            std::panic::set_hook(before);
            assert!(matches!(result, Err(Failure::Panic)));
            assert_eq!(cards(&ledger).await, 0);
        }
        let whole = async {
            let mut tx = ledger.begin().await?;
            tx.run("INSERT INTO counter (name, next) VALUES ('cards', 7)", args![]).await?;
            tx.commit().await?;
            Ok(Drained { did: 1, set_aside: Vec::new() })
        };
        assert!(matches!(supervised(&ROUTE[0], whole).await, Ok(Drained { did: 1, .. })));
        assert_eq!(cards(&ledger).await, 7, "the next run goes on as if nothing had been");
        let panics = format!("cardline_step_panics_total{{stage=\"{}\",step=\"{}\"}} 2", ROUTE[0].stage, ROUTE[0].name);
        assert!(metrics::render().contains(&panics));
    }

    #[test]
    fn what_found_nothing_rests_as_long_as_it_says() {
        for step in ROUTE {
            let (idle, busy) = (Drained { did: 0, set_aside: Vec::new() }, Drained { did: 1, set_aside: Vec::new() });
            let mut watched = Watched::new(step);
            watched.ended_well(&busy);
            assert!(!watched.rests(), "there may be more");
            watched.ended_well(&idle);
            let resting = [
                ("care", "purge"),
                ("distribution", "warnings"),
                ("distribution", "window-ends"),
                ("history", "notices"),
                ("exchange", "fetch"),
            ];
            assert_eq!(watched.rests(), resting.contains(&(step.stage, step.name)), "{}/{}", step.stage, step.name);
        }
    }

    #[test]
    fn a_failing_step_rests_longer_each_time_up_to_a_bound() {
        let mut watched = Watched::new(&ROUTE[0]);
        let rests: Vec<u64> = (0..20).map(|_| watched.rest()).collect();
        assert_eq!(rests[..4], [2, 4, 8, 16]);
        assert!(rests[9..].iter().all(|seconds| *seconds == STEP_REST_SECONDS_MAX));
    }
}
