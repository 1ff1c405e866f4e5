//! Purge: what held persons and has done its work is destroyed, a file at a time.
//!
//! A file is removed from the object store and from the partner's folders first, and marked after: a worker that
//! died in between removes it once more, which changes nothing, and marks it. Its row stays, with name, digest and
//! counts. With a bureau's package go the photos that were rendered for its cards, unless a card on its way
//! needs them; the upload stays, so another card with the photo has it rendered again.

use cardline_core::domain::policy::{ByRegion, RegionPolicy};
use cardline_core::file_formats::PartnerKind;
use jiff::{Timestamp, ToSpan};

use super::destroy::destroy;
use super::due::Dates;
use super::erasure::finish;
use crate::exchange::files::FileRecord;
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
    /// What an erasure has still to remove.
    Erasure(i64),
}

impl Unit for Due {
    fn partner(&self) -> Option<&str> {
        match self {
            Due::File(file) => Some(&file.partner),
            Due::Records | Due::Erasure(_) => None,
        }
    }

    fn name(&self) -> Option<String> {
        match self {
            Due::File(file) => Some(format!("{} {}", file.direction, file.name)),
            Due::Records => None,
            Due::Erasure(id) => Some(format!("erasure {id}")),
        }
    }
}

/// What was taken, and what is to be marked.
pub enum Taken {
    File(Lease, i64),
    Records(Lease, Vec<i64>),
    /// It is finished.
    Erasure(Lease),
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
    let records = worker.ledger.records_to_purge(&dates, RECORDS_PER_CLAIM).await?.len();
    Ok((files + records + worker.ledger.doomed().await?.len()) as u64)
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
        units.extend(worker.ledger.doomed().await?.into_iter().map(Due::Erasure));
        Ok(units)
    }

    async fn claim(&self, worker: &Worker, due: &Due, now: Timestamp) -> Result<Claim<Taken>, StageError> {
        match due {
            Due::Erasure(id) => {
                let Some(lease) = worker.lease(&format!("care/purge/erasure/{id}"), now).await? else {
                    return Ok(Claim::Busy);
                };
                finish(worker, *id, now).await?;
                Ok(Claim::Taken(Taken::Erasure(lease)))
            }
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
            Taken::Erasure(lease) => worker.ledger.give_back(&lease).await?,
            Taken::Records(lease, messages) => worker.ledger.settle_purged_records(&lease, messages, now).await?,
        }
        Ok(())
    }
}

/// Records destroyed in one transaction.
const RECORDS_PER_CLAIM: i64 = 1_000;
