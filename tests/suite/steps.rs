//! Single steps, for tests that look between claim, work and settle.

use cardline::step::driver::{Drained, Resting};
use cardline::step::{Ran, Step, driver};
use cardline::step::{StageError, Station};
use jiff::Timestamp;

/// Runs a step until it is idle; nothing of it may be set aside. Returns how often it did something.
pub async fn drain<S: Step>(step: &S, station: &Station, now: Timestamp) -> Result<u64, StageError> {
    let Drained { did, mut set_aside } = driver::drain(step, "suite/step", station, Resting::Try, now).await?;
    set_aside.pop().map_or(Ok(did), |aside| Err(aside.error))
}

/// Runs the first unit that has something to do, once.
pub async fn once<S: Step>(step: &S, station: &Station, now: Timestamp) -> Result<Ran, StageError> {
    for unit in step.units(station, now).await? {
        match driver::once(step, station, &unit, now).await? {
            Ran::Did => return Ok(Ran::Did),
            Ran::Idle | Ran::Busy | Ran::Settled => {}
        }
    }
    Ok(Ran::Idle)
}

/// Takes the first piece of work there is.
pub async fn claim<'s, S: Step>(
    step: &S,
    station: &'s Station,
    now: Timestamp,
) -> Result<Option<S::Claimed<'s>>, StageError> {
    for unit in step.units(station, now).await? {
        if let Some(claimed) = step.claim(station, &unit, now).await?.taken() {
            return Ok(Some(claimed));
        }
    }
    Ok(None)
}
