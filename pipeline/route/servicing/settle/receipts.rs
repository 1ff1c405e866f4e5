//! Receipts: what a point says of a carton that it has, and the city of one that passes, counted against the cards that
//! travel in it.
//!
//! Whatever was counted, the point has the carton, or the carrier has it still and owes it by its day. Where it is not as it should be there is one case about it, and no
//! pickup window opens until that is decided or a later count agrees.

use cardline_core::card_states;
use cardline_core::domain::outcomes::MessageOutcome;
use cardline_core::state_machines::CARD;

use super::counted::{Expected, judged};
use super::heard::heard_of;
use super::kept::{Chunk, keep};
use crate::cases::deliveries::{case_of_delivery, end_delivery_case, open_delivery_case};
use crate::custody::containers::SHIPMENT;
use crate::custody::shipment_regions::{regions_of, smallest_area};
use crate::route::intake::settle::IntakeCounts;
use crate::route::servicing::arriving::{ArrivingEvent, Delivery};
use crate::store::dialect::for_update;
use crate::store::row_macs::catalog;
use crate::store::transition::{EventMark, move_set_by};
use crate::store::{LedgerError, Stamp, Tx};
use crate::time::local_date;
use crate::{args, row, transition};

row! {
    /// A carton as a receipt finds it.
    struct Carton {
        id: i64,
        place: String,
        done: bool,
        bank: String,
        point: String,
        cards: i64,
        travelling: i64,
        missing: i64,
        /// Handed out at a point before the carton went on to another, or sent by mail from there.
        handed_out: i64,
    }
}

impl Carton {
    fn expected(&self) -> Expected {
        let &Carton { cards, travelling, missing, handed_out, .. } = self;
        Expected { travelling, most: cards - missing - handed_out, missing }
    }
}

macro_rules! carton {
    ($where:literal) => {
        concat!(
            "SELECT s.id, s.place, s.done, b.bank, s.point, s.cards,
                (SELECT count(*) FROM box x JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
                 WHERE x.shipment = s.id AND a.place IS NULL) AS travelling,
                (SELECT count(*) FROM box x JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
                 WHERE x.shipment = s.id AND a.place = 'missing') AS missing,
                (SELECT count(*) FROM box x JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
                 WHERE x.shipment = s.id AND (a.place = 'in_mail' OR a.place NOT IN (",
            card_states!(not_handed_out),
            "))) AS handed_out
             FROM shipment s JOIN batch b ON b.id = s.batch WHERE ",
            $where
        )
    };
}

/// Settles what points and cities say of cartons. What cannot be is kept, refused; one of an unknown shipment, quarantined.
pub(super) async fn receipts(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    told: Delivery,
    events: Vec<ArrivingEvent>,
    counts: &mut IntakeCounts,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    for event in events {
        let Some(carton) = carton_of(tx, &event.subject).await? else {
            counts.quarantined += 1;
            keep(tx, chunk, &event, MessageOutcome::Quarantined, Some("UNKNOWN-SHIPMENT".into())).await?;
            continue;
        };
        match judged_there(tx, told, &event, &carton).await? {
            Ok(wrong) => {
                counts.accepted += 1;
                receive(tx, chunk, told, &event, &carton, wrong, why).await?;
                if told != Delivery::InCity {
                    heard_of(tx, &carton.point, local_date(why.at)).await?;
                }
            }
            Err(code) => {
                counts.rejected += 1;
                keep(tx, chunk, &event, MessageOutcome::Rejected, Some(code.into())).await?;
            }
        }
    }
    Ok(())
}

/// The carton of that number; from here on nobody else moves it.
async fn carton_of(tx: &mut Tx, number: &str) -> Result<Option<Carton>, LedgerError> {
    let lock = for_update!(tx, "SELECT id FROM shipment WHERE number = $1");
    if tx.rows::<(i64,)>(lock, args![number]).await?.is_empty() {
        return Ok(None);
    }
    tx.row(carton!("s.number = $1"), args![number]).await
}
/// As [`judged`], where the carton is on its way or at the point, and the box is one of its own.
async fn judged_there(
    tx: &mut Tx,
    told: Delivery,
    event: &ArrivingEvent,
    carton: &Carton,
) -> Result<Result<Option<String>, &'static str>, LedgerError> {
    let in_city = told == Delivery::InCity;
    let places: &[&str] = if in_city { &["in_transit"] } else { &["in_transit", "at_point"] };
    if carton.done || !places.contains(&carton.place.as_str()) {
        return Ok(Err(if in_city { "CITY-LATE" } else { "RECEIPT-LATE" }));
    }
    if !in_city && event.place.as_deref().is_some_and(|place| place != carton.point) {
        return Ok(Err("RECEIPT-ELSEWHERE"));
    }
    let its_own = match &event.container {
        Some(name) => {
            let sql = "SELECT count(*) FROM box WHERE number = $1 AND shipment = $2";
            Some(tx.number(sql, args![name, carton.id]).await? > 0)
        }
        None => None,
    };
    // A wrong box must be named, and be another's.
    let fits = if told == Delivery::WrongBox { its_own == Some(false) } else { its_own != Some(false) };
    Ok(if fits { judged(told, event.count, carton.expected()) } else { Err("RECEIPT-BOX") })
}

/// The point has the carton, or it came through the city. `wrong`: what a person must decide about it.
async fn receive(
    tx: &mut Tx,
    chunk: Chunk<'_>,
    told: Delivery,
    event: &ArrivingEvent,
    carton: &Carton,
    wrong: Option<String>,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let region = smallest_area(regions_of(tx, carton.id).await?.iter().map(String::as_str));
    if carton.place == "in_transit" && told != Delivery::InCity {
        let event_id = event.event_id.as_deref().unwrap_or_default();
        let mark = EventMark { event_id, digest: &event.digest, chunk: chunk.id };
        let reason =
            if wrong.is_none() { "received at the point" } else { "received at the point, not as it was shipped" };
        let why = Stamp { at: event.at, actor: &event.actor, reason };
        let moved =
            move_set_by(tx, SHIPMENT.of(carton.id), transition!(CARD, "in_transit" => "at_point"), why, Some(mark));
        moved.await?;
        // A person who has its delivery to decide keeps it.
        if case_of_delivery(tx, carton.id).await?.is_none() {
            tx.run("UPDATE shipment SET owner = 'distribution point' WHERE id = $1", args![carton.id]).await?;
        }
    } else {
        keep(tx, chunk, event, MessageOutcome::Accepted, Some(told.word().into())).await?;
    }
    let open = case_of_delivery(tx, carton.id).await?;
    let case = match (&wrong, open) {
        (_, Some((case, _))) => Some(case),
        (Some(reason), None) => {
            let due_on = chunk.dates.of(&region).case_on;
            Some(open_delivery_case(tx, carton.id, reason, due_on, why).await?)
        }
        (None, None) => None,
    };
    // A count made before those that are known says nothing of them, however late it comes.
    let latest = tx.number("SELECT COALESCE(max(at), 0) FROM receipt WHERE shipment = $1", args![carton.id]).await?;
    let is_latest = event.at.as_microsecond() >= latest;
    let id = tx
        .run_returning::<(i64,)>(
            "INSERT INTO receipt (at, shipment, bank, region, kind, box, expected, counted, event_id, actor, chunk, desk_case)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id",
            args![
                event.at, carton.id, &carton.bank, &region, told.word(), event.container.clone(), carton.travelling,
                event.count, event.event_id.as_deref().unwrap_or_default(), &event.actor, chunk.id, case
            ],
        )
        .await?;
    let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("receipt id".into()))?;
    tx.cover_one(&catalog::RECEIPT, id).await?;
    tx.run("UPDATE shipment SET receipts = receipts + 1 WHERE id = $1", args![carton.id]).await?;
    if let (None, Some((case, true)), true) = (wrong, open, is_latest) {
        let why = Stamp { reason: "a later count agrees with the shipment", ..why };
        end_delivery_case(tx, carton.id, case, why).await?;
    }
    Ok(())
}

/// Cards of a carton are missing now, or were found: where nothing but a count opened the case about it, and the last
/// count agrees with those who travel now, nobody needs to decide. A count before which a card of it was sent by mail says
/// nothing of those who travel now.
pub(super) async fn count_again(tx: &mut Tx, shipment: i64, why: Stamp<'_>) -> Result<(), LedgerError> {
    let Some((case, true)) = case_of_delivery(tx, shipment).await? else { return Ok(()) };
    let last = "SELECT kind, counted FROM receipt r WHERE shipment = $1 AND NOT EXISTS (SELECT 1 FROM box x
            JOIN made m ON m.box = x.id JOIN mailing l ON l.application = m.application
            WHERE x.shipment = r.shipment AND l.at >= r.at)
        ORDER BY at DESC, id DESC LIMIT 1";
    let last = tx.row::<(String, Option<i64>)>(last, args![shipment]).await?;
    let carton = tx.row::<Carton>(carton!("s.id = $1"), args![shipment]).await?;
    let (Some((kind, count)), Some(carton)) = (last, carton) else { return Ok(()) };
    let told = [Delivery::Received, Delivery::Short, Delivery::InCity].into_iter().find(|told| told.word() == kind);
    if told.is_some_and(|told| judged(told, count, carton.expected()) == Ok(None)) {
        end_delivery_case(tx, shipment, case, Stamp { reason: "as many cards are missing as were short", ..why })
            .await?;
    }
    Ok(())
}
