//! Runs a step: lists its units, and for each claim, work, settle. The daemon, `tick`, the tests and the
//! simulation all come through here.
//!
//! Invariant: a unit that fails holds no other back. It is set aside with its partner and its name, told
//! to a person, and rests longer each time ([`super::set_aside`]); the step goes on with the next unit.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use jiff::Timestamp;

use super::set_aside::{Asides, Resting, SetAside};
use super::unit::{Claim, Ran, Unit};
use super::{StageError, Worker};
use crate::limits::{PASSING_FAULT_TRIES, PASSING_FAULT_WAIT_MILLIS};
use crate::metrics;

/// One step of a stage.
pub trait Step: Sync {
    /// How many of its units one worker may have in hand, where it has any number in hand: while the database settles
    /// one, the next is claimed and worked. More than one only where units do not wait for each other.
    const IN_HAND: usize = 1;
    /// What may fail without the rest.
    type Unit: Unit;
    /// The piece of work taken, with its lease.
    type Claimed<'s>: Send;
    /// What work made of it.
    type Worked<'s>: Send;

    /// Everything that may have something to do now, in order. Only a hint: `claim` looks again.
    fn units(
        &self,
        worker: &Worker,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Self::Unit>, StageError>> + Send;
    /// Takes a bounded piece of work of a unit, or finds none.
    fn claim<'s>(
        &self,
        worker: &'s Worker,
        unit: &Self::Unit,
        now: Timestamp,
    ) -> impl Future<Output = Result<Claim<Self::Claimed<'s>>, StageError>> + Send;
    /// Pure and synchronous: no store, no clock but the instant handed in.
    fn work<'s>(
        &self,
        worker: &'s Worker,
        claimed: Self::Claimed<'s>,
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError>;
    /// One transaction; fails whole when the lease was lost.
    fn settle<'s>(
        &self,
        worker: &'s Worker,
        worked: Self::Worked<'s>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StageError>> + Send;
    /// After a passing fault, before the unit is claimed again: forget what was read ahead.
    fn forget(&self, _worker: &Worker) {}
}

/// Runs one unit once. A unit that failed in passing left no trace and is claimed again, a few times.
pub async fn once<S: Step>(step: &S, worker: &Worker, unit: &S::Unit, now: Timestamp) -> Result<Ran, StageError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match supervised(step, worker, unit, now).await {
            Err(error) if error.is_passing() && tries < PASSING_FAULT_TRIES => {
                metrics::add(&metrics::RETRIES, &[], 1);
                tracing::warn!(%error, tries, "a unit of work is tried again");
                step.forget(worker);
                // Those that were in each other's way come back at different times.
                let most = PASSING_FAULT_WAIT_MILLIS << tries;
                tokio::time::sleep(Duration::from_millis(rand::random_range(0..most))).await;
            }
            Err(error) if error.is_overruled() => return Ok(Ran::Idle),
            other => return other,
        }
    }
}

/// A panic is a bug, and still the failure of one unit: its transaction was dropped with it.
async fn supervised<S: Step>(step: &S, worker: &Worker, unit: &S::Unit, now: Timestamp) -> Result<Ran, StageError> {
    match AssertUnwindSafe(attempt(step, worker, unit, now)).catch_unwind().await {
        Ok(result) => result,
        Err(_) => Err(StageError::Panicked),
    }
}

async fn attempt<S: Step>(step: &S, worker: &Worker, unit: &S::Unit, now: Timestamp) -> Result<Ran, StageError> {
    let claimed = match step.claim(worker, unit, now).await? {
        Claim::Taken(claimed) => claimed,
        Claim::Nothing => return Ok(Ran::Idle),
        Claim::Busy => return Ok(Ran::Busy),
        Claim::Settled => return Ok(Ran::Settled),
    };
    let worked = tokio::task::block_in_place(|| step.work(worker, claimed, now))?;
    step.settle(worker, worked, now).await?;
    Ok(Ran::Did)
}

/// What became of a run of a step.
#[derive(Debug, Default)]
pub struct Drained {
    /// How often it did something.
    pub did: u64,
    /// The units that failed, each once.
    pub set_aside: Vec<SetAside>,
}

/// Runs a step until it finds nothing more to do, or the worker is asked to stop. Fails when the step as a
/// whole does, or the machine; what fails of it is set aside, and what is in hand then is ended first.
pub async fn drain<S: Step>(
    step: &S,
    name: &'static str,
    worker: &Worker,
    resting: Resting,
    now: Timestamp,
) -> Result<Drained, StageError> {
    let mut asides = Asides::open(worker, name, resting, now).await?;
    let in_hand = S::IN_HAND.min(worker.in_hand).max(1);
    let (mut did, mut failed) = (0, None);
    loop {
        let units = step.units(worker, now).await?;
        let mut again = false;
        asides.listed(&units);
        let (mut left, mut turns): (Vec<&S::Unit>, Vec<Option<String>>) = (units.iter().rev().collect(), Vec::new());
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < in_hand && failed.is_none() && !worker.is_stopping() {
                let is_next = |unit: &&S::Unit| asides.may_try(*unit) && !turns.contains(&unit.turn());
                let Some(unit) = left.iter().rposition(is_next).map(|place| left.remove(place)) else { break };
                turns.push(unit.turn());
                running.push(async move { (unit, once(step, worker, unit, now).await) });
            }
            let Some((unit, ended)) = running.next().await else { break };
            turns.retain(|turn| *turn != unit.turn());
            let noted = match ended {
                Ok(ran) => {
                    did += u64::from(ran == Ran::Did);
                    again |= matches!(ran, Ran::Did | Ran::Settled);
                    asides.went(unit, ran).await
                }
                Err(error) if error.is_outage() => Err(error),
                Err(error) => {
                    step.forget(worker);
                    asides.failed(unit, error).await
                }
            };
            failed = failed.or(noted.err());
        }
        if let Some(error) = failed {
            return Err(error);
        }
        if !again || worker.is_stopping() {
            return Ok(Drained { did, set_aside: asides.close().await? });
        }
    }
}
