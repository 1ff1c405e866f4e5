//! The step that takes in `card.events`.

use jiff::Timestamp;
use jiff::civil::Date;
use rayon::prelude::*;

use super::event::read_event;
use crate::broker::PartitionChunk;
use crate::ledger::{ArrivingEvent, ChunkSource, EventDates, Lease, Why, looked_at_by};
use crate::stages::intake::count;
use crate::stages::{StageError, Station, Step};
use crate::time::local_date;

/// The step; one chunk of one partition at a time.
pub struct Events;

impl Step for Events {
    type Claimed<'s> = (Lease, PartitionChunk);
    type Worked<'s> = (Lease, ChunkSource, Vec<ArrivingEvent>);

    async fn claim(&self, station: &Station, now: Timestamp) -> Result<Option<Self::Claimed<'_>>, StageError> {
        let topic = station.config.topics.events.clone();
        let Some(chunk) = station.next_chunk(&topic).await? else {
            return Ok(None);
        };
        match station.lease(&format!("servicing/{topic}/{}", chunk.partition), now).await? {
            Some(lease) => Ok(Some((lease, chunk))),
            None => {
                station.forget_topic(&topic);
                Ok(None)
            }
        }
    }

    fn work<'s>(
        &self,
        station: &'s Station,
        (lease, chunk): Self::Claimed<'s>,
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let source = ChunkSource {
            topic: station.config.topics.events.clone(),
            partition: chunk.partition,
            first: chunk.messages.first().map_or(chunk.stored, |m| m.position),
            next: chunk.next,
            stored: Some(chunk.stored),
        };
        let events =
            chunk.messages.par_iter().map(|raw| read_event(&station.keys, raw, now)).collect::<Result<_, _>>()?;
        Ok((lease, source, events))
    }

    async fn settle<'s>(
        &self,
        station: &'s Station,
        (lease, source, events): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let dates = event_dates(station, local_date(now));
        let why = Why { at: now, actor: "servicing", reason: "event" };
        let counts = station.ledger.settle_events(&lease, &source, events, dates, why).await?;
        count("events", &counts);
        tracing::debug!(received = counts.received, applied = counts.accepted, "events settled");
        Ok(())
    }

    fn forget(&self, station: &Station) {
        station.forget_topic(&station.config.topics.events);
    }
}

/// The days that events of today set.
pub fn event_dates(station: &Station, today: Date) -> EventDates {
    let policy = station.policy.of("", today);
    EventDates {
        hand_out_on: station.working_days_after(today, policy.unit_working_days),
        return_on: station.working_days_after(today, policy.return_working_days),
        recycle_on: station.working_days_after(today, policy.recycle_working_days),
        wait_until: today.saturating_add(jiff::Span::new().days(policy.correction_days)),
        look_on: looked_at_by(today),
    }
}
