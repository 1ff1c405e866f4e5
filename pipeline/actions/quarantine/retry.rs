//! Messages of the quarantine taken in again: today's rules and reference data, the same path.
//!
//! A page is one transaction: the messages are taken out by the operation, and what they are now is settled
//! as a chunk of source `retry`. What was consumed before stays as it was counted (law 2).

use std::collections::BTreeMap;

use cardline_core::domain::policy::ByRegion;
use jiff::civil::Date;

use crate::cases::deadlines::messages::quarantine_looked_at;
use crate::limits::RETRY_MESSAGES;
use crate::quarantine::operation_record::{Operation, discard};
use crate::quarantine::quarantined::Chosen;
use crate::route::intake::settle::{ArrivingMessage, ChunkSource, IntakeCounts, RETRY, settle_in};
use crate::route::servicing::arriving::{ArrivingEvent, EventDates};
use crate::route::servicing::settle::waves::settle_events_in;
use crate::store::leases::spend;
use crate::store::row_macs::catalog;
use crate::store::{Lease, Ledger, LedgerError, Stamp, Tx};
use crate::{args, row};

row! {
    /// A message that an operation has not taken yet.
    pub struct Member {
        id: i64,
        event_id: Option<String>,
        /// Topic, or `file`, it first came from.
        source: String,
        encrypted: Vec<u8>,
    }
}

/// What a page of messages is now. Positions are the ids of the messages they were.
pub enum Again {
    Applications(Vec<ArrivingMessage>),
    Events(Vec<ArrivingEvent>, ByRegion<EventDates>),
}

/// What became of an operation so far.
#[derive(Default, serde::Serialize)]
pub struct RetryOutcome {
    #[serde(flatten)]
    pub counts: IntakeCounts,
    /// Messages not taken in yet.
    pub remaining: i64,
    /// Refused again: code → messages.
    pub refused: BTreeMap<String, i64>,
}

/// The next messages of an operation after one, in the order they came.
pub async fn next_members(tx: &mut Tx, operation: &Operation, after: i64) -> Result<Vec<Member>, LedgerError> {
    tx.rows(
            "SELECT m.id, m.event_id, c.source, m.sealed AS encrypted FROM act_member k JOIN message m ON m.id = k.message AND m.act = 0
             JOIN message f ON f.id = COALESCE(m.origin, m.id) JOIN chunk c ON c.id = f.chunk
             WHERE k.act = $1 AND m.id > $3 ORDER BY m.id LIMIT $2",
            args![operation.row, RETRY_MESSAGES, after],
        )
        .await
}

/// Takes messages out and in again. Fails whole when one of them was taken by somebody else.
pub async fn settle_again(
    tx: &mut Tx,
    operation: &Operation,
    again: Again,
    why: Stamp<'_>,
    today: Date,
) -> Result<(), LedgerError> {
    let ids: Vec<i64> = match &again {
        Again::Applications(messages) => messages.iter().map(|m| m.position).collect(),
        Again::Events(events, _) => events.iter().map(|e| e.position).collect(),
    };
    if ids.is_empty() {
        return Ok(());
    }
    tx.stage(ids.iter().map(|&id| Chosen { id }).collect()).await?;
    let taken = tx
        .run(
            "UPDATE message SET act = $1 WHERE act = 0 AND outcome <> 'accepted' AND id IN (SELECT id FROM chosen)",
            args![operation.row],
        )
        .await?;
    if taken != ids.len() as u64 {
        return Err(LedgerError::Taken { expected: ids.len() as i64, found: taken as i64 });
    }
    refuse_what_lies_beyond(tx, &again).await?;
    let source = ChunkSource::again(RETRY, operation.row, &ids);
    match again {
        Again::Applications(messages) => {
            let (_, chunk) = settle_in(tx, &source, messages, why, today).await?;
            tx.run(STORED, args![operation.row, chunk]).await?;
            let stored = "act = $1 AND message IN (SELECT position FROM message WHERE chunk = $2)";
            tx.cover(&catalog::ACT_MEMBER, stored, args![operation.row, chunk]).await?;
        }
        Again::Events(events, dates) => {
            settle_events_in(tx, &source, events, &dates, why).await?;
        }
    }
    Ok(())
}

/// Remembers bank and region of the applications that a chunk of an operation stored, for law 13. A message that is
/// taken in again is at the position of the message it was.
const STORED: &str = "UPDATE act_member SET stored_bank = a.bank, stored_region = a.region
    FROM message n JOIN application a ON a.message = n.id
    WHERE n.chunk = $2 AND act_member.act = $1 AND act_member.message = n.position";

/// Fails when what is taken in is about an application or a card beyond the viewer's scope, or would become one.
/// Steps have no viewer.
async fn refuse_what_lies_beyond(tx: &mut Tx, again: &Again) -> Result<(), LedgerError> {
    let Some(viewer) = tx.viewer().cloned().filter(|viewer| !viewer.scope.is_everything()) else { return Ok(()) };
    let told: Vec<(i64, Option<&str>)> = match again {
        Again::Applications(messages) => messages.iter().map(|m| (m.position, m.application_id.as_deref())).collect(),
        Again::Events(events, _) => events.iter().map(|e| (e.position, Some(e.subject.as_str()))).collect(),
    };
    for (message, subject) in told {
        let places = tx.rows::<(String, String)>(CONCERNED, args![subject]).await?;
        if places.iter().any(|(bank, region)| !viewer.scope.covers(bank, region)) {
            return Err(viewer.beyond(&format!("message {message}")).into());
        }
    }
    let Again::Applications(messages) = again else { return Ok(()) };
    let beyond = |m: &&ArrivingMessage| m.facts.as_ref().is_some_and(|f| !viewer.scope.covers(&f.bank, &f.region));
    let found = messages.iter().find(beyond);
    found.map_or(Ok(()), |m| Err(viewer.beyond(&format!("message {}", m.position)).into()))
}

/// Bank and region of all that an application id, a card number or a shipment number names.
const CONCERNED: &str = "SELECT a.bank, a.region FROM application a WHERE a.application_id = $1 OR a.old_number = $1
    UNION SELECT a.bank, a.region FROM production_row r JOIN application a ON a.id = r.application WHERE r.card_number = $1
    UNION SELECT a.bank, a.region FROM shipment s JOIN box b ON b.shipment = s.id JOIN made m ON m.box = b.id
        JOIN application a ON a.id = m.application WHERE s.number = $1";

/// What became of an operation, from what the ledger holds: the same however often it was interrupted.
pub async fn retry_outcome(tx: &mut Tx, operation: &Operation) -> Result<RetryOutcome, LedgerError> {
    let counts = tx
        .row::<IntakeCounts>(
            "SELECT CAST(COALESCE(sum(received), 0) AS BIGINT) AS received, CAST(COALESCE(sum(accepted), 0) AS BIGINT) AS accepted,
                CAST(COALESCE(sum(rejected), 0) AS BIGINT) AS rejected, CAST(COALESCE(sum(repeated), 0) AS BIGINT) AS repeated,
                CAST(COALESCE(sum(conflicting), 0) AS BIGINT) AS conflicting, CAST(COALESCE(sum(quarantined), 0) AS BIGINT) AS quarantined
             FROM chunk WHERE source = $2 AND partition = $1",
            args![operation.row, RETRY],
        )
        .await?
        .unwrap_or_default();
    let refused = tx
        .rows::<(String, i64)>(
            "SELECT COALESCE(m.reason, f.rule, m.outcome), count(DISTINCT m.id) FROM chunk c JOIN message m ON m.chunk = c.id AND m.outcome <> 'accepted'
             LEFT JOIN finding f ON f.message = m.id AND f.severity = 'error' AND m.reason IS NULL
             WHERE c.source = $2 AND c.partition = $1 GROUP BY COALESCE(m.reason, f.rule, m.outcome)",
            args![operation.row, RETRY],
        )
        .await?;
    let remaining = tx
        .number(
            "SELECT count(*) FROM act_member k JOIN message m ON m.id = k.message AND m.act = 0 WHERE k.act = $1",
            args![operation.row],
        )
        .await?;
    Ok(RetryOutcome { counts, remaining, refused: refused.into_iter().collect() })
}

impl Ledger {
    /// Puts the messages of an operation aside, all of them or none.
    pub async fn settle_discard(&self, operation: &Operation, why: Stamp<'_>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        discard(&mut tx, operation).await?;
        quarantine_looked_at(&mut tx, why).await?;
        tx.commit().await
    }

    /// Settles one page of an operation, for the holder of the lease.
    pub async fn settle_retry(
        &self,
        lease: &Lease,
        operation: &Operation,
        again: Vec<Again>,
        why: Stamp<'_>,
        today: Date,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        for part in again {
            settle_again(&mut tx, operation, part, why, today).await?;
        }
        quarantine_looked_at(&mut tx, why).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}
