//! A point that is handed on to another, in the ledger: its cartons go on their way again, and what was not made or not
//! shipped yet will come to the other point.
//!
//! Invariant: a carton goes on only as it was shown, with all its cards and boxes. Not here: which point takes over
//! (`actions/pickup/reassign.rs`).

use std::collections::BTreeSet;

use cardline_core::domain::reference::PointKind;
use cardline_core::state_machines::CARD;
use jiff::civil::Date;

use super::list_cards::keep_listed;
use super::pickup_act::{ActShipment, NewPickupAct, record_pickup_act, record_shipments};
use crate::custody::containers::SHIPMENT;
use crate::route::unfinished::{CardOfPoint, cards_of_point};
use crate::step::Progress;
use crate::store::dialect::for_update;
use crate::store::row_macs::catalog;
use crate::store::scope::in_scope;
use crate::store::transition::{Transition, all_moved, lost, move_set};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, bulk_row, row, transition};

/// The reason in the history of a carton that goes on.
pub const SENT_ON: &str = "sent on to another point";

bulk_row! {
    struct ChosenCard in "chosen_card" { id: i64 }
}

row! {
    /// A carton at a point or on its way there.
    #[derive(Clone)]
    pub struct CartonOfPoint {
        id: i64,
        place: String,
        /// Last day of its window; empty before one was opened.
        was: String,
        /// Cards that travel in it.
        cards: i64,
        /// Cards of it, handed out or not, that the viewer does not see.
        outside: i64,
        /// The last act of a person on it: what was undone since is another operation.
        last_act: i64,
    }
}

/// A carton, and the day by which it is at the other point.
pub struct SentOn {
    pub carton: CartonOfPoint,
    pub due_on: Date,
}

/// The cartons that go on their way: those at a point in which a card lies, and those on their way there in which one lies,
/// or will lie when it was found, decided or back by mail.
pub(crate) async fn cartons_of_point(tx: &mut Tx, point: &str) -> Result<Vec<CartonOfPoint>, LedgerError> {
    let sql = concat!(
        "SELECT s.id, s.place, COALESCE(s.window_last, '') AS was,
            CAST(sum(CASE WHEN a.place IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS cards,
            CAST(s.cards - sum(CASE WHEN ",
        in_scope!("a.bank", "a.region"),
        " THEN 1 ELSE 0 END) AS BIGINT) AS outside,
            (SELECT COALESCE(max(n.act), 0) FROM pickup_act_shipment n WHERE n.shipment = s.id) AS last_act
         FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         WHERE s.point = $1 AND NOT s.done GROUP BY s.id, s.place, s.window_last, s.cards
         HAVING sum(CASE WHEN a.place IS NULL THEN 1 WHEN s.place = 'in_transit' AND a.place IN ('held', 'missing', 'in_mail')
            THEN 1 ELSE 0 END) > 0 ORDER BY s.id"
    );
    tx.look().await?;
    tx.rows(sql, args![point]).await
}

row! {
    /// How cards of one bank and region are collected.
    pub struct CardClaim { method: String, bank: String, region: String }
}

impl CardClaim {
    /// Whether they may be handed out at a pickup point of this kind. Whoever takes over a village, community or centre is
    /// one of these; an employer hands out to its own people alone, and a post centre hands out to nobody.
    pub fn goes_to(&self, kind: PointKind) -> bool {
        let methods: &[&str] = match kind {
            PointKind::Employer => &["employer"],
            PointKind::Post => &["mail"],
            _ => &["village", "community", "service_centre", "employer", "mail"],
        };
        methods.contains(&self.method.as_str())
    }

    /// Whether they are handed out at an outlet of the bank.
    pub fn is_of_outlet(&self) -> bool {
        ["bank_outlet", "agent_at_outlet", "employer", "mail"].contains(&self.method.as_str())
    }
}

/// How these cards are collected, and how many people they are for.
pub(crate) async fn claims_of_cards(tx: &mut Tx, cards: &[i64]) -> Result<(Vec<CardClaim>, i64), LedgerError> {
    tx.stage(cards.iter().map(|&id| ChosenCard { id }).collect()).await?;
    let claims = "SELECT DISTINCT a.method, a.bank, a.region FROM chosen_card c JOIN application a ON a.id = c.id ORDER BY 1, 2, 3";
    let claims = tx.rows(claims, args![]).await?;
    let people = "SELECT count(DISTINCT a.person) FROM chosen_card c JOIN application a ON a.id = c.id";
    Ok((claims, tx.number(people, args![]).await?))
}

/// Hands the cards and cartons of `act.place` on to `act.moved_to`, and records who did it.
pub(crate) async fn settle_reassignment(
    tx: &mut Tx,
    act: &NewPickupAct,
    cards: &[CardOfPoint],
    cartons: &[SentOn],
    progress: &Progress,
) -> Result<(), LedgerError> {
    stands_as_shown(tx, &act.place, cards).await?;
    let cards: Vec<i64> = cards.iter().map(|card| card.id).collect();
    let (from, to) = (act.place.as_str(), act.moved_to.as_deref().unwrap_or_default());
    let id = record_pickup_act(tx, act).await?;
    progress.phase("cartons", Some(cartons.len()));
    for sent_on in cartons {
        send_on(tx, sent_on, (from, to), act).await?;
        progress.advance(1);
    }
    progress.phase("cards", Some(cards.len()));
    readdress(tx, (from, to), &cards).await?;
    keep_listed(tx, id, cards).await?;
    let moved = cartons.iter().map(|SentOn { carton, due_on }| ActShipment {
        act: id,
        shipment: carton.id,
        was: carton.was.clone(),
        becomes: *due_on,
        cards: carton.cards,
    });
    record_shipments(tx, id, moved.collect()).await
}

/// From here on nobody hands out one of these cards, and no report says that one is made: what was so meanwhile makes the
/// act another one.
async fn stands_as_shown(tx: &mut Tx, point: &str, cards: &[CardOfPoint]) -> Result<(), LedgerError> {
    tx.stage(cards.iter().map(|card| ChosenCard { id: card.id }).collect()).await?;
    let batches = for_update!(
        tx,
        "SELECT id FROM batch WHERE id IN (SELECT p.batch FROM chosen_card c JOIN production_row p ON p.application = c.id) ORDER BY id"
    );
    tx.rows::<(i64,)>(batches, args![]).await?;
    let applications =
        for_update!(tx, "SELECT id FROM application WHERE id IN (SELECT id FROM chosen_card) ORDER BY id");
    tx.rows::<(i64,)>(applications, args![]).await?;
    let now = cards_of_point(tx, point, cards.len() as i64 + 1).await?;
    let same = now.iter().zip(cards).filter(|(now, shown)| now.id == shown.id && now.state == shown.state).count();
    let changed = now.len().max(cards.len()) - same;
    all_moved(&transition!(CARD, "in_transit" => "in_transit"), 0, changed as i64)
}

/// The last act by which one of these points was handed on.
pub(crate) async fn last_reassignment(tx: &mut Tx, (from, to): (&str, &str)) -> Result<i64, LedgerError> {
    let sql = "SELECT COALESCE(max(act), 0) FROM reassignment WHERE from_point IN ($1, $2) OR to_point IN ($1, $2)";
    tx.number(sql, args![from, to]).await
}

async fn send_on(
    tx: &mut Tx,
    SentOn { carton, due_on }: &SentOn,
    (from, to): (&str, &str),
    act: &NewPickupAct,
) -> Result<(), LedgerError> {
    let transition: Transition = match carton.place.as_str() {
        "in_transit" => transition!(CARD, "in_transit" => "in_transit"),
        "at_point" => transition!(CARD, "at_point" => "in_transit"),
        _ => transition!(CARD, "on_shelf" => "in_transit"),
    };
    tx.trust(&catalog::SHIPMENT, carton.id).await?;
    let stood = tx
        .run(
            "UPDATE shipment SET point = $2, window_last = NULL, due_on = $3, owner = 'carrier', last_by_notice = FALSE
             WHERE id = $1 AND NOT done AND point = $4 AND place = $5 AND COALESCE(window_last, '') = $6",
            args![carton.id, to, *due_on, from, &carton.place, &carton.was],
        )
        .await?;
    if stood == 0 {
        return Err(lost(&transition, 1, 0));
    }
    tx.cover_one(&catalog::SHIPMENT, carton.id).await?;
    readdress_boxes(tx, carton.id, to).await?;
    let why = Stamp { at: act.at, actor: &act.actor, reason: SENT_ON };
    move_set(tx, SHIPMENT.of(carton.id), transition, why).await?;
    Ok(())
}

async fn readdress_boxes(tx: &mut Tx, carton: i64, to: &str) -> Result<(), LedgerError> {
    tx.trust_those(&catalog::BOX, "shipment = $1", args![carton]).await?;
    tx.run("UPDATE box SET point = $2 WHERE shipment = $1", args![carton, to]).await?;
    tx.cover(&catalog::BOX, "shipment = $1", args![carton]).await
}

/// A carton in which no card lies does not travel: those of its cards that are found, decided or come back by mail lie in it
/// at the other point.
async fn readdress_empty(tx: &mut Tx, (from, to): (&str, &str)) -> Result<(), LedgerError> {
    let empty = "SELECT DISTINCT s.id FROM chosen_card c JOIN application a ON a.id = c.id JOIN made m ON m.application = a.id
            JOIN box x ON x.id = m.box JOIN shipment s ON s.id = x.shipment
        WHERE s.point = $1 AND s.place IN ('at_point', 'on_shelf') AND a.place IN ('held', 'missing', 'in_mail')
            AND (s.done OR NOT EXISTS (SELECT 1 FROM box y JOIN made n ON n.box = y.id JOIN application b ON b.id = n.application
                WHERE y.shipment = s.id AND b.place IS NULL))
        ORDER BY s.id";
    for (carton,) in tx.rows::<(i64,)>(empty, args![from]).await? {
        tx.trust(&catalog::SHIPMENT, carton).await?;
        tx.run("UPDATE shipment SET point = $2 WHERE id = $1", args![carton, to]).await?;
        tx.cover_one(&catalog::SHIPMENT, carton).await?;
        readdress_boxes(tx, carton, to).await?;
    }
    Ok(())
}

/// The other point is where these cards are collected, wherever they are now; boxes that were not shipped go there.
async fn readdress(tx: &mut Tx, (from, to): (&str, &str), cards: &[i64]) -> Result<(), LedgerError> {
    const CARDS: &str = "id IN (SELECT id FROM chosen_card)";
    const BOXES: &str =
        "shipment IS NULL AND id IN (SELECT m.box FROM chosen_card c JOIN made m ON m.application = c.id)";
    tx.stage(cards.iter().map(|&id| ChosenCard { id }).collect()).await?;
    tx.trust_those(&catalog::APPLICATION, CARDS, args![]).await?;
    tx.trust_those(&catalog::BOX, BOXES, args![]).await?;
    let sql = "UPDATE application SET point = $1 WHERE point = $2 AND id IN (SELECT id FROM chosen_card)";
    let moved = tx.run(sql, args![to, from]).await? as i64;
    all_moved(&transition!(CARD, "in_transit" => "in_transit"), cards.len() as i64, moved)?;
    tx.run(
        "UPDATE box SET point = $1 WHERE shipment IS NULL
            AND id IN (SELECT m.box FROM chosen_card c JOIN made m ON m.application = c.id)",
        args![to],
    )
    .await?;
    tx.cover(&catalog::APPLICATION, CARDS, args![]).await?;
    tx.cover(&catalog::BOX, BOXES, args![]).await?;
    readdress_empty(tx, (from, to)).await?;
    // A box that was packed or shipped to the first point meanwhile was not shown.
    let missed = "SELECT count(*) FROM chosen_card c JOIN made m ON m.application = c.id JOIN box x ON x.id = m.box
        LEFT JOIN shipment s ON s.id = x.shipment WHERE x.point = $1 AND (s.id IS NULL OR NOT s.done)";
    let missed = tx.number(missed, args![from]).await?;
    all_moved(&transition!(CARD, "in_transit" => "in_transit"), 0, missed)
}

/// The points that were handed on to this one, over others, too.
pub(crate) fn handed_on_to(point: &str, reassigned: &[(String, String)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next = vec![point];
    while let Some(to) = next.pop() {
        for (from, _) in reassigned.iter().filter(|(_, of)| of == to) {
            if from != point && found.insert(from.clone()) {
                next.push(from);
            }
        }
    }
    found
}

/// Each point that was handed on, with the one that took over, the oldest first.
pub(crate) async fn reassigned(tx: &mut Tx) -> Result<Vec<(String, String)>, LedgerError> {
    tx.rows("SELECT from_point, to_point FROM reassignment ORDER BY act", args![]).await
}

#[cfg(test)]
mod tests {
    use cardline_core::domain::reference::PointKind;

    use super::{CardClaim, handed_on_to};

    #[test]
    fn what_people_collect_goes_where_people_collect() {
        let claim = |method: &str| CardClaim { method: method.into(), bank: "ABC".into(), region: "110101".into() };
        let goes = |method: &str, kind| claim(method).goes_to(kind);
        assert!(goes("village", PointKind::Community) && goes("employer", PointKind::Village));
        assert!(goes("employer", PointKind::Employer) && goes("mail", PointKind::Post));
        assert!(!goes("village", PointKind::Employer) && !goes("community", PointKind::Post));
        assert!(!goes("bank_outlet", PointKind::ServiceCentre));
    }

    #[test]
    fn a_point_takes_over_what_was_handed_on_to_those_it_took_over() {
        let pairs =
            [("a", "b"), ("b", "c"), ("d", "c"), ("c", "a"), ("e", "f")].map(|(one, other)| (one.into(), other.into()));
        let of = |point: &str| handed_on_to(point, &pairs).into_iter().collect::<Vec<String>>();
        assert_eq!(of("c"), ["a", "b", "d"]);
        assert_eq!((of("f"), of("e")), (vec!["e".to_owned()], vec![]));
    }
}
