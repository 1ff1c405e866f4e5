//! Messages that waited for an earlier revision: taken in once it is there, given up at their deadline.

use jiff::Timestamp;

use super::check::check_messages;
use crate::crypto::keys::RecordOf;
use crate::kafka::RawMessage;
use crate::limits::GAPS_PER_LOOK;
use crate::route::intake::positions::WaitingMessage;
use crate::route::intake::settle::ArrivingMessage;
use crate::step::{Claim, StageError, Step, Unit, Worker};
use crate::store::{Lease, Stamp};
use crate::time::local_date;

/// The step; one message at a time, because the next may wait for this one.
pub struct Gaps;

/// A waiting message whose predecessor is there.
pub struct ReadyMessage(i64);

impl Unit for ReadyMessage {
    fn name(&self) -> Option<String> {
        Some(format!("message {}", self.0))
    }
}

impl Step for Gaps {
    type Unit = ReadyMessage;
    type Claimed<'s> = (Lease, WaitingMessage);
    type Worked<'s> = (Lease, WaitingMessage, Vec<ArrivingMessage>);

    async fn units(&self, worker: &Worker, _: Timestamp) -> Result<Vec<ReadyMessage>, StageError> {
        Ok(worker.ledger.ready_gaps(GAPS_PER_LOOK).await?.into_iter().map(ReadyMessage).collect())
    }

    async fn claim<'s>(
        &self,
        worker: &'s Worker,
        ReadyMessage(id): &ReadyMessage,
        now: Timestamp,
    ) -> Result<Claim<Self::Claimed<'s>>, StageError> {
        let Some(lease) = worker.lease("intake/gaps", now).await? else {
            return Ok(Claim::Busy);
        };
        match worker.ledger.ready_gap(*id).await? {
            Some(message) => Ok(Claim::Taken((lease, message))),
            None => {
                worker.ledger.give_back(&lease).await?;
                Ok(Claim::Settled)
            }
        }
    }

    fn work<'s>(
        &self,
        worker: &'s Worker,
        (lease, message): Self::Claimed<'s>,
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let bytes = worker.keys.decrypt_of(RecordOf::Message(message.id), &message.encrypted)?;
        let checked = check_messages(worker, &[RawMessage::new(message.id, bytes.into())], now)?;
        Ok((lease, message, checked))
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (lease, message, checked): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let why = Stamp { at: now, actor: "intake", reason: "the missing revision arrived" };
        worker.ledger.settle_gap(&lease, &message, checked, why, local_date(now)).await?;
        Ok(())
    }
}
