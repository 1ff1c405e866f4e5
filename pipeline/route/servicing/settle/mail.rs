//! A card that its point sends by mail is with the carrier until it is delivered or comes back. Which carrier has it, and
//! under which number, is kept: an event that names another one is not about this letter.

use std::collections::BTreeMap;

use cardline_core::state_machines::CARD;
use jiff::civil::Date;

use super::asked::settle_cases;
use super::cards::keep_left;
use super::effects::along;
use super::hand_over::judge;
use super::kept::Chunk;
use super::lying::{Lying, find, go, gone, lay_back, lying, those};
use crate::cases::deadlines::mail::{AFTER_ALL, CAME_BACK, NOT_DELIVERED};
use crate::cases::desk::{cases_of_subjects, open_case, overtake_cases};
use crate::limits::EVENT_AHEAD;
use crate::route::due_rules::{CAME_BACK_LATE, SENT_BACK};
use crate::route::intake::settle::IntakeCounts;
use crate::route::servicing::arriving::{ArrivingEvent, EventKind};
use crate::store::row_macs::catalog::MAILING;
use crate::store::transition::{Along, Subject, Transition, all_moved, move_each};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, row, transition};

/// Cards that lie at their point.
const AT_POINT: &str = lying!("a.place IS NULL AND s.place IN ('at_point', 'on_shelf')");
/// Cards with a carrier, and those on hold because nothing was heard of them.
const WITH_CARRIER: &str = lying!("a.place = 'in_mail' OR (a.place = 'held' AND a.reason = $1)");

row! {
    /// How the card of an event was sent the last time.
    struct Sent { position: i64, carrier: String, tracking: String, at: i64 }
}

/// The last of them; no index by time is needed, they are numbered in their order.
const LAST_SENT: &str = "SELECT e.position, l.carrier, l.tracking, l.at FROM event e
    JOIN mailing l ON l.id = (SELECT max(n.id) FROM mailing n WHERE n.application = e.id)";

/// Settles events of cards that were sent.
pub(super) async fn sent(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    events: Vec<ArrivingEvent>,
    counts: &mut IntakeCounts,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    find(tx, &events).await?;
    let judged = judge(tx, chunk, EventKind::SentByMail, &events).await?;
    let mut groups: BTreeMap<(String, Date), Vec<Lying>> = BTreeMap::new();
    for card in those(tx, AT_POINT, args![]).await? {
        groups.entry((card.place.clone(), chunk.dates.of(&card.region).mailed_on)).or_default().push(card);
    }
    for ((from, due_on), cards) in groups {
        let told: Vec<(i64, i64)> = cards.iter().map(|card| (card.position, card.id)).collect();
        let along = Along { due_on: Some(due_on), ..along(EventKind::SentByMail, chunk.dates.of("")) };
        let transition = Transition::between(&CARD, &from, "in_mail")?;
        counts.accepted += go(tx, chunk, cards, transition, along, Stamp { reason: "sent by mail", ..why }).await?;
        let gone = gone(tx).await?;
        settle_cases(tx, why).await?;
        for (position, application) in told.into_iter().filter(|(_, application)| gone.contains(application)) {
            if let Some(event) = events.iter().find(|event| event.position == position) {
                keep_mailing(tx, application, event).await?;
            }
        }
    }
    judged.settle(tx, chunk, &events, counts, why).await?;
    keep_left(tx, chunk, EventKind::SentByMail, &events, &BTreeMap::new(), counts).await
}

async fn keep_mailing(tx: &mut Tx, application: i64, event: &ArrivingEvent) -> Result<(), LedgerError> {
    let Some(mailing) = &event.mailing else { return Ok(()) };
    let id = tx
        .run_returning::<(i64,)>(
            "INSERT INTO mailing (application, at, carrier, tracking) VALUES ($1, $2, $3, $4) RETURNING id",
            args![application, event.at, &mailing.carrier, &mailing.tracking],
        )
        .await?;
    let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("mailing id".into()))?;
    tx.cover_one(&MAILING, id).await
}

/// Settles events of cards that were delivered.
pub(super) async fn delivered(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    events: Vec<ArrivingEvent>,
    counts: &mut IntakeCounts,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    find(tx, &events).await?;
    let judged = judge(tx, chunk, EventKind::Delivered, &events).await?;
    let (cards, other) = with_carrier(tx, &events).await?;
    let mut groups: BTreeMap<(String, Date), Vec<Lying>> = BTreeMap::new();
    for card in heard_of_after_all(tx, cards, why).await? {
        groups.entry((card.place.clone(), chunk.dates.of(&card.region).activate_on)).or_default().push(card);
    }
    for ((from, due_on), cards) in groups {
        let along = Along { due_on: Some(due_on), ..along(EventKind::Delivered, chunk.dates.of("")) };
        let transition = Transition::between(&CARD, &from, "in_hand")?;
        let why = Stamp { reason: "delivered", ..why };
        counts.accepted += go(tx, chunk, cards, transition, along, why).await?;
        let ids: Vec<i64> = gone(tx).await?.into_iter().collect();
        tx.run("UPDATE application SET reason = NULL WHERE id IN (SELECT id FROM subject)", args![]).await?;
        settle_cases(tx, why).await?;
        heard_of(tx, &ids, why).await?;
    }
    judged.settle(tx, chunk, &events, counts, why).await?;
    keep_left(tx, chunk, EventKind::Delivered, &events, &other, counts).await
}

/// A card on hold is first where a decision lays it: on its shelf. Where its carton has gone on there is no such way, and a
/// person decides.
async fn heard_of_after_all(tx: &mut Tx, cards: Vec<Lying>, why: Stamp<'_>) -> Result<Vec<Lying>, LedgerError> {
    let (on_hold, mut cards): (Vec<_>, Vec<_>) = cards.into_iter().partition(|card| card.place == "held");
    let on_hold: Vec<Lying> = on_hold.into_iter().filter(|card| card.lies == "on_shelf").collect();
    tx.stage(on_hold.iter().map(Lying::aside).collect()).await?;
    let transition = transition!(CARD, "held" => "on_shelf");
    let moved = move_each(tx, &[transition], Along::default(), Stamp { reason: AFTER_ALL, ..why }).await?;
    all_moved(&transition, on_hold.len() as i64, moved)?;
    cards.extend(on_hold.into_iter().map(|card| Lying { place: card.lies.clone(), ..card }));
    Ok(cards)
}

/// Settles events of cards that came back: each lies in its carton again, and a person asks for the right address.
pub(super) async fn returned(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    events: Vec<ArrivingEvent>,
    counts: &mut IntakeCounts,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    find(tx, &events).await?;
    let (cards, other) = with_carrier(tx, &events).await?;
    let laid = lay_back(tx, chunk, cards, (SENT_BACK, CAME_BACK_LATE), why).await?;
    counts.accepted += laid.moved;
    let ids: Vec<i64> = laid.cards.iter().map(|(id, _)| *id).collect();
    let why = Stamp { reason: SENT_BACK, ..why };
    tx.stage(ids.iter().copied().map(Subject::of).collect()).await?;
    settle_cases(tx, why).await?;
    heard_of(tx, &ids, why).await?;
    for (id, region) in laid.cards {
        open_case(tx, Some(id), None, CAME_BACK, chunk.dates.of(&region).case_on, "administrator", why).await?;
    }
    keep_left(tx, chunk, EventKind::ReturnedByMail, &events, &other, counts).await
}

/// Nobody needs to decide about these cards on hold any more.
async fn heard_of(tx: &mut Tx, cards: &[i64], why: Stamp<'_>) -> Result<(), LedgerError> {
    tx.stage(cards.iter().copied().map(Subject::of).collect()).await?;
    let cases = cases_of_subjects(tx, NOT_DELIVERED).await?;
    overtake_cases(tx, &cases, why).await
}

/// The cards that the carrier has as the events say, and the code of each event about another letter, or of a time
/// before it was sent. Clocks differ by hours, as those of what comes from the future do.
async fn with_carrier(
    tx: &mut Tx,
    events: &[ArrivingEvent],
) -> Result<(Vec<Lying>, BTreeMap<i64, &'static str>), LedgerError> {
    tx.trust_those(&MAILING, "application IN (SELECT id FROM event)", args![]).await?;
    let sent: BTreeMap<i64, Sent> =
        tx.rows::<Sent>(LAST_SENT, args![]).await?.into_iter().map(|sent| (sent.position, sent)).collect();
    let (mut cards, mut other) = (Vec::new(), BTreeMap::new());
    for card in those(tx, WITH_CARRIER, args![NOT_DELIVERED]).await? {
        let event = events.iter().find(|event| event.position == card.position);
        let (Some(event), Some(sent)) = (event, sent.get(&card.position)) else { continue };
        let is_it = event.mailing.as_ref().is_some_and(|m| m.carrier == sent.carrier && m.tracking == sent.tracking);
        let is_after = (event.at + EVENT_AHEAD).as_microsecond() >= sent.at;
        match (is_it, is_after) {
            (true, true) => cards.push(card),
            (true, false) => {}
            (false, _) => {
                other.insert(card.position, "MAIL-OTHER");
            }
        }
    }
    Ok((cards, other))
}
