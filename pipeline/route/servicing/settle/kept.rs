//! What all events of a chunk need: the chunk itself, the temporary table of its events, and the message an
//! event is kept as when it moves no card.

use cardline_core::domain::policy::ByRegion;

use crate::args;
use crate::route::servicing::arriving::{ArrivingEvent, EventDates};
use crate::store::bulk::{Column, StagingTable};
use crate::store::{LedgerError, Tx};

/// The chunk under way: whether its events were in the ledger before, and the days its events set.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'d> {
    pub(super) id: i64,
    pub(super) again: bool,
    pub(super) dates: &'d ByRegion<EventDates>,
}

/// The events under way. `id`: the application it is about, once found; `verdict`: `moved`, or not decided yet.
const EVENT: StagingTable = StagingTable {
    name: "event",
    columns: &[
        ("position", Column::Int),
        ("event_id", Column::Text),
        ("digest", Column::Bytes),
        ("subject", Column::Text),
        ("at", Column::Int),
        ("actor", Column::Text),
        ("evidence", Column::Text),
        ("id", Column::Int),
        ("verdict", Column::Text),
        ("because", Column::Text),
    ],
};

/// Puts events into the temporary table `event`.
pub(super) async fn stage(tx: &mut Tx, events: &[ArrivingEvent]) -> Result<(), LedgerError> {
    let rows = events
        .iter()
        .map(|e| {
            args![
                e.position,
                e.event_id.clone(),
                e.digest.clone(),
                &e.subject,
                e.at,
                &e.actor,
                e.evidence.clone(),
                None::<i64>,
                None::<String>,
                e.because.clone()
            ]
        })
        .collect();
    tx.stage(&EVENT, rows).await
}

/// Keeps an event as an encrypted message that moved nothing, with the day a person looks at it.
pub(super) async fn keep(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    event: &ArrivingEvent,
    outcome: &str,
    reason: Option<String>,
) -> Result<(), LedgerError> {
    let (application_id, due_on) = match outcome {
        "accepted" => (None, None),
        "waiting" => (Some(event.subject.clone()), Some(chunk.dates.of("").wait_until)),
        _ => (None, Some(chunk.dates.of("").look_on)),
    };
    tx.run(
        "INSERT INTO message (chunk, position, event_id, application_id, digest, outcome, reason, due_on, origin, sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, (SELECT COALESCE(m.origin, m.id) FROM message m WHERE m.id = $9), $10)",
        args![
            chunk.id, event.position, event.event_id.clone(), application_id, event.digest.clone(), outcome, reason, due_on,
            chunk.again.then_some(event.position), event.encrypted.clone()
        ],
    )
    .await?;
    Ok(())
}
