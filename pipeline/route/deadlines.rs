//! Deadlines: what is overdue is chased, lapsed or escalated, so that nothing waits without a day.
//!
//! A unit is what is overdue of one kind and one partner, in a transaction of its own: a row that is locked,
//! or a card that cannot be moved, holds back no deadline of another partner or kind.

use jiff::Timestamp;

use crate::cases::deadline::NextDates;
use crate::cases::overdue::Overdue;
use crate::step::{Claim, StageError, Step, Unit, Worker};
use crate::store::{Lease, Stamp};
use crate::time::local_date;

/// The step; once a day is enough, more often does no harm.
pub struct Deadlines;

impl Unit for Overdue {
    fn partner(&self) -> Option<&str> {
        Some(self.partner.as_str()).filter(|partner| !partner.is_empty())
    }

    fn name(&self) -> Option<String> {
        Some(self.deadline.name.into())
    }
}

impl Step for Deadlines {
    type Unit = Overdue;
    type Claimed<'s> = (Lease, Overdue);
    type Worked<'s> = (Lease, Overdue, NextDates);

    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<Overdue>, StageError> {
        Ok(worker.ledger.overdue(local_date(now)).await?)
    }

    async fn claim(
        &self,
        worker: &Worker,
        overdue: &Overdue,
        now: Timestamp,
    ) -> Result<Claim<(Lease, Overdue)>, StageError> {
        let work = format!("care/deadlines/{}/{}", overdue.deadline.name, overdue.partner);
        Ok(Claim::under(worker.lease(&work, now).await?, |lease| (lease, overdue.clone())))
    }

    fn work<'s>(
        &self,
        worker: &'s Worker,
        (lease, overdue): (Lease, Overdue),
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let today = local_date(now);
        let chase_on = worker.by_region(today, |policy| policy.chase_working_days);
        let case_on = worker.by_region(today, |policy| policy.case_working_days);
        let return_on = worker.by_region(today, |policy| policy.return_working_days);
        let activate_on = worker.by_region(today, |policy| policy.activation_working_days);
        let recycle_on = worker.by_region(today, |policy| policy.recycle_working_days);
        let regions = &worker.policy.on(today).regions;
        let bank_months = regions.map(|policy| policy.bank_months);
        let reminders = regions.map(|policy| policy.activation_reminders);
        let dates = NextDates { today, chase_on, case_on, return_on, activate_on, recycle_on, bank_months, reminders };
        Ok((lease, overdue, dates))
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (lease, overdue, dates): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let why = Stamp { at: now, actor: "scheduler", reason: "the deadline passed" };
        worker.ledger.settle_overdue(&lease, &overdue, &dates, why).await?;
        Ok(())
    }
}
