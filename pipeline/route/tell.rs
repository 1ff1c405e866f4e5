//! Error reports that are sealed, or for partners with a server: written into our folder with the effect of the file they
//! are about, and carried on from there.

use std::io::ErrorKind;

use jiff::Timestamp;

use crate::exchange::Partner;
use crate::exchange::envelopes::sealed_report;
use crate::exchange::inbox::{carried, named_apart, reports};
use crate::exchange::transport::{Place, TransportError};
use crate::step::{Claim, StageError, Step, Unit, Worker};
use crate::store::Lease;

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
    type Claimed<'s> = (Lease, &'s Partner, String, Vec<u8>);
    type Worked<'s> = (Lease, &'s Partner, String, Vec<u8>);

    async fn units(&self, worker: &Worker, _: Timestamp) -> Result<Vec<WaitingReport>, StageError> {
        let mut found = Vec::new();
        for partner in worker.partners.all().filter(|partner| partner.is_told_later()) {
            let waiting = reports(partner).unwrap_or_else(|error| {
                tracing::error!(partner = %partner.profile.code, "{}: {error}", partner.reports().display());
                Vec::new()
            });
            let unit = |report| WaitingReport { partner: partner.profile.code.clone(), report };
            found.extend(waiting.into_iter().map(unit));
        }
        Ok(found)
    }

    async fn claim<'s>(
        &self,
        worker: &'s Worker,
        unit: &WaitingReport,
        now: Timestamp,
    ) -> Result<Claim<Self::Claimed<'s>>, StageError> {
        let Some(partner) = worker.partners.get(&unit.partner) else { return Ok(Claim::Nothing) };
        let Some(lease) = worker.lease(&format!("exchange/tell/{}", unit.partner), now).await? else {
            return Ok(Claim::Busy);
        };
        let path = partner.reports().join(&unit.report);
        match tokio::fs::read(&path).await {
            Ok(bytes) => Ok(Claim::Taken((lease, partner, unit.report.clone(), bytes))),
            // Another worker carried it since it was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                worker.ledger.give_back(&lease).await?;
                Ok(Claim::Settled)
            }
            Err(error) => Err(StageError::exchange(&path, error)),
        }
    }

    fn work<'s>(
        &self,
        worker: &'s Worker,
        (lease, partner, report, bytes): Self::Claimed<'s>,
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let bytes = sealed_report(&*worker.envelope_keys, partner, &report, bytes, now)?;
        Ok((lease, partner, report, bytes))
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (lease, partner, report, bytes): Self::Worked<'s>,
        _: Timestamp,
    ) -> Result<(), StageError> {
        let (transport, mode) = (&partner.transport, partner.profile.mode);
        let name = partner.profile.sent_name(&report);
        match transport.put_if_absent(Place::To, &name, &bytes, mode).await {
            // One about the same file lies there, of another refusal.
            Err(TransportError::OtherBytes { .. }) => {
                let name = partner.profile.sent_name(&named_apart(&report, &bytes));
                transport.put_if_absent(Place::To, &name, &bytes, mode).await?;
            }
            placed => drop(placed?),
        }
        worker.ledger.give_back(&lease).await?;
        carried(partner, &report).map_err(|e| StageError::exchange(&partner.reports(), e))
    }
}
