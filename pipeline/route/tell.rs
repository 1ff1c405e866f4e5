//! Error reports for partners with a server: written into our folder with the effect of the file they are about, and
//! carried on from there.

use jiff::Timestamp;

use crate::exchange::Partner;
use crate::exchange::inbox::{carried, reports};
use crate::exchange::transport::Place;
use crate::step::{Claim, StageError, Step, Unit, Worker};

/// The step.
pub struct Tell;

/// A report that waits for its partner's server.
pub struct WaitingReport {
    partner: String,
    report: String,
}

impl Unit for WaitingReport {
    fn partner(&self) -> Option<&str> {
        Some(&self.partner)
    }

    fn name(&self) -> Option<String> {
        Some(format!("to/{}", self.report))
    }
}

impl Step for Tell {
    type Unit = WaitingReport;
    type Claimed<'s> = (&'s Partner, String, Vec<u8>);
    type Worked<'s> = (&'s Partner, String, Vec<u8>);

    async fn units(&self, worker: &Worker, _: Timestamp) -> Result<Vec<WaitingReport>, StageError> {
        let mut found = Vec::new();
        for partner in worker.partners.all().filter(|partner| partner.has_server()) {
            let waiting = reports(partner).map_err(|e| StageError::exchange(&partner.to(), e))?;
            let unit = |report| WaitingReport { partner: partner.profile.code.clone(), report };
            found.extend(waiting.into_iter().map(unit));
        }
        Ok(found)
    }

    async fn claim<'s>(
        &self,
        worker: &'s Worker,
        unit: &WaitingReport,
        _: Timestamp,
    ) -> Result<Claim<Self::Claimed<'s>>, StageError> {
        let Some(partner) = worker.partners.get(&unit.partner) else { return Ok(Claim::Nothing) };
        let path = partner.to().join(&unit.report);
        let bytes = tokio::fs::read(&path).await.map_err(|e| StageError::exchange(&path, e))?;
        Ok(Claim::Taken((partner, unit.report.clone(), bytes)))
    }

    fn work<'s>(
        &self,
        _: &'s Worker,
        claimed: Self::Claimed<'s>,
        _: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        Ok(claimed)
    }

    async fn settle<'s>(
        &self,
        _: &'s Worker,
        (partner, report, bytes): Self::Worked<'s>,
        _: Timestamp,
    ) -> Result<(), StageError> {
        partner.transport.put_if_absent(Place::To, &report, &bytes, partner.profile.mode).await?;
        carried(partner, &report).map_err(|e| StageError::exchange(&partner.to(), e))
    }
}
