//! Sends frozen files: the bytes come from the object store, by their digest, and are placed once.

use cardline_core::file_formats::FileKind;
use jiff::Timestamp;

use crate::exchange::envelopes::sealed;
use crate::exchange::files::FileRecord;
use crate::exchange::publish::publish;
use crate::limits::{ANSWER_WORKING_DAYS, LEASE_SECONDS};
use crate::step::{Claim, StageError, Step, Unit, Worker};
use crate::store::Lease;
use crate::time::local_date;

/// The step; one file at a time, oldest first.
pub struct Send;

impl Unit for FileRecord {
    fn partner(&self) -> Option<&str> {
        Some(&self.partner)
    }

    fn name(&self) -> Option<String> {
        Some(format!("to/{}", self.name))
    }
}

impl Step for Send {
    type Unit = FileRecord;
    type Claimed<'s> = (Lease, FileRecord, Vec<u8>);
    type Worked<'s> = (Lease, FileRecord, Vec<u8>);

    async fn units(&self, worker: &Worker, _: Timestamp) -> Result<Vec<FileRecord>, StageError> {
        let mut frozen = worker.ledger.frozen_files().await?;
        frozen.retain(|file| !worker.carried_elsewhere.contains(&file.partner));
        Ok(frozen)
    }

    async fn claim<'s>(
        &self,
        worker: &'s Worker,
        file: &FileRecord,
        now: Timestamp,
    ) -> Result<Claim<Self::Claimed<'s>>, StageError> {
        let Some(lease) = worker.ledger.begin_sending(file, worker.name(), now, LEASE_SECONDS).await? else {
            return Ok(Claim::Busy);
        };
        // A line may be slow, and a lease is short.
        let lease = worker.ledger.renewed(lease, LEASE_SECONDS);
        worker.before_leaving(now).await?;
        let bytes = worker.objects.get("files", &file.sha256).await?;
        Ok(Claim::Taken((lease, file.clone(), bytes)))
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
        (lease, file, bytes): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let Some(partner) = worker.partners.get(&file.partner) else {
            return Err(StageError::Shape(format!("{} is no partner", file.partner)));
        };
        let previous = worker.ledger.digest_before(&file.partner, &file.kind, "out", file.sequence).await?;
        let from = (&*worker.envelope_keys, &worker.objects);
        let bytes = sealed(from, partner, &file, bytes, previous, now).await?;
        let name = partner.profile.sent_name(&file.name);
        let marker = partner.profile.sent_marker(&file.kind, &name);
        publish(&*partner.transport, &name, &bytes, marker.as_deref(), partner.profile.mode).await?;
        let days = FileKind::named(&file.kind)
            .and_then(|kind| partner.profile.answer_within_working_days(kind))
            .unwrap_or(ANSWER_WORKING_DAYS);
        let due = worker.working_days_after(local_date(now), days);
        worker.ledger.settle_placed(&lease, &file, due, now).await?;
        Ok(())
    }
}
