//! Events about cards: each kind's routes are tried in order, set by set, until every event moved its card or
//! none can.

use std::collections::BTreeMap;

use cardline_core::domain::outcomes::MessageOutcome;
use cardline_core::state_machines::CARD;

use super::asked::settle_cases;
use super::effects::{activates, along, ended, kept, routes};
use super::hand_over::{Judged, judge};
use super::kept::{Chunk, keep, stage};
use super::retire::retire_previous;
use crate::custody::account_waiting::wait_no_more;
use crate::route::intake::settle::IntakeCounts;
use crate::route::servicing::arriving::{ArrivingEvent, EventKind};
use crate::store::transition::{Along, Subject, Transition, by_day, move_each};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, row};

row! {
    /// An event that is not settled yet, with its application, the region of that, and the day its card arrived.
    struct Concerned {
        id: i64,
        event_id: Option<String>,
        digest: Option<Vec<u8>>,
        evidence: Option<String>,
        at: i64,
        actor: String,
        region: String,
        arrived: Option<String>,
    }
}

impl Concerned {
    fn told(self, chunk: i64) -> (Subject, (String, Option<String>)) {
        let Concerned { id, event_id, digest, evidence, at, actor, region, arrived } = self;
        let subject = Subject { id, event_id, digest, evidence, at: Some(at), actor: Some(actor), chunk: Some(chunk) };
        (subject, (region, arrived))
    }
}

/// Events that are not settled yet.
macro_rules! concerned {
    ($which:literal) => {
        concat!(
            "SELECT e.id, e.event_id, e.digest, e.evidence, e.at, e.actor, a.region, s.ready_on AS arrived
             FROM event e JOIN application a ON a.id = e.id LEFT JOIN made m ON m.application = a.id
             LEFT JOIN box x ON x.id = m.box LEFT JOIN shipment s ON s.id = x.shipment
             WHERE e.verdict IS NULL",
            $which,
            " ORDER BY e.position"
        )
    };
}

const CONCERNED: &str = concerned!("");

/// Only a card in somebody's hand is activated. Events may say otherwise after a restore: then the old card
/// is not retired, and a second live one would hold up every event behind it.
const ACTIVATING: &str = concerned!(" AND a.place = 'in_hand'");

/// Settles events of one kind that are about cards. An event whose card is not in a state the kind begins from
/// is kept as rejected, one about an unknown card as quarantined.
pub(super) async fn cards(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    kind: EventKind,
    events: Vec<ArrivingEvent>,
    counts: &mut IntakeCounts,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let dates = chunk.dates;
    stage(tx, &events).await?;
    let judged = match kind {
        EventKind::Collected | EventKind::CollectedByUnit | EventKind::CollectedByMail => {
            judge(tx, chunk, kind, &events).await?
        }
        _ => Judged::default(),
    };
    for (transitions, reason) in routes(kind) {
        let found = tx.rows::<Concerned>(if activates(kind) { ACTIVATING } else { CONCERNED }, args![]).await?;
        if found.is_empty() {
            break;
        }
        let rows = found.into_iter().map(|event| event.told(chunk.id));
        // A function that goes on without the card having been away sets no day.
        let stays = kind == EventKind::LossLifted && !transitions.iter().any(|t| t.life() == CARD.name);
        let to = transitions.first().map_or("", Transition::to);
        let sets = |region: &str, arrived: Option<&str>| match to {
            _ if stays => Along::default(),
            "stored" => kept(dates.of(region), arrived),
            "to_recycle" if kind == EventKind::Ended => ended(dates.of(region)),
            _ => along(kind, dates.of(region)),
        };
        for (due_on, rows) in by_day(rows, |(region, arrived)| sets(region, arrived.as_deref()).due_on) {
            tx.stage(rows).await?;
            if kind == EventKind::Withdrawn {
                wait_no_more(tx).await?;
            }
            if matches!(kind, EventKind::ActivatedSocial | EventKind::ActivatedBoth) {
                retire_previous(tx, dates, why).await?;
            }
            let along = Along { due_on, ..sets("", None) };
            counts.accepted += move_each(tx, transitions, along, Stamp { reason, ..why }).await?;
            if kind != EventKind::Withdrawn {
                settle_cases(tx, why).await?;
            }
            tx.scratch("UPDATE event SET verdict = 'moved' WHERE id IN (SELECT id FROM subject)", args![]).await?;
        }
    }
    if matches!(kind, EventKind::Ended) {
        tx.run(
            "UPDATE application SET reason = e.because FROM event e WHERE e.id = application.id AND e.verdict = 'moved'",
            args![],
        )
        .await?;
    }
    judged.settle(tx, chunk, &events, counts, why).await?;
    keep_left(tx, chunk, kind, &events, &BTreeMap::new(), counts).await
}

/// Keeps the events that moved nothing. `refused`: the code by the position of an event that names another box or
/// another letter than the card's.
pub(super) async fn keep_left(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    kind: EventKind,
    events: &[ArrivingEvent],
    refused: &BTreeMap<i64, &'static str>,
    counts: &mut IntakeCounts,
) -> Result<(), LedgerError> {
    let left: Vec<(i64, bool)> = tx
        .rows::<(i64, bool)>(
            "SELECT position, id IS NOT NULL FROM event WHERE verdict IS NULL ORDER BY position",
            args![],
        )
        .await?;
    for (position, known) in left {
        let Some(event) = events.iter().find(|e| e.position == position) else {
            continue;
        };
        if known {
            counts.rejected += 1;
            let code = refused.get(&position).copied().unwrap_or("EVENT-NOT-POSSIBLE");
            keep(tx, chunk, event, MessageOutcome::Rejected, Some(code.into())).await?;
        } else if kind == EventKind::Withdrawn {
            counts.quarantined += 1;
            keep(tx, chunk, event, MessageOutcome::Waiting, Some("WITHDRAWAL-EARLY".into())).await?;
        } else {
            counts.quarantined += 1;
            keep(tx, chunk, event, MessageOutcome::Quarantined, Some("UNKNOWN-CARD".into())).await?;
        }
    }
    Ok(())
}
