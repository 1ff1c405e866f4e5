//! History: one row for each move of a thing or a set.

use jiff::Timestamp;

use super::edge::Transition;
use super::tables::table_of;
use crate::args;
use crate::store::LedgerError;
use crate::store::engine::Tx;

/// When, by whom and why: every move carries all three.
#[derive(Clone, Copy)]
pub struct Stamp<'a> {
    pub at: Timestamp,
    pub actor: &'a str,
    pub reason: &'a str,
}

/// The event a row of history came from.
pub struct EventMark<'a> {
    pub event_id: &'a str,
    pub digest: &'a [u8],
    pub chunk: i64,
}

/// Writes the history of one thing whose row was just written: it begins, or left the set it travelled with.
pub(crate) async fn write_move(
    tx: &mut Tx,
    id: i64,
    transition: Transition,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    write_history(tx, &transition, (table_of(transition.machine).scope, id), 1, why, None).await
}

pub(super) async fn write_history(
    tx: &mut Tx,
    transition: &Transition,
    (scope, subject): (&str, i64),
    count: i64,
    why: Stamp<'_>,
    event: Option<EventMark<'_>>,
) -> Result<(), LedgerError> {
    let (event_id, digest, chunk) = match event {
        Some(mark) => (Some(mark.event_id), Some(mark.digest), Some(mark.chunk)),
        None => (None, None, None),
    };
    tx.run(
        "INSERT INTO move (at, life, scope, subject, from_state, to_state, count, actor, reason, event_id, digest, chunk)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![why.at, transition.life(), scope, subject, transition.from(), transition.to(), count, why.actor, why.reason, event_id, digest, chunk],
    )
    .await?;
    Ok(())
}
