//! The step that takes in `card.events`.

use std::sync::Arc;

use cardline_core::domain::policy::ByRegion;
use jiff::Timestamp;
use jiff::civil::Date;
use rayon::prelude::*;

use super::event::read_event;
use crate::quarantine::quarantined::looked_at_by;
use crate::route::intake::settle::ChunkSource;
use crate::route::intake::{ClaimedChunk, count, source_of};
use crate::route::servicing::arriving::{ArrivingEvent, EventDates};
use crate::step::{Claim, StageError, Step, Whole, Worker};
use crate::store::{Lease, Stamp};
use crate::time::local_date;

/// The step; one chunk of one partition at a time, and one unit: which partition is next follows from who has
/// waited longest, and the events of a partition are settled in their order.
pub struct Events;

impl Step for Events {
    type Unit = Whole;
    type Claimed<'s> = ClaimedChunk;
    type Worked<'s> = (Lease, ChunkSource, Vec<ArrivingEvent>);

    async fn units(&self, _: &Worker, _: Timestamp) -> Result<Vec<Whole>, StageError> {
        Ok(vec![Whole])
    }

    async fn claim(&self, worker: &Worker, _: &Whole, now: Timestamp) -> Result<Claim<Self::Claimed<'_>>, StageError> {
        Ok(worker.claim_chunk("servicing", &worker.config.topics.events, now).await?.into())
    }

    fn work<'s>(
        &self,
        worker: &'s Worker,
        ClaimedChunk { lease, generation, chunk }: ClaimedChunk,
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let source = source_of(worker.config.topics.events.clone(), generation, &chunk);
        let events =
            chunk.messages.par_iter().map(|raw| read_event(&worker.keys, raw, now)).collect::<Result<_, _>>()?;
        Ok((lease, source, events))
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (lease, source, events): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let dates = event_dates(worker, local_date(now));
        let why = Stamp { at: now, actor: "servicing", reason: "event" };
        let counts = worker.ledger.settle_events(&lease, &source, events, &dates, why).await?;
        count("events", &counts);
        tracing::debug!(received = counts.received, applied = counts.accepted, "events settled");
        Ok(())
    }

    fn forget(&self, worker: &Worker) {
        worker.forget_topic(&worker.config.topics.events);
    }
}

/// The days that events of today set, by the region of the card. An event that finds no card has no region.
pub fn event_dates(worker: &Worker, today: Date) -> ByRegion<EventDates> {
    worker.policy.on(today).regions.map(|policy| EventDates {
        hand_out_on: worker.working_days_after(today, policy.unit_working_days),
        activate_on: worker.working_days_after(today, policy.activation_working_days),
        mailed_on: worker.working_days_after(today, policy.mail_working_days),
        missing_on: worker.working_days_after(today, policy.missing_working_days),
        window_on: worker.working_days_after(today, policy.window_working_days),
        return_on: worker.working_days_after(today, policy.return_working_days),
        recycle_on: worker.working_days_after(today, policy.recycle_working_days),
        city_months: policy.city_months,
        today,
        wait_until: today.saturating_add(jiff::Span::new().days(policy.correction_days)),
        look_on: looked_at_by(today),
        case_on: worker.working_days_after(today, policy.case_working_days),
        hand_over: Arc::new(policy.hand_over.clone()),
        lacking: policy.hand_over_lacking,
    })
}
