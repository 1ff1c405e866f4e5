//! Cards of events that leave their carton or join it again, each with where it is and where its carton is.
//!
//! The carton is locked first: the card leaves or joins it where it stands, and nobody opens or ends its window
//! meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use cardline_core::state_machines::CARD;

use super::kept::{Chunk, stage};
use super::receipts::count_again;
use crate::custody::shipment_regions::regions_of;
use crate::route::servicing::arriving::ArrivingEvent;
use crate::store::args::Arg;
use crate::store::transition::{Along, Subject, Transition, move_each};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, row};

row! {
    /// An event about a card that was made, with where the card is and where its carton is.
    pub(super) struct Lying {
        position: i64,
        id: i64,
        event_id: Option<String>,
        digest: Option<Vec<u8>>,
        evidence: Option<String>,
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
    /// To be moved by itself at the time of the event, which moves it once more.
    pub(super) fn aside(&self) -> Subject {
        Subject { at: Some(self.at), actor: Some(self.actor.clone()), ..Subject::of(self.id) }
    }

    fn subject(self, chunk: i64) -> Subject {
        let Lying { id, event_id, digest, evidence, at, actor, .. } = self;
        Subject { id, event_id, digest, evidence, at: Some(at), actor: Some(actor), chunk: Some(chunk) }
    }
}

const CARTONS: &str = "SELECT s.id FROM shipment s WHERE s.id IN (SELECT x.shipment FROM event e
    JOIN made m ON m.application = e.id JOIN box x ON x.id = m.box) ORDER BY s.id FOR UPDATE";

/// The cards of the staged events for which a condition holds.
macro_rules! lying {
    ($where:literal) => {
        concat!(
            "SELECT e.position, e.id, e.event_id, e.digest, e.evidence, e.at, e.actor, a.region,
                COALESCE(a.place, s.place) AS place, s.id AS shipment, s.place AS lies, s.done, x.number AS container
             FROM event e JOIN application a ON a.id = e.id JOIN made m ON m.application = a.id
                JOIN box x ON x.id = m.box JOIN shipment s ON s.id = x.shipment
             WHERE e.verdict IS NULL AND (",
            $where,
            ") ORDER BY e.position"
        )
    };
}
pub(super) use lying;

/// Stages the events, and locks the cartons of their cards.
pub(super) async fn find(tx: &mut Tx, events: &[ArrivingEvent]) -> Result<(), LedgerError> {
    stage(tx, events).await?;
    tx.lock_rows(CARTONS).await
}

/// The cards that a statement made by [`lying!`] finds among them.
pub(super) async fn those(tx: &mut Tx, which: &'static str, args: Vec<Arg>) -> Result<Vec<Lying>, LedgerError> {
    tx.rows(which, args).await
}

/// Moves cards that stand alike.
pub(super) async fn go(
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

/// Those that moved: of what stands alike now some may have moved before this transaction saw them.
pub(super) async fn gone(tx: &mut Tx) -> Result<BTreeSet<i64>, LedgerError> {
    Ok(tx.rows::<(i64,)>("SELECT id FROM subject", args![]).await?.into_iter().map(|(id,)| id).collect())
}

/// Lays cards into their cartons again, wherever those are by now, and counts the cartons again. A window that ended
/// without them is opened once more, for as long as a new one: nobody told their holders before. The two reasons: of a
/// card that lies there again, and of one for which a window was opened.
pub(super) async fn lay_back(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    cards: Vec<Lying>,
    (reason, again): (&'static str, &'static str),
    why: Stamp<'_>,
) -> Result<LaidBack, LedgerError> {
    let mut groups: BTreeMap<(String, String, bool), Vec<Lying>> = BTreeMap::new();
    for card in cards {
        groups.entry((card.place.clone(), card.lies.clone(), card.done)).or_default().push(card);
    }
    let (mut cartons, mut laid) = (BTreeSet::new(), LaidBack::default());
    for ((from, to, done), cards) in groups {
        cartons.extend(cards.iter().map(|card| (card.shipment, done)));
        let told: Vec<(i64, String)> = cards.iter().map(|card| (card.id, card.region.clone())).collect();
        let transition = Transition::between(&CARD, &from, &to)?;
        let why = Stamp { reason: if done { again } else { reason }, ..why };
        laid.moved += go(tx, chunk, cards, transition, Along::default(), why).await?;
        let gone = gone(tx).await?;
        laid.cards.extend(told.into_iter().filter(|(id, _)| gone.contains(id)));
        tx.run("UPDATE application SET reason = NULL WHERE id IN (SELECT id FROM subject)", args![]).await?;
    }
    for (carton, done) in cartons {
        if done {
            open_again(tx, chunk, carton).await?;
        }
        count_again(tx, carton, why).await?;
    }
    Ok(laid)
}

/// Cards that lie in their cartons again, each with its region, and how many that are.
#[derive(Default)]
pub(super) struct LaidBack {
    pub moved: i64,
    pub cards: Vec<(i64, String)>,
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
