//! Removes from partners' servers what was destroyed here.

use jiff::Timestamp;

use crate::exchange::{Partner, clearing};
use crate::step::{Claim, StageError, Step, Unit, Worker};

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
    type Claimed<'s> = (&'s Partner, String);
    type Worked<'s> = (&'s Partner, String);

    async fn units(&self, worker: &Worker, _: Timestamp) -> Result<Vec<Noted>, StageError> {
        let mut found = Vec::new();
        for partner in worker.partners.all().filter(|partner| partner.has_server()) {
            let asked = clearing::asked(partner).map_err(|e| StageError::exchange(&partner.clearing(), e))?;
            found.extend(asked.into_iter().map(|note| Noted { partner: partner.profile.code.clone(), note }));
        }
        Ok(found)
    }

    async fn claim<'s>(
        &self,
        worker: &'s Worker,
        unit: &Noted,
        _: Timestamp,
    ) -> Result<Claim<Self::Claimed<'s>>, StageError> {
        Ok(worker.partners.get(&unit.partner).map(|partner| (partner, unit.note.clone())).into())
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
        (partner, note): Self::Worked<'s>,
        _: Timestamp,
    ) -> Result<(), StageError> {
        Ok(clearing::clear(partner, &note).await?)
    }
}
