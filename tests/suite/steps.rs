//! Single steps, for tests that look between claim, work and settle.

use cardline::step::driver::Drained;
use cardline::step::set_aside::Resting;
use cardline::step::{Ran, StageError, Step, Worker, driver};
use jiff::Timestamp;

/// Runs a step until it is idle; nothing of it may be set aside. Returns how often it did something.
pub async fn drain<S: Step>(step: &S, worker: &Worker, now: Timestamp) -> Result<u64, StageError> {
    let Drained { did, mut set_aside } = driver::drain(step, "suite/step", worker, Resting::Try, now).await?;
    set_aside.pop().map_or(Ok(did), |aside| Err(aside.error))
}

/// Runs the first unit that has something to do, once.
pub async fn once<S: Step>(step: &S, worker: &Worker, now: Timestamp) -> Result<Ran, StageError> {
    for unit in step.units(worker, now).await? {
        match driver::once(step, worker, &unit, now).await? {
            Ran::Did => return Ok(Ran::Did),
            Ran::Idle | Ran::Busy | Ran::Settled => {}
        }
    }
    Ok(Ran::Idle)
}

/// Takes the first piece of work there is.
pub async fn claim<'s, S: Step>(
    step: &S,
    worker: &'s Worker,
    now: Timestamp,
) -> Result<Option<S::Claimed<'s>>, StageError> {
    for unit in step.units(worker, now).await? {
        if let Some(claimed) = step.claim(worker, &unit, now).await?.taken() {
            return Ok(Some(claimed));
        }
    }
    Ok(None)
}
