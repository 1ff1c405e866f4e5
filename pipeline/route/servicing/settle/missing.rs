//! A card that is not in its box is missing until it is found, or until a person decides. Found, it lies in its carton
//! again, wherever that is by now.

use std::collections::{BTreeMap, BTreeSet};

use cardline_core::state_machines::CARD;
use jiff::civil::Date;

use super::cards::keep_left;
use super::effects::along;
use super::kept::Chunk;
use super::lying::{Lying, find, go, lay_back, lying, those};
use super::receipts::count_again;
use crate::args;
use crate::cases::deadlines::missing::NOT_FOUND;
use crate::cases::desk::{cases_of_subjects, overtake_cases};
use crate::route::due_rules::OPENED_AGAIN;
use crate::route::intake::settle::IntakeCounts;
use crate::route::servicing::arriving::{ArrivingEvent, EventKind};
use crate::store::args::Arg;
use crate::store::transition::{Along, Subject, Transition};
use crate::store::{LedgerError, Stamp, Tx};

const GONE: &str = "not in its box";
const FOUND: &str = "found";

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
    let (cards, wrong) = whereabouts(tx, &events, IN_CARTON, args![]).await?;
    let mut groups: BTreeMap<(String, Date), Vec<Lying>> = BTreeMap::new();
    for card in cards {
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

/// Settles events of cards that were found.
pub(super) async fn found(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    events: Vec<ArrivingEvent>,
    counts: &mut IntakeCounts,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let (cards, wrong) = whereabouts(tx, &events, LOOKED_FOR, args![NOT_FOUND]).await?;
    let laid = lay_back(tx, chunk, cards, (FOUND, OPENED_AGAIN), why).await?;
    counts.accepted += laid.moved;
    tx.stage(laid.cards.into_iter().map(|(id, _)| Subject::of(id)).collect()).await?;
    let cases = cases_of_subjects(tx, NOT_FOUND).await?;
    overtake_cases(tx, &cases, Stamp { reason: FOUND, ..why }).await?;
    keep_left(tx, chunk, EventKind::Found, &events, &wrong, counts).await
}

/// The cards that can move, and the code of each event that names a box which is not the card's.
async fn whereabouts(
    tx: &mut Tx,
    events: &[ArrivingEvent],
    which: &'static str,
    args: Vec<Arg>,
) -> Result<(Vec<Lying>, BTreeMap<i64, &'static str>), LedgerError> {
    find(tx, events).await?;
    let named: BTreeMap<i64, &str> =
        events.iter().filter_map(|event| Some((event.position, event.container.as_deref()?))).collect();
    let is_wrong = |card: &Lying| named.get(&card.position).is_some_and(|named| *named != card.container);
    let (wrong, cards): (Vec<_>, Vec<_>) = those(tx, which, args).await?.into_iter().partition(is_wrong);
    Ok((cards, wrong.into_iter().map(|card| (card.position, "RECEIPT-BOX")).collect()))
}
