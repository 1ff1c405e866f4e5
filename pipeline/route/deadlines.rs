//! Deadlines: what is overdue is chased, lapsed or escalated, so that nothing waits without a day.
//!
//! A unit is what is overdue of one kind and one partner, in a transaction of its own: a row that is locked,
//! or a card that cannot be moved, holds back no deadline of another partner or kind.

use jiff::Timestamp;

use crate::cases::overdue::{CareDates, Overdue};
use crate::step::{Claim, StageError, Station, Step, Unit};
use crate::store::{Lease, Why};
use crate::time::local_date;

/// The step; once a day is enough, more often does no harm.
pub struct Deadlines;

impl Unit for Overdue {
    fn partner(&self) -> Option<&str> {
        Some(self.partner.as_str()).filter(|partner| !partner.is_empty())
    }

    fn name(&self) -> Option<String> {
        Some(self.kind.into())
    }
}

impl Step for Deadlines {
    type Unit = Overdue;
    type Claimed<'s> = (Lease, Overdue);
    type Worked<'s> = (Lease, Overdue, CareDates);

    async fn units(&self, station: &Station, now: Timestamp) -> Result<Vec<Overdue>, StageError> {
        Ok(station.ledger.overdue(local_date(now)).await?)
    }

    async fn claim(
        &self,
        station: &Station,
        overdue: &Overdue,
        now: Timestamp,
    ) -> Result<Claim<(Lease, Overdue)>, StageError> {
        let work = format!("care/deadlines/{}/{}", overdue.kind, overdue.partner);
        Ok(Claim::under(station.lease(&work, now).await?, |lease| (lease, overdue.clone())))
    }

    fn work<'s>(
        &self,
        station: &'s Station,
        (lease, overdue): (Lease, Overdue),
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let today = local_date(now);
        let chase_on = station.by_region(today, |policy| policy.chase_working_days);
        let case_on = station.by_region(today, |policy| policy.case_working_days);
        Ok((lease, overdue, CareDates { today, chase_on, case_on }))
    }

    async fn settle<'s>(
        &self,
        station: &'s Station,
        (lease, overdue, dates): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let why = Why { at: now, actor: "scheduler", reason: "the deadline passed" };
        station.ledger.settle_overdue(&lease, &overdue, &dates, why).await?;
        Ok(())
    }
}
