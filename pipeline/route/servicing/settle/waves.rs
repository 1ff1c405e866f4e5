//! A chunk of events in one transaction: repeats and conflicts are sorted out, the rest is settled kind by kind.
//!
//! As at intake, events about the same card or shipment are settled one after another, in waves.

use std::collections::{BTreeMap, HashMap};

use cardline_core::domain::outcomes::MessageOutcome;
use cardline_core::domain::policy::ByRegion;

use super::cards::cards;
use super::heard::{heard_of_cards, is_told_by_point};
use super::kept::{Chunk, keep, stage};
use super::mail::{delivered, returned, sent};
use super::missing::{found, missing};
use super::receipts::receipts;
use crate::args;
use crate::messages::dead_letters;
use crate::route::intake::settle::{ChunkSource, IntakeCounts, close_chunk, move_offset, open_chunk};
use crate::route::servicing::arriving::{ArrivingEvent, EventDates, EventKind};
use crate::store::leases::spend;
use crate::store::{Lease, Ledger, LedgerError, Stamp, Tx};
use crate::time::local_date;

/// The application a card's event is about, by card number or application id.
const RESOLVE: &str = "UPDATE event SET id = COALESCE(
    (SELECT p.application FROM production_row p WHERE p.card_number = event.subject),
    (SELECT a.id FROM application a WHERE a.old_number = event.subject),
    (SELECT a.id FROM application a WHERE a.application_id = event.subject))";

impl Ledger {
    /// Settles one chunk of events. `dates`: the days they set, by the region of the card.
    pub async fn settle_events(
        &self,
        lease: &Lease,
        source: &ChunkSource,
        events: Vec<ArrivingEvent>,
        dates: &ByRegion<EventDates>,
        why: Stamp<'_>,
    ) -> Result<IntakeCounts, LedgerError> {
        let mut tx = self.begin().await?;
        let counts = settle_events_in(&mut tx, source, events, dates, why).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(counts)
    }
}

/// Settles a chunk of events inside a transaction.
pub(crate) async fn settle_events_in(
    tx: &mut Tx,
    source: &ChunkSource,
    mut events: Vec<ArrivingEvent>,
    dates: &ByRegion<EventDates>,
    why: Stamp<'_>,
) -> Result<IntakeCounts, LedgerError> {
    move_offset(tx, source).await?;
    let chunk = Chunk { id: open_chunk(tx, source, why.at).await?, again: source.is_again(), dates };
    let mut counts = IntakeCounts { received: events.len() as i64, ..IntakeCounts::default() };
    resolve(tx, &mut events).await?;
    for wave in waves(events) {
        counts.add(settle_wave(tx, chunk, wave, why).await?);
    }
    if source.stored.is_some() && counts.quarantined > 0 {
        dead_letters::queue(tx, chunk.id).await?;
    }
    close_chunk(tx, chunk.id, &counts).await?;
    Ok(counts)
}

/// Finds the application of each event, whatever it calls the card.
async fn resolve(tx: &mut Tx, events: &mut [ArrivingEvent]) -> Result<(), LedgerError> {
    stage(tx, events).await?;
    tx.scratch(RESOLVE, args![]).await?;
    let found = tx.rows::<(i64, i64)>("SELECT position, id FROM event WHERE id IS NOT NULL", args![]).await?;
    let found: HashMap<i64, i64> = found.into_iter().collect();
    for event in events {
        event.application = found.get(&event.position).copied();
    }
    Ok(())
}

/// Events about the same card or shipment, or of the same id, follow each other in different waves.
fn waves(events: Vec<ArrivingEvent>) -> Vec<Vec<ArrivingEvent>> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut waves: Vec<Vec<ArrivingEvent>> = Vec::new();
    for event in events {
        let subject = event.application.map_or_else(|| format!("s{}", event.subject), |id| format!("a{id}"));
        let keys = [subject, format!("e{}", event.event_id.as_deref().unwrap_or_default())];
        let wave = keys.iter().filter_map(|key| seen.get(key)).max().map_or(0, |last| last + 1);
        for key in keys {
            seen.insert(key, wave);
        }
        if waves.len() <= wave {
            waves.resize_with(wave + 1, Vec::new);
        }
        waves[wave].push(event);
    }
    waves
}

/// Settles events of which no two are about the same thing, kind by kind.
async fn settle_wave(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    events: Vec<ArrivingEvent>,
    why: Stamp<'_>,
) -> Result<IntakeCounts, LedgerError> {
    let mut counts = IntakeCounts::default();
    let mut of_kind: BTreeMap<Option<EventKind>, Vec<ArrivingEvent>> = BTreeMap::new();
    for event in events {
        of_kind.entry(event.kind).or_default().push(event);
    }
    for (kind, events) in of_kind {
        match kind {
            None => {
                counts.quarantined += events.len() as i64;
                for event in events {
                    let reason = event.reason.clone();
                    keep(tx, chunk, &event, MessageOutcome::Quarantined, reason).await?;
                }
            }
            Some(kind) => {
                let (identity, fresh) = separate(tx, chunk, events).await?;
                counts.add(identity);
                match kind {
                    EventKind::Delivery(told) => receipts(tx, chunk, told, fresh, &mut counts, why).await?,
                    EventKind::Fact => {
                        counts.accepted += fresh.len() as i64;
                        for event in fresh {
                            keep(tx, chunk, &event, MessageOutcome::Accepted, event.reason.clone()).await?;
                        }
                    }
                    EventKind::Missing => missing(tx, chunk, fresh, &mut counts, why).await?,
                    EventKind::SentByMail => sent(tx, chunk, fresh, &mut counts, why).await?,
                    EventKind::Delivered => delivered(tx, chunk, fresh, &mut counts, why).await?,
                    EventKind::ReturnedByMail => returned(tx, chunk, fresh, &mut counts, why).await?,
                    EventKind::Found => found(tx, chunk, fresh, &mut counts, why).await?,
                    _ => cards(tx, chunk, kind, fresh, &mut counts, why).await?,
                }
                if is_told_by_point(kind) {
                    heard_of_cards(tx, local_date(why.at)).await?;
                }
            }
        }
    }
    Ok(counts)
}

/// Repeats and conflicts by event id; the rest goes on.
async fn separate(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    events: Vec<ArrivingEvent>,
) -> Result<(IntakeCounts, Vec<ArrivingEvent>), LedgerError> {
    let mut counts = IntakeCounts::default();
    stage(tx, &events).await?;
    let mut known: HashMap<i64, bool> = HashMap::new();
    for (position, same) in tx
        .rows::<(i64, bool)>(
            "SELECT e.position, e.digest = v.digest FROM event e JOIN move v ON v.event_id = e.event_id
             UNION SELECT e.position, e.digest = m.digest FROM event e
                JOIN message m ON m.event_id = e.event_id AND m.outcome IN ('accepted', 'rejected', 'waiting') AND (m.act = 0 OR $1 = 0)
             UNION SELECT e.position, e.digest = m.digest FROM event e
                JOIN message m ON m.event_id = e.event_id AND m.outcome = 'conflicting' AND m.digest = e.digest
                    AND (m.act = 0 OR $1 = 0)",
            args![i64::from(chunk.again)],
        )
        .await?
    {
        // Repaired, an event is known by what it was and by what it is.
        *known.entry(position).or_default() |= same;
    }
    let mut fresh = Vec::new();
    for event in events {
        match known.get(&event.position) {
            None => fresh.push(event),
            Some(true) => counts.repeated += 1,
            Some(false) => {
                counts.conflicting += 1;
                keep(tx, chunk, &event, MessageOutcome::Conflicting, Some("EVENT-CONFLICT".into())).await?;
            }
        }
    }
    Ok((counts, fresh))
}
