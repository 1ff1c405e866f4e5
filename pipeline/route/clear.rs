//! Removes from partners' servers what was destroyed here.

use jiff::Timestamp;

use crate::exchange::{Partner, clearing};
use crate::step::{Claim, StageError, Step, Unit, Worker};
use crate::store::Lease;

/// The step.
pub struct Clear;

/// A note about a file that may still lie on its partner's server.
pub struct Noted {
    partner: String,
    note: String,
}

impl Unit for Noted {
    fn partner(&self) -> Option<&str> {
        Some(&self.partner)
    }

    fn name(&self) -> Option<String> {
        Some(format!("clearing/{}", self.note))
    }
}

impl Step for Clear {
    type Unit = Noted;
    type Claimed<'s> = (Lease, &'s Partner, String);
    type Worked<'s> = (Lease, &'s Partner, String);

    async fn units(&self, worker: &Worker, _: Timestamp) -> Result<Vec<Noted>, StageError> {
        let mut found = Vec::new();
        for partner in worker.partners.all().filter(|partner| partner.has_server()) {
            let asked = clearing::asked(partner).unwrap_or_else(|error| {
                tracing::error!(partner = %partner.profile.code, "{}: {error}", partner.clearing().display());
                Vec::new()
            });
            found.extend(asked.into_iter().map(|note| Noted { partner: partner.profile.code.clone(), note }));
        }
        Ok(found)
    }

    async fn claim<'s>(
        &self,
        worker: &'s Worker,
        unit: &Noted,
        now: Timestamp,
    ) -> Result<Claim<Self::Claimed<'s>>, StageError> {
        let Some(partner) = worker.partners.get(&unit.partner) else { return Ok(Claim::Nothing) };
        let lease = worker.lease(&format!("exchange/clear/{}", unit.partner), now).await?;
        Ok(Claim::under(lease, |lease| (lease, partner, unit.note.clone())))
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
        worker: &'s Worker,
        (lease, partner, note): Self::Worked<'s>,
        _: Timestamp,
    ) -> Result<(), StageError> {
        clearing::clear(partner, &note).await?;
        Ok(worker.ledger.give_back(&lease).await?)
    }
}
