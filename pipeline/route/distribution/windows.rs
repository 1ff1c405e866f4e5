//! Pickup windows: opened by notice for what a point received; the last day is inclusive, a local
//! date in the working calendar (s2). What is not collected rolls over, then goes back.
//!
//! A shipment has one window. Where its cards are of several regions it is the longest of theirs, so that
//! nobody has fewer days than the own region gives.

use cardline_core::domain::policy::ByRegion;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::limits::WINDOWS_PER_CLAIM;
use crate::route::distribution::shipments::{DueShipment, EndedWindow};
use crate::step::{Claim, StageError, Step, Unit, Worker};
use crate::store::{Lease, Stamp};
use crate::time::local_date;

/// Shipments of the runs of one bank and area.
pub struct Shipments {
    pub(super) bank: String,
    pub(super) area: String,
}

impl Unit for Shipments {
    fn partner(&self) -> Option<&str> {
        Some(&self.bank)
    }

    fn name(&self) -> Option<String> {
        Some(format!("{}/{}", self.bank, self.area))
    }
}

async fn units(worker: &Worker, place: &str, now: Timestamp) -> Result<Vec<Shipments>, StageError> {
    let runs = worker.ledger.due_runs(place, local_date(now)).await?;
    Ok(runs.into_iter().map(|(bank, area)| Shipments { bank, area }).collect())
}

async fn claim(
    worker: &Worker,
    (place, work): (&str, &str),
    unit: &Shipments,
    now: Timestamp,
) -> Result<Claim<(Lease, Vec<DueShipment>)>, StageError> {
    let Shipments { bank, area } = unit;
    let due = worker.ledger.due_shipments(place, local_date(now), (bank, area), WINDOWS_PER_CLAIM).await?;
    if due.is_empty() {
        return Ok(Claim::Nothing);
    }
    let lease = worker.lease(&format!("distribution/{work}/{bank}/{area}"), now).await?;
    Ok(Claim::under(lease, |lease| (lease, due)))
}

/// Opens the windows of received shipments.
pub struct OpenWindows;

impl Step for OpenWindows {
    type Unit = Shipments;
    type Claimed<'s> = (Lease, Vec<DueShipment>);
    type Worked<'s> = (Lease, Vec<(DueShipment, Date)>);

    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<Shipments>, StageError> {
        units(worker, "at_point", now).await
    }

    async fn claim(
        &self,
        worker: &Worker,
        unit: &Shipments,
        now: Timestamp,
    ) -> Result<Claim<Self::Claimed<'_>>, StageError> {
        claim(worker, ("at_point", "windows"), unit, now).await
    }

    fn work<'s>(
        &self,
        worker: &'s Worker,
        (lease, due): Self::Claimed<'s>,
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let today = local_date(now);
        let last = worker.by_region(today, |policy| policy.window_working_days);
        let opened = due.into_iter().map(|shipment| {
            let last = last.most(&shipment.regions);
            (shipment, last)
        });
        Ok((lease, opened.collect()))
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (lease, opened): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let why = Stamp { at: now, actor: "scheduler", reason: "pickup window opened by notice" };
        worker.ledger.settle_windows(&lease, &opened, local_date(now), why).await?;
        Ok(())
    }
}

/// Settles windows whose last day has passed.
pub struct EndWindows;

impl Step for EndWindows {
    type Unit = Shipments;
    type Claimed<'s> = (Lease, Vec<DueShipment>);
    type Worked<'s> = (Lease, Vec<EndedWindow>, ByRegion<Date>);

    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<Shipments>, StageError> {
        let ended = units(worker, "on_shelf", now).await?;
        let may_end = ended.is_empty() || worker.windows_may_end(now).await?;
        Ok(if may_end { ended } else { Vec::new() })
    }

    async fn claim(
        &self,
        worker: &Worker,
        unit: &Shipments,
        now: Timestamp,
    ) -> Result<Claim<Self::Claimed<'_>>, StageError> {
        claim(worker, ("on_shelf", "window-ends"), unit, now).await
    }

    fn work<'s>(
        &self,
        worker: &'s Worker,
        (lease, due): Self::Claimed<'s>,
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let today = local_date(now);
        let last = worker.by_region(today, |policy| policy.window_working_days);
        let roll_overs = worker.policy.on(today).regions.map(|policy| policy.roll_overs);
        let ended = due.into_iter().map(|shipment| {
            let again = shipment.roll_overs < roll_overs.most(&shipment.regions);
            EndedWindow { next_last: again.then(|| last.most(&shipment.regions)), shipment }
        });
        Ok((lease, ended.collect(), worker.by_region(today, |policy| policy.return_working_days)))
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (lease, ended, back_on): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let why = Stamp { at: now, actor: "scheduler", reason: "the pickup window ended" };
        worker.ledger.settle_window_ends(&lease, &ended, &back_on, why).await?;
        Ok(())
    }
}
