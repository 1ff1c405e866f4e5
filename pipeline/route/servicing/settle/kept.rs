//! What all events of a chunk need: the chunk itself, the temporary table of its events, and the message an
//! event is kept as when it moves no card.

use cardline_core::domain::outcomes::MessageOutcome;
use cardline_core::domain::policy::ByRegion;
use jiff::Timestamp;

use crate::route::servicing::arriving::{ArrivingEvent, EventDates};
use crate::store::row_macs::Field;
use crate::store::row_macs::catalog::MESSAGE;
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
        /// The application it is about.
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
        id: e.application,
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
    let id = tx.take_ids(MESSAGE.table, 1).await?.into_iter().next();
    let id = id.ok_or_else(|| LedgerError::Shape("message id".into()))?;
    let key = tx.row_key();
    let encrypted = event.encrypted.clone();
    let sealed = key.as_ref().map_or(encrypted.clone(), |key| key.bound(MESSAGE.table, id, encrypted));
    // What was in the ledger before has an origin, which the statement finds.
    let mac = key.filter(|_| !chunk.again).map(|key| {
        let mac = key.mac(MESSAGE.table).field(id).field(chunk.id).field(event.position).field(event.event_id.as_ref());
        mac.field(application_id.as_ref()).field(Field::Null).field(&event.digest).field(Field::Null).end()
    });
    tx.run(
        "INSERT INTO message (id, chunk, position, event_id, application_id, digest, outcome, reason, due_on, origin, sealed, mac)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, (SELECT COALESCE(m.origin, m.id) FROM message m WHERE m.id = $10), $11, $12)",
        args![
            id, chunk.id, event.position, event.event_id.clone(), application_id, event.digest.clone(), outcome, reason, due_on,
            chunk.again.then_some(event.position), sealed, mac
        ],
    )
    .await?;
    if chunk.again {
        tx.cover_one(&MESSAGE, id).await?;
    }
    Ok(())
}
