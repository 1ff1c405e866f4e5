//! Purge: what held persons and has done its work is destroyed, a file at a time.
//!
//! A file is removed from the object store and from the partner's folders first, and marked after: a worker that
//! died in between removes it once more, which changes nothing, and marks it. Its row stays, with name, digest and
//! counts. With a bureau's package go the photos that were rendered for its cards, unless a card on its way
//! needs them; the upload stays, so another card with the photo has it rendered again.

use cardline_core::domain::policy::{ByRegion, RegionPolicy};
use cardline_core::file_formats::PartnerKind;
use jiff::{Timestamp, ToSpan};

use super::due::Dates;
use crate::exchange::files::FileRecord;
use crate::exchange::removal::remove;
use crate::step::{Claim, StageError, Step, Unit, Worker};
use crate::store::Lease;
use crate::time::local_date;

/// The step.
pub struct Purge;

/// What is due.
pub enum Due {
    File(Box<FileRecord>),
    /// Records of discarded messages.
    Records,
}

impl Unit for Due {
    fn partner(&self) -> Option<&str> {
        match self {
            Due::File(file) => Some(&file.partner),
            Due::Records => None,
        }
    }

    fn name(&self) -> Option<String> {
        match self {
            Due::File(file) => Some(format!("{} {}", file.direction, file.name)),
            Due::Records => None,
        }
    }
}

/// What was taken, and what is to be marked.
pub enum Taken {
    File(Lease, i64),
    Records(Lease, Vec<i64>),
}

/// Until when something must have ended to be due at an instant, by the policies of that day.
pub fn dates(worker: &Worker, now: Timestamp) -> Dates {
    let policy = worker.policy.on(local_date(now));
    let before = |days: fn(&RegionPolicy) -> u32| -> ByRegion<Timestamp> {
        policy.regions.map(|region| now - (i64::from(days(region)) * 24).hours())
    };
    let bureaus = worker.partners.all().filter(|partner| partner.profile.kind == PartnerKind::Bureau);
    Dates {
        bureau: before(|region| region.purge_bureau_days),
        bank: before(|region| region.purge_bank_days),
        discarded: before(|region| region.purge_discarded_days),
        bureaus: bureaus.map(|partner| partner.profile.code.clone()).collect(),
    }
}

/// How much was due at an instant and is not purged yet.
pub async fn overdue(worker: &Worker, at: Timestamp) -> Result<u64, StageError> {
    let dates = dates(worker, at);
    let files = worker.ledger.files_to_purge(&dates).await?.len();
    Ok((files + worker.ledger.records_to_purge(&dates, RECORDS_PER_CLAIM).await?.len()) as u64)
}

impl Step for Purge {
    type Unit = Due;
    type Claimed<'s> = Taken;
    type Worked<'s> = (Taken, Timestamp);

    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<Due>, StageError> {
        let dates = dates(worker, now);
        let mut units: Vec<_> =
            worker.ledger.files_to_purge(&dates).await?.into_iter().map(|file| Due::File(Box::new(file))).collect();
        if !worker.ledger.records_to_purge(&dates, 1).await?.is_empty() {
            units.push(Due::Records);
        }
        Ok(units)
    }

    async fn claim(&self, worker: &Worker, due: &Due, now: Timestamp) -> Result<Claim<Taken>, StageError> {
        match due {
            Due::Records => {
                let Some(lease) = worker.lease("care/purge/records", now).await? else { return Ok(Claim::Busy) };
                let records = worker.ledger.records_to_purge(&dates(worker, now), RECORDS_PER_CLAIM).await?;
                if records.is_empty() {
                    worker.ledger.give_back(&lease).await?;
                    return Ok(Claim::Nothing);
                }
                Ok(Claim::Taken(Taken::Records(lease, records)))
            }
            Due::File(file) => {
                let lease = worker.lease(&format!("care/purge/{}", file.id), now).await?;
                let Some(lease) = lease else { return Ok(Claim::Busy) };
                if worker.ledger.is_purged(file.id).await? {
                    worker.ledger.give_back(&lease).await?;
                    return Ok(Claim::Settled);
                }
                destroy(worker, file).await?;
                Ok(Claim::Taken(Taken::File(lease, file.id)))
            }
        }
    }

    fn work<'s>(&self, _: &'s Worker, taken: Taken, now: Timestamp) -> Result<Self::Worked<'s>, StageError> {
        Ok((taken, now))
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (taken, now): Self::Worked<'s>,
        _: Timestamp,
    ) -> Result<(), StageError> {
        match taken {
            Taken::File(lease, file) => worker.ledger.settle_purged(&lease, file, now).await?,
            Taken::Records(lease, messages) => worker.ledger.settle_purged_records(&lease, messages, now).await?,
        }
        Ok(())
    }
}

/// Records destroyed in one transaction.
const RECORDS_PER_CLAIM: i64 = 1_000;

/// Removes the bytes of a file wherever we keep them. Again, it changes nothing.
pub async fn destroy(worker: &Worker, file: &FileRecord) -> Result<(), StageError> {
    let Some(partner) = worker.partners.get(&file.partner) else {
        return Err(StageError::Shape(format!("{} is no partner: its folders cannot be purged", file.partner)));
    };
    tokio::task::block_in_place(|| remove(partner, file))
        .map_err(|(path, error)| StageError::exchange(&path, error))?;
    if file.direction == "out" {
        worker.objects.remove("files", &file.sha256).await?;
    }
    if let (Some(batch), "personalization") = (file.batch, file.kind.as_str()) {
        for photo in worker.ledger.renditions_to_purge(batch).await? {
            worker.objects.remove("photos-print", &photo.print).await?;
            worker.objects.remove("photos-chip", &photo.chip).await?;
            worker.ledger.forget_rendition(&photo.source).await?;
        }
    }
    Ok(())
}
