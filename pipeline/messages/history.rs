//! History: sealed by one sealer, then published. Each is one unit: both go on in the order of history, and
//! what cannot be sealed or published now holds up what follows it.

use jiff::Timestamp;

use crate::kafka::{Outgoing, Publisher};
use crate::messages::notice_rows::NewNotice;
use crate::messages::relay::ToldMove;
use crate::messages::told::{Recipients, messages, notices, recipients};
use crate::step::{Claim, StageError, Step, Whole, Worker};
use crate::store::Lease;
use crate::time::local_date;

/// Seals what was committed since the last seal.
pub struct Seal;

impl Step for Seal {
    type Unit = Whole;
    type Claimed<'s> = Lease;
    type Worked<'s> = Lease;

    async fn units(&self, _: &Worker, _: Timestamp) -> Result<Vec<Whole>, StageError> {
        Ok(vec![Whole])
    }

    async fn claim(&self, worker: &Worker, _: &Whole, now: Timestamp) -> Result<Claim<Lease>, StageError> {
        if worker.ledger.unsealed().await? == 0 {
            return Ok(Claim::Nothing);
        }
        Ok(Claim::under(worker.lease("history/seal", now).await?, |lease| lease))
    }

    fn work(&self, _: &Worker, lease: Lease, _: Timestamp) -> Result<Lease, StageError> {
        Ok(lease)
    }

    async fn settle(&self, worker: &Worker, lease: Lease, now: Timestamp) -> Result<(), StageError> {
        worker.ledger.seal_history(&lease, now).await?;
        Ok(())
    }
}

/// Tells sealed history to the topics of outcomes and electronic cards, and keeps the notices that people get of it.
pub struct Relay;

/// One seal, and what it has for others.
pub struct Told {
    lease: Lease,
    seal: i64,
    pub messages: Vec<Outgoing>,
    notices: Vec<NewNotice>,
}

impl Step for Relay {
    type Unit = Whole;
    type Claimed<'s> = (Lease, i64, Vec<ToldMove>, Recipients);
    type Worked<'s> = Told;

    async fn units(&self, _: &Worker, _: Timestamp) -> Result<Vec<Whole>, StageError> {
        Ok(vec![Whole])
    }

    async fn claim(&self, worker: &Worker, _: &Whole, now: Timestamp) -> Result<Claim<Self::Claimed<'_>>, StageError> {
        if worker.kafka.is_none() {
            return Ok(Claim::Nothing);
        }
        let Some((seal, moves)) = worker.ledger.untold("topics").await? else {
            return Ok(Claim::Nothing);
        };
        worker.before_leaving(now).await?;
        let Some(lease) = worker.lease("history/relay", now).await? else { return Ok(Claim::Busy) };
        let recipients = recipients(worker, &moves, local_date(now)).await?;
        Ok(Claim::Taken((lease, seal, moves, recipients)))
    }

    fn work<'s>(
        &self,
        worker: &'s Worker,
        (lease, seal, moves, recipients): Self::Claimed<'s>,
        _: Timestamp,
    ) -> Result<Told, StageError> {
        let messages = moves.iter().flat_map(|m| messages(worker, m)).collect();
        let notices = notices(&moves, &recipients);
        Ok(Told { lease, seal, messages, notices })
    }

    async fn settle(&self, worker: &Worker, told: Told, _: Timestamp) -> Result<(), StageError> {
        tokio::task::block_in_place(|| worker.publish(&told.messages))?;
        worker.ledger.told(&told.lease, "topics", told.seal, told.notices).await?;
        Ok(())
    }
}

impl Worker {
    /// Publishes messages and waits until the broker has them. Blocks.
    pub fn publish(&self, messages: &[Outgoing]) -> Result<(), StageError> {
        let Some(broker) = &self.kafka else {
            return Ok(());
        };
        let mut slot = self.publisher.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if slot.is_none() {
            *slot = Some(Publisher::connect(broker)?);
        }
        let published = slot.as_ref().map_or(Ok(()), |publisher| publisher.publish(messages));
        if published.is_err() {
            // What it still holds would go out beside what is published again.
            *slot = None;
        }
        Ok(published?)
    }
}
