//! What one person does alone with messages of the quarantine, counted by person and day: one message at a time goes
//! around no second person.
//!
//! Invariants: counted where it is recorded, in the same transaction, one after the other for each person. The day is
//! that of the instant handed in, which is the database's once there are users.

use jiff::Timestamp;

use crate::args;
use crate::store::{LedgerError, Tx};
use crate::time::{instant, local_date};

/// What is counted, each for itself.
const COUNTED: [&str; 2] = ["reveal", "discard"];

/// Holds other records of the same person back until the transaction ends; no other lock of ours begins so.
const LOCK: i64 = 6_073_200 << 32;

/// Messages the viewer did this to alone on the day of an instant; somebody who was looked for and not found counts as
/// one. Nobody is counted before there are users.
pub(crate) async fn alone_today(tx: &mut Tx, what: &'static str, at: Timestamp) -> Result<i64, LedgerError> {
    let Some(user) = tx.user() else { return Ok(0) };
    tx.lock(LOCK + user).await?;
    let morning = instant(local_date(at), 0, 0);
    tx.number(
        "SELECT CAST(COALESCE(sum(CASE count WHEN 0 THEN 1 ELSE count END), 0) AS BIGINT) FROM act WHERE by_user = $1 AND what = $2 AND at >= $3 AND approval IS NULL",
        args![user, what, morning],
    )
    .await
}

/// Whether so many more need a second person: several at once always do, and what adds up to more than the limit.
pub(crate) async fn needs_second(
    tx: &mut Tx,
    what: &'static str,
    count: i64,
    limit: i64,
    at: Timestamp,
) -> Result<bool, LedgerError> {
    Ok(tx.user().is_some() && (count > 1 || alone_today(tx, what, at).await? + count > limit))
}

/// How many it is with this operation, for its record; none where a second person gave it, or nothing is counted.
pub(super) async fn counted(
    tx: &mut Tx,
    what: &'static str,
    count: i64,
    approval: Option<i64>,
    at: Timestamp,
) -> Result<Option<i64>, LedgerError> {
    if tx.user().is_none() || approval.is_some() || !COUNTED.contains(&what) {
        return Ok(None);
    }
    Ok(Some(alone_today(tx, what, at).await? + count.max(1)))
}
