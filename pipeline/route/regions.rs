//! Cards that wait under a region code which was merged or renamed go over to the queue of the region
//! that took it over. Those already in a batch stay there.

use cardline_core::batch_kinds::BatchKind;
use jiff::Timestamp;

use crate::batching::cut_batch::QueueSlice;
use crate::batching::schedule::{lease_of, stream_of};
use crate::limits::FOLLOWED_PER_SETTLE;
use crate::route::waiting_regions::Room;
use crate::step::{Claim, StageError, Step, Unit, Worker};
use crate::store::{Lease, Stamp};

/// The step, one for each waiting room; one group at a time, under the lease of its cut.
pub struct FollowRegions(pub Room);

impl Unit for QueueSlice {
    fn partner(&self) -> Option<&str> {
        Some(&self.bank)
    }

    fn name(&self) -> Option<String> {
        Some(format!("{}/{}", self.region, self.lane))
    }
}

impl Step for FollowRegions {
    type Unit = QueueSlice;
    type Claimed<'s> = (Lease, QueueSlice);
    type Worked<'s> = (Lease, QueueSlice);

    async fn units(&self, worker: &Worker, _: Timestamp) -> Result<Vec<QueueSlice>, StageError> {
        let mut old: Vec<&str> = worker.reference.followed_regions().map(|(old, _)| old).collect();
        old.sort_unstable();
        Ok(worker.ledger.waiting_under(self.0, &old).await?)
    }

    async fn claim<'s>(
        &self,
        worker: &'s Worker,
        group: &QueueSlice,
        now: Timestamp,
    ) -> Result<Claim<Self::Claimed<'s>>, StageError> {
        let kind = match self.0 {
            Room::Account => BatchKind::ACCOUNT,
            Room::Recycling => BatchKind::RECYCLING,
        };
        // Nobody else touches the queue of a bank that is no partner.
        let stream = stream_of(worker, kind, group.key());
        let work = stream.map_or_else(|| format!("regions/{}", group.region), |(stream, _)| lease_of(&stream.name()));
        Ok(Claim::under(worker.lease(&work, now).await?, |lease| (lease, group.clone())))
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
        (lease, group): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let region = worker.reference.followed(&group.region);
        let reason = format!("region {} was taken over by {region}", group.region);
        let why = Stamp { at: now, actor: "scheduler", reason: &reason };
        worker.ledger.settle_followed(&lease, (self.0, &group), region, FOLLOWED_PER_SETTLE, why).await?;
        Ok(())
    }
}
