//! Pickup windows: opened by notice for what a point received; the last day is inclusive, a local
//! date in the working calendar (s2). What is not collected rolls over, then goes back.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::ledger::{DueShipment, EndedWindow, Lease, Why};
use crate::limits::WINDOWS_PER_CLAIM;
use crate::stages::{Claim, StageError, Station, Step, Whole};
use crate::time::local_date;

/// Opens the windows of received shipments.
pub struct OpenWindows;

impl Step for OpenWindows {
    type Unit = Whole;
    type Claimed<'s> = (Lease, Vec<DueShipment>);
    type Worked<'s> = (Lease, Vec<(DueShipment, Date)>);

    async fn units(&self, _: &Station, _: Timestamp) -> Result<Vec<Whole>, StageError> {
        Ok(vec![Whole])
    }

    async fn claim(
        &self,
        station: &Station,
        _: &Whole,
        now: Timestamp,
    ) -> Result<Claim<Self::Claimed<'_>>, StageError> {
        let due = station.ledger.due_shipments("at_point", local_date(now), WINDOWS_PER_CLAIM).await?;
        if due.is_empty() {
            return Ok(Claim::Nothing);
        }
        Ok(Claim::under(station.lease("distribution/windows", now).await?, |lease| (lease, due)))
    }

    fn work<'s>(
        &self,
        station: &'s Station,
        (lease, due): Self::Claimed<'s>,
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let today = local_date(now);
        let opened = due.into_iter().map(|shipment| {
            let days = station.policy.of(&shipment.region, today).window_working_days;
            let last = station.working_days_after(today, days);
            (shipment, last)
        });
        Ok((lease, opened.collect()))
    }

    async fn settle<'s>(
        &self,
        station: &'s Station,
        (lease, opened): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let why = Why { at: now, actor: "scheduler", reason: "pickup window opened by notice" };
        station.ledger.settle_windows(&lease, &opened, local_date(now), why).await?;
        Ok(())
    }
}

/// Settles windows whose last day has passed.
pub struct EndWindows;

impl Step for EndWindows {
    type Unit = Whole;
    type Claimed<'s> = (Lease, Vec<DueShipment>);
    type Worked<'s> = (Lease, Vec<EndedWindow>);

    async fn units(&self, _: &Station, _: Timestamp) -> Result<Vec<Whole>, StageError> {
        Ok(vec![Whole])
    }

    async fn claim(
        &self,
        station: &Station,
        _: &Whole,
        now: Timestamp,
    ) -> Result<Claim<Self::Claimed<'_>>, StageError> {
        let due = station.ledger.due_shipments("on_shelf", local_date(now), WINDOWS_PER_CLAIM).await?;
        if due.is_empty() {
            return Ok(Claim::Nothing);
        }
        Ok(Claim::under(station.lease("distribution/window-ends", now).await?, |lease| (lease, due)))
    }

    fn work<'s>(
        &self,
        station: &'s Station,
        (lease, due): Self::Claimed<'s>,
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let today = local_date(now);
        let ended = due.into_iter().map(|shipment| {
            let policy = station.policy.of(&shipment.region, today);
            let again = shipment.roll_overs < policy.roll_overs;
            EndedWindow {
                next_last: again.then(|| station.working_days_after(today, policy.window_working_days)),
                recall_due: station.working_days_after(today, policy.return_working_days),
                shipment,
            }
        });
        Ok((lease, ended.collect()))
    }

    async fn settle<'s>(
        &self,
        station: &'s Station,
        (lease, ended): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let why = Why { at: now, actor: "scheduler", reason: "the pickup window ended" };
        station.ledger.settle_window_ends(&lease, &ended, why).await?;
        Ok(())
    }
}
