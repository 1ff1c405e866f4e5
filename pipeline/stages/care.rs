//! Deadlines: what is overdue is chased, lapsed or escalated, so that nothing waits without a day.

use jiff::Timestamp;

use super::{Claim, StageError, Station, Step, Whole};
use crate::ledger::{CareDates, Lease, Why};
use crate::time::local_date;

/// The step; once a day is enough, more often does no harm.
pub struct Deadlines;

impl Step for Deadlines {
    type Unit = Whole;
    type Claimed<'s> = Lease;
    type Worked<'s> = (Lease, CareDates);

    async fn units(&self, _: &Station, _: Timestamp) -> Result<Vec<Whole>, StageError> {
        Ok(vec![Whole])
    }

    async fn claim(&self, station: &Station, _: &Whole, now: Timestamp) -> Result<Claim<Lease>, StageError> {
        if !station.ledger.anything_overdue(local_date(now)).await? {
            return Ok(Claim::Nothing);
        }
        Ok(Claim::under(station.lease("care/deadlines", now).await?, |lease| lease))
    }

    fn work<'s>(&self, station: &'s Station, lease: Lease, now: Timestamp) -> Result<Self::Worked<'s>, StageError> {
        let today = local_date(now);
        let policy = station.policy.of("", today);
        let dates = CareDates {
            today,
            chase_on: station.working_days_after(today, policy.chase_working_days.max(1)),
            case_on: station.working_days_after(today, policy.case_working_days.max(1)),
        };
        Ok((lease, dates))
    }

    async fn settle<'s>(
        &self,
        station: &'s Station,
        (lease, dates): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let why = Why { at: now, actor: "scheduler", reason: "the deadline passed" };
        station.ledger.settle_overdue(&lease, dates, why).await?;
        Ok(())
    }
}
