//! Runs one step once: claim, work, settle. The daemon, `cardline tick`, the tests and the simulation
//! all come through here.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

use super::{StageError, Station};
use crate::limits::{PASSING_FAULT_TRIES, PASSING_FAULT_WAIT_MILLIS};
use crate::metrics;

/// Whether a step found something to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ran {
    Idle,
    Did,
}

/// One step of a stage.
pub trait Step: Sync {
    /// The piece of work taken, with its lease.
    type Claimed<'s>: Send;
    /// What work made of it.
    type Worked<'s>: Send;

    /// Takes a bounded piece of work, or finds none.
    fn claim<'s>(
        &self,
        station: &'s Station,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Self::Claimed<'s>>, StageError>> + Send;
    /// Pure and synchronous: no store, no clock but the instant handed in.
    fn work<'s>(
        &self,
        station: &'s Station,
        claimed: Self::Claimed<'s>,
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError>;
    /// One transaction; fails whole when the lease was lost.
    fn settle<'s>(
        &self,
        station: &'s Station,
        worked: Self::Worked<'s>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StageError>> + Send;
    /// After a passing fault, before the unit is claimed again: forget what was read ahead.
    fn forget(&self, _station: &Station) {}
}

/// Runs a step once. A unit that failed in passing left no trace and is claimed again, a few times.
pub async fn once<S: Step>(step: &S, station: &Station, now: Timestamp) -> Result<Ran, StageError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match attempt(step, station, now).await {
            Err(error) if error.is_passing() && tries < PASSING_FAULT_TRIES => {
                metrics::add(&metrics::RETRIES, &[], 1);
                tracing::warn!(%error, tries, "a unit of work is tried again");
                step.forget(station);
                // Those that were in each other's way come back at different times.
                let most = PASSING_FAULT_WAIT_MILLIS << tries;
                tokio::time::sleep(Duration::from_millis(rand::random_range(0..most))).await;
            }
            other => return other,
        }
    }
}

async fn attempt<S: Step>(step: &S, station: &Station, now: Timestamp) -> Result<Ran, StageError> {
    let Some(claimed) = step.claim(station, now).await? else {
        return Ok(Ran::Idle);
    };
    let worked = tokio::task::block_in_place(|| step.work(station, claimed, now))?;
    step.settle(station, worked, now).await?;
    Ok(Ran::Did)
}

/// Runs a step until it finds nothing more to do, or the worker is asked to stop; returns how often it
/// did something.
pub async fn drain<S: Step>(step: &S, station: &Station, now: Timestamp) -> Result<u64, StageError> {
    let mut did = 0;
    while once(step, station, now).await? == Ran::Did {
        did += 1;
        if station.is_stopping() {
            break;
        }
    }
    Ok(did)
}
