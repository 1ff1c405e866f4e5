//! The step that does what people asked for, before all others of a round: somebody waits.
//!
//! Invariant: one worker at a time is at an errand (its lease), and one that comes late ends nothing twice.

use std::time::Duration;

use jiff::Timestamp;

use super::carry_out::carry_out;
use crate::people::errands::StoredErrand;
use crate::route::RouteStep;
use crate::step::driver::drain;
use crate::step::{Claim, StageError, Step, Unit, Worker};
use crate::store::Lease;

/// The step of a round. It is no stage's: it stands beside the route, over the actions.
pub const ERRANDS: RouteStep = RouteStep {
    stage: "care",
    name: "errands",
    about: "what people asked a worker for, done under their names",
    rest: Duration::ZERO,
    is_apart: false,
    run: |worker, resting, now| Box::pin(drain(&Errands, "care/errands", worker, resting, now)),
};

struct Errands;

/// An errand that waits, by its number.
struct Waiting(i64);

impl Unit for Waiting {
    fn name(&self) -> Option<String> {
        Some(format!("errand {}", self.0))
    }
}

impl Step for Errands {
    type Unit = Waiting;
    type Claimed<'s> = (Lease, StoredErrand);
    type Worked<'s> = (Lease, StoredErrand);

    async fn units(&self, worker: &Worker, _: Timestamp) -> Result<Vec<Waiting>, StageError> {
        Ok(worker.ledger.open_errands().await?.into_iter().map(Waiting).collect())
    }

    async fn claim(
        &self,
        worker: &Worker,
        Waiting(id): &Waiting,
        now: Timestamp,
    ) -> Result<Claim<(Lease, StoredErrand)>, StageError> {
        let Some(lease) = worker.lease(&format!("errand/{id}"), now).await? else { return Ok(Claim::Busy) };
        if let Some(errand) = worker.ledger.take_errand(*id, worker.name()).await? {
            return Ok(Claim::Taken((lease, errand)));
        }
        worker.ledger.give_back(&lease).await?;
        Ok(Claim::Settled)
    }

    fn work(
        &self,
        _: &Worker,
        claimed: (Lease, StoredErrand),
        _: Timestamp,
    ) -> Result<(Lease, StoredErrand), StageError> {
        Ok(claimed)
    }

    async fn settle(
        &self,
        worker: &Worker,
        (lease, errand): (Lease, StoredErrand),
        now: Timestamp,
    ) -> Result<(), StageError> {
        if let Some(end) = carry_out(worker, &errand, now).await? {
            worker.ledger.end_errand(errand.id, &end).await?;
        }
        Ok(worker.ledger.give_back(&lease).await?)
    }
}
