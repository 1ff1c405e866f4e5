//! Moving pickup windows by hand, in the ledger: what lies at points, and an act recorded with its effect.
//!
//! Invariant: a shipment is moved only as it was shown. One that was moved, received, rolled over or handed out
//! meanwhile makes the whole act fail, and nothing of it is written. Not here: which days windows get
//! (`actions/pickup/windows.rs`).

use cardline_core::state_machines::CARD;
use jiff::civil::Date;

use super::pickup_act::{ActShipment, NewPickupAct, record_pickup_act, record_shipments};
use crate::cases::deliveries::{case_of_delivery, is_disputed};
use crate::custody::containers::SHIPMENT;
use crate::step::Progress;
use crate::store::scope::in_scope;
use crate::store::transition::{Transition, lost, move_set};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::time::local_date;
use crate::{args, bulk_row, row, transition};

/// The reason in the history of a window whose last day a person moved.
pub const LAST_DAY_MOVED: &str = "the last day was moved by a person";
const OPENED: &str = "pickup window opened by notice";

bulk_row! {
    struct ChosenPoint in "chosen_point" { code: String }
}

bulk_row! {
    struct ChosenShipment in "chosen_shipment" { id: i64 }
}

row! {
    /// A carton that lies at a point.
    #[derive(Clone)]
    pub struct LyingShipment {
        id: i64,
        point: String,
        place: String,
        /// Last day of its window; empty before one was opened.
        was: String,
        /// Cards that still lie there.
        cards: i64,
        /// Cards of it, handed out or not, that the viewer does not see.
        outside: i64,
        /// Not 0: no window is open, and a person must decide about the delivery.
        disputed: i64,
        /// The last act of a person on it: what was undone since is another operation.
        last_act: i64,
    }
}

row! {
    /// An act as it was recorded.
    pub struct RecordedPickupAct {
        what: String,
        place: String,
        last_day: Option<String>,
        working_days: Option<i64>,
        points: i64,
        shipments: i64,
        cards: i64,
        people: i64,
        moved_to: Option<String>,
    }
}

row! {
    /// What was done at one point: to windows of cartons that are there, with lists of it, or by handing it on.
    pub struct StoredPointAct {
        /// Microseconds since 1970 UTC.
        at: i64,
        actor: String,
        what: String,
        was: String,
        becomes: String,
        cards: i64,
        reason: Vec<u8>,
        /// From which point to which one it was handed on; empty for other acts.
        handed_on: String,
    }
}

/// A shipment, and the last day its window gets.
#[derive(Clone)]
pub struct MovedWindow {
    pub shipment: LyingShipment,
    pub becomes: Date,
}

impl Ledger {
    /// The latest acts at a point, newest first: those on cards that who asks sees all of.
    pub(crate) async fn acts_of_point(&self, point: &str, most: i64) -> Result<Vec<StoredPointAct>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let sql = concat!(
            "SELECT o.at, o.actor, o.what, o.was, o.becomes, o.cards, o.reason, o.handed_on FROM (
             SELECT k.id, k.at, k.actor, k.what, min(n.was) AS was, max(n.becomes) AS becomes,
                CAST(sum(n.cards) AS BIGINT) AS cards, k.reason, '' AS handed_on
             FROM shipment s JOIN pickup_act_shipment n ON n.shipment = s.id JOIN pickup_act k ON k.id = n.act
             WHERE s.point = $1 AND k.what <> 'reassign' AND s.cards = (SELECT count(*) FROM box x JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
                WHERE x.shipment = s.id AND ",
            in_scope!("a.bank", "a.region"),
            ") GROUP BY k.id, k.at, k.actor, k.what, k.reason
             UNION ALL SELECT k.id, k.at, k.actor, k.what, '', '', k.cards, k.reason, COALESCE(g.from_point || ' → ' || g.to_point, '')
             FROM pickup_act k LEFT JOIN reassignment g ON g.act = k.id
             WHERE (k.what = 'list' AND k.place = $1 OR g.from_point = $1 OR g.to_point = $1)
                AND NOT EXISTS (SELECT 1 FROM pickup_list_card l JOIN application a ON a.id = l.application WHERE l.act = k.id AND NOT ",
            in_scope!("a.bank", "a.region"),
            ")) o ORDER BY o.id DESC LIMIT $2"
        );
        tx.rows(sql, args![point, most]).await
    }
}

/// Points at which something lies, each with a district of it: the code of an outlet says no area.
pub(crate) async fn lying_points(tx: &mut Tx) -> Result<Vec<(String, String)>, LedgerError> {
    let sql = "SELECT s.point, min(b.region) FROM shipment s JOIN batch b ON b.id = s.batch
         WHERE NOT s.done AND s.place IN ('at_point', 'on_shelf') GROUP BY s.point ORDER BY s.point";
    tx.rows(sql, args![]).await
}

/// The cartons that lie at these points with a card that the viewer sees, by their number in the ledger.
pub(crate) async fn lying_at(tx: &mut Tx, points: Vec<String>, most: i64) -> Result<Vec<LyingShipment>, LedgerError> {
    tx.look().await?;
    tx.stage(points.into_iter().map(|code| ChosenPoint { code }).collect()).await?;
    let sql = concat!(
        "SELECT s.id, s.point, s.place, COALESCE(s.window_last, '') AS was,
            CAST(sum(CASE WHEN a.place IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS cards,
            CAST(s.cards - sum(CASE WHEN ",
        in_scope!("a.bank", "a.region"),
        " THEN 1 ELSE 0 END) AS BIGINT) AS outside,
            CAST(CASE WHEN s.place = 'at_point' AND ",
        is_disputed!("s.id"),
        " THEN 1 ELSE 0 END AS BIGINT) AS disputed,
            (SELECT COALESCE(max(n.act), 0) FROM pickup_act_shipment n WHERE n.shipment = s.id) AS last_act
         FROM chosen_point c JOIN shipment s ON s.point = c.code JOIN box x ON x.shipment = s.id
         JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         WHERE NOT s.done AND s.place IN ('at_point', 'on_shelf')
         GROUP BY s.id, s.point, s.place, s.window_last, s.cards HAVING sum(CASE WHEN ",
        in_scope!("a.bank", "a.region"),
        " THEN 1 ELSE 0 END) > 0 ORDER BY s.id LIMIT $1"
    );
    tx.rows(sql, args![most]).await
}

/// How many people still wait for a card of these shipments.
pub(crate) async fn people_of(tx: &mut Tx, shipments: &[MovedWindow]) -> Result<i64, LedgerError> {
    tx.stage(shipments.iter().map(|moved| ChosenShipment { id: moved.shipment.id }).collect()).await?;
    let sql = "SELECT count(DISTINCT a.person) FROM chosen_shipment t JOIN box x ON x.shipment = t.id
         JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application WHERE a.place IS NULL";
    tx.number(sql, args![]).await
}

/// The act that was recorded under a name.
pub(crate) async fn recorded_act(tx: &mut Tx, operation: &str) -> Result<Option<RecordedPickupAct>, LedgerError> {
    let sql = "SELECT k.what, k.place, k.last_day, k.working_days, k.points, k.shipments, k.cards, k.people, r.to_point AS moved_to
         FROM pickup_act k LEFT JOIN reassignment r ON r.act = k.id WHERE k.operation = $1";
    tx.row(sql, args![operation]).await
}

/// Moves the windows, and records who did it. The day of a notice is fixed: no calendar moves it.
pub(crate) async fn settle_act(
    tx: &mut Tx,
    act: &NewPickupAct,
    moved: &[MovedWindow],
    progress: &Progress,
) -> Result<(), LedgerError> {
    let id = record_pickup_act(tx, act).await?;
    progress.phase("windows", Some(moved.len()));
    for window in moved {
        move_window(tx, window, act).await?;
        progress.advance(1);
    }
    let members = moved.iter().map(|MovedWindow { shipment, becomes }| ActShipment {
        act: id,
        shipment: shipment.id,
        was: shipment.was.clone(),
        becomes: *becomes,
        cards: shipment.cards,
    });
    record_shipments(tx, id, members.collect()).await
}

async fn move_window(tx: &mut Tx, window: &MovedWindow, act: &NewPickupAct) -> Result<(), LedgerError> {
    let MovedWindow { shipment, becomes } = window;
    let (transition, reason): (Transition, _) = match shipment.was.is_empty() {
        true => (transition!(CARD, "at_point" => "on_shelf"), OPENED),
        false => (transition!(CARD, "on_shelf" => "on_shelf"), LAST_DAY_MOVED),
    };
    let stood = tx
        .run(
            "UPDATE shipment SET window_last = $2, due_on = $2, owner = 'distribution point', last_by_notice = $3,
                ready_on = COALESCE(ready_on, $4)
             WHERE id = $1 AND NOT done AND place = $5 AND COALESCE(window_last, '') = $6",
            args![shipment.id, *becomes, act.last_day.is_some(), local_date(act.at), &shipment.place, &shipment.was],
        )
        .await?;
    // Opened while the point says that a card is missing, people would be told of what is not there.
    let opens = shipment.was.is_empty();
    if stood == 0 || opens && case_of_delivery(tx, shipment.id).await?.is_some() {
        return Err(lost(&transition, 1, 0));
    }
    move_set(tx, SHIPMENT.of(shipment.id), transition, Stamp { at: act.at, actor: &act.actor, reason }).await?;
    Ok(())
}
