//! What all events of a chunk need: the chunk itself, the temporary table of its events, and the message an
//! event is kept as when it moves no card.

use cardline_core::domain::outcomes::MessageOutcome;
use cardline_core::domain::policy::ByRegion;
use jiff::Timestamp;

use crate::route::servicing::arriving::{ArrivingEvent, EventDates};
use crate::store::row_macs::catalog;
use crate::store::{LedgerError, Tx};
use crate::{args, bulk_row};

/// The chunk under way: whether its events were in the ledger before, and the days its events set.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'d> {
    pub(super) id: i64,
    pub(super) again: bool,
    pub(super) dates: &'d ByRegion<EventDates>,
}

bulk_row! {
    /// An event under way.
    struct StagedEvent<'a> in "event" {
        position: i64,
        event_id: Option<&'a str>,
        digest: &'a [u8],
        subject: &'a str,
        at: Timestamp,
        actor: &'a str,
        evidence: Option<&'a str>,
        /// The application it is about, once found.
        id: Option<i64>,
        /// `moved`, or not decided yet.
        verdict: Option<&'a str>,
        because: Option<&'a str>,
    }
}

fn staged(e: &ArrivingEvent) -> StagedEvent<'_> {
    StagedEvent {
        position: e.position,
        event_id: e.event_id.as_deref(),
        digest: &e.digest,
        subject: &e.subject,
        at: e.at,
        actor: &e.actor,
        evidence: e.evidence.as_deref(),
        id: None,
        verdict: None,
        because: e.because.as_deref(),
    }
}

/// Puts events into the temporary table `event`.
pub(super) async fn stage(tx: &mut Tx, events: &[ArrivingEvent]) -> Result<(), LedgerError> {
    tx.stage(events.iter().map(staged).collect()).await
}

/// Keeps an event as an encrypted message that moved nothing, with the day a person looks at it.
pub(super) async fn keep(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    event: &ArrivingEvent,
    outcome: MessageOutcome,
    reason: Option<String>,
) -> Result<(), LedgerError> {
    let (application_id, due_on) = match outcome {
        MessageOutcome::Accepted => (None, None),
        MessageOutcome::Waiting => (Some(event.subject.clone()), Some(chunk.dates.of("").wait_until)),
        _ => (None, Some(chunk.dates.of("").look_on)),
    };
    let kept = tx.run_returning::<(i64,)>(
        "INSERT INTO message (chunk, position, event_id, application_id, digest, outcome, reason, due_on, origin, sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, (SELECT COALESCE(m.origin, m.id) FROM message m WHERE m.id = $9), $10) RETURNING id",
        args![
            chunk.id, event.position, event.event_id.clone(), application_id, event.digest.clone(), outcome, reason, due_on,
            chunk.again.then_some(event.position), event.encrypted.clone()
        ],
    )
    .await?;
    for (id,) in kept {
        tx.cover_one(&catalog::MESSAGE, id).await?;
    }
    Ok(())
}
