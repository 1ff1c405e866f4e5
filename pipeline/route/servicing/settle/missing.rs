//! A card that is not in its box is missing until it is found, or until a person decides. Found, it lies in its carton
//! again, wherever that is by now.
//!
//! The carton is locked first: the card leaves or joins it where it stands, and nobody opens or ends its window
//! meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use cardline_core::state_machines::CARD;
use jiff::civil::Date;

use super::cards::{keep_left, resolve};
use super::effects::along;
use super::kept::{Chunk, stage};
use super::receipts::count_again;
use crate::cases::deadlines::missing::NOT_FOUND;
use crate::cases::desk::{cases_of_subjects, overtake_cases};
use crate::custody::shipment_regions::regions_of;
use crate::route::due_rules::OPENED_AGAIN;
use crate::route::intake::settle::IntakeCounts;
use crate::route::servicing::arriving::{ArrivingEvent, EventKind};
use crate::store::transition::{Along, Subject, Transition, move_each};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, row};

const GONE: &str = "not in its box";
const FOUND: &str = "found";

row! {
    /// An event about a card that was made, with where the card is and where its carton is.
    struct Lying {
        position: i64,
        id: i64,
        event_id: Option<String>,
        digest: Option<Vec<u8>>,
        at: i64,
        actor: String,
        region: String,
        place: String,
        shipment: i64,
        lies: String,
        /// Its window ended, and nobody was left in it.
        done: bool,
        container: String,
    }
}

impl Lying {
    fn subject(self, chunk: i64) -> Subject {
        let Lying { id, event_id, digest, at, actor, .. } = self;
        Subject { id, event_id, digest, evidence: None, at: Some(at), actor: Some(actor), chunk: Some(chunk) }
    }
}

const CARTONS: &str = "SELECT s.id FROM shipment s WHERE s.id IN (SELECT x.shipment FROM event e
    JOIN made m ON m.application = e.id JOIN box x ON x.id = m.box) ORDER BY s.id FOR UPDATE";

macro_rules! lying {
    ($where:literal) => {
        concat!(
            "SELECT e.position, e.id, e.event_id, e.digest, e.at, e.actor, a.region, COALESCE(a.place, s.place) AS place,
                s.id AS shipment, s.place AS lies, s.done, x.number AS container
             FROM event e JOIN application a ON a.id = e.id JOIN made m ON m.application = a.id
                JOIN box x ON x.id = m.box JOIN shipment s ON s.id = x.shipment
             WHERE ",
            $where,
            " ORDER BY e.position"
        )
    };
}

/// Cards that travel with their carton.
const IN_CARTON: &str = lying!("a.place IS NULL");
/// Cards that are missing, and those on hold because nobody found them.
const LOOKED_FOR: &str = lying!("a.place = 'missing' OR (a.place = 'held' AND a.reason = $1)");

/// Settles events of cards that are not in their box.
pub(super) async fn missing(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    events: Vec<ArrivingEvent>,
    counts: &mut IntakeCounts,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let (lying, wrong) = whereabouts(tx, &events, IN_CARTON, "").await?;
    let mut groups: BTreeMap<(String, Date), Vec<Lying>> = BTreeMap::new();
    for card in lying {
        groups.entry((card.place.clone(), chunk.dates.of(&card.region).missing_on)).or_default().push(card);
    }
    let mut cartons = BTreeSet::new();
    for ((from, due_on), cards) in groups {
        cartons.extend(cards.iter().map(|card| card.shipment));
        let along = Along { due_on: Some(due_on), ..along(EventKind::Missing, chunk.dates.of("")) };
        let transition = Transition::between(&CARD, &from, "missing")?;
        counts.accepted += go(tx, chunk, cards, transition, along, Stamp { reason: GONE, ..why }).await?;
    }
    for carton in cartons {
        count_again(tx, carton, why).await?;
    }
    keep_left(tx, chunk, EventKind::Missing, &events, &wrong, counts).await
}

/// Settles events of cards that were found. A window that ended without them is opened once more, for as long as a new
/// one: nobody told their holders before.
pub(super) async fn found(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    events: Vec<ArrivingEvent>,
    counts: &mut IntakeCounts,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let (lying, wrong) = whereabouts(tx, &events, LOOKED_FOR, NOT_FOUND).await?;
    let mut groups: BTreeMap<(String, String, bool), Vec<Lying>> = BTreeMap::new();
    for card in lying {
        groups.entry((card.place.clone(), card.lies.clone(), card.done)).or_default().push(card);
    }
    let (mut cartons, mut cases) = (BTreeMap::new(), Vec::new());
    for ((from, to, done), cards) in groups {
        cartons.extend(cards.iter().map(|card| (card.shipment, done)));
        let reason = if done { OPENED_AGAIN } else { FOUND };
        let transition = Transition::between(&CARD, &from, &to)?;
        counts.accepted += go(tx, chunk, cards, transition, Along::default(), Stamp { reason, ..why }).await?;
        tx.run("UPDATE application SET reason = NULL WHERE id IN (SELECT id FROM subject)", args![]).await?;
        cases.extend(cases_of_subjects(tx, NOT_FOUND).await?);
    }
    for (carton, done) in cartons {
        if done {
            open_again(tx, chunk, carton).await?;
        }
        count_again(tx, carton, why).await?;
    }
    overtake_cases(tx, &cases, Stamp { reason: FOUND, ..why }).await?;
    keep_left(tx, chunk, EventKind::Found, &events, &wrong, counts).await
}

/// The cards that can move, and the positions of events that name a box which is not the card's.
async fn whereabouts(
    tx: &mut Tx,
    events: &[ArrivingEvent],
    which: &'static str,
    reason: &str,
) -> Result<(Vec<Lying>, BTreeSet<i64>), LedgerError> {
    stage(tx, events).await?;
    resolve(tx).await?;
    tx.lock_rows(CARTONS).await?;
    let lying = tx.rows::<Lying>(which, if reason.is_empty() { args![] } else { args![reason] }).await?;
    let named: BTreeMap<i64, &str> =
        events.iter().filter_map(|event| Some((event.position, event.container.as_deref()?))).collect();
    let is_wrong = |card: &Lying| named.get(&card.position).is_some_and(|named| *named != card.container);
    let (wrong, lying): (Vec<_>, Vec<_>) = lying.into_iter().partition(is_wrong);
    Ok((lying, wrong.into_iter().map(|card| card.position).collect()))
}

/// Moves cards that stand alike.
async fn go(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    cards: Vec<Lying>,
    transition: Transition,
    along: Along,
    why: Stamp<'_>,
) -> Result<i64, LedgerError> {
    tx.stage(cards.into_iter().map(|card| card.subject(chunk.id)).collect()).await?;
    let moved = move_each(tx, &[transition], along, why).await?;
    tx.scratch("UPDATE event SET verdict = 'moved' WHERE id IN (SELECT id FROM subject)", args![]).await?;
    Ok(moved)
}

async fn open_again(tx: &mut Tx, chunk: Chunk<'_>, shipment: i64) -> Result<(), LedgerError> {
    let last = chunk.dates.map(|dates| dates.window_on).most(&regions_of(tx, shipment).await?);
    tx.run(
        "UPDATE shipment SET done = FALSE, window_last = $2, due_on = $2, last_by_notice = FALSE, owner = 'distribution point' WHERE id = $1",
        args![shipment, last],
    )
    .await?;
    Ok(())
}
