//! Messages that waited for an earlier revision: taken in once it is there, given up at their deadline.

use jiff::Timestamp;

use super::check::check_messages;
use crate::broker::RawMessage;
use crate::ledger::{ArrivingMessage, Lease, WaitingMessage, Why};
use crate::stages::{StageError, Station, Step};
use crate::time::local_date;

/// The step; one message at a time, because the next may wait for this one.
pub struct Gaps;

impl Step for Gaps {
    type Claimed<'s> = (Lease, WaitingMessage);
    type Worked<'s> = (Lease, WaitingMessage, Vec<ArrivingMessage>);

    async fn claim(&self, station: &Station, now: Timestamp) -> Result<Option<Self::Claimed<'_>>, StageError> {
        let Some(message) = station.ledger.ready_gap().await? else {
            return Ok(None);
        };
        Ok(station.lease("intake/gaps", now).await?.map(|lease| (lease, message)))
    }

    fn work<'s>(
        &self,
        station: &'s Station,
        (lease, message): Self::Claimed<'s>,
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let bytes = station.keys.open_record(&message.sealed)?;
        let checked = check_messages(station, &[RawMessage::new(message.id, bytes.into())], now)?;
        Ok((lease, message, checked))
    }

    async fn settle<'s>(
        &self,
        station: &'s Station,
        (lease, message, checked): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let why = Why { at: now, actor: "intake", reason: "the missing revision arrived" };
        station.ledger.settle_gap(&lease, &message, checked, why, local_date(now)).await?;
        Ok(())
    }
}
