//! What waits by area, from the last count a worker made where it is fresh, else counted now.

use jiff::Timestamp;

use crate::args;
use crate::bulk_row;
use crate::custody::counted_at::fresh;
use crate::limits::LISTED_NOW_CARDS;
use crate::route::distribution::pickup::{By, PickupRow, by_place, counted};
use crate::route::distribution::pickup_cards::{Asked, PickupCards};
use crate::route::distribution::waiting_by_area::{AreaRow, by_area, point_row, waiting_at, waiting_by_area};
use crate::step::{StageError, Worker};
use crate::store::scope::in_scope;
use crate::store::{LedgerError, Tx};
use crate::time::local_date;

bulk_row! {
    pub(super) struct WaitingCount in "waiting_count" {
        what: String, place: String, point: String, region: String, bank: String, due_on: String,
        chased_at: Option<i64>, owner: String, ready_on: Option<String>, cards: i64,
    }
}

/// Areas with what waits in them, and when it was counted.
pub struct Waiting {
    pub areas: Vec<AreaRow>,
    /// None: now.
    pub counted_at: Option<Timestamp>,
}

/// What waits in each area of the next level below the area `above`, within the scope of who asks. Empty digits: by
/// province.
///
/// # Errors
/// The ledger cannot be read.
pub async fn waiting(worker: &Worker, above: &str, now: Timestamp) -> Result<Waiting, StageError> {
    let Some(last) = last_count(worker, "", now).await? else {
        return Ok(Waiting { areas: waiting_by_area(worker, above, now).await?, counted_at: None });
    };
    let areas = by_area(worker, above, now, &last.waiting, &last.overdue);
    Ok(Waiting { areas, counted_at: Some(last.at) })
}

/// What waits at one point, and when it was counted; none: now.
///
/// # Errors
/// The ledger cannot be read.
pub async fn waiting_at_point(
    worker: &Worker,
    point: &str,
    now: Timestamp,
) -> Result<(AreaRow, Option<Timestamp>), StageError> {
    let Some(last) = last_count(worker, point, now).await? else {
        return Ok((waiting_at(worker, point, now).await?, None));
    };
    Ok((point_row(worker, point, now, &last.waiting, &last.overdue), Some(last.at)))
}

/// What is asked for by district, street or point, within the scope of who asks: counted now where little waits in the
/// ledger, else from the last count where it is fresh; each row says of when it is then.
///
/// # Errors
/// The ledger cannot be read.
pub async fn listed(worker: &Worker, asked: Asked, by: By, now: Timestamp) -> Result<Vec<PickupRow>, StageError> {
    let Some((at, cards)) = last_list(worker, asked, now).await? else {
        return counted(worker, asked, by, now).await;
    };
    let dated = |row| PickupRow { counted_at: Some(at), ..row };
    Ok(by_place(worker, &cards, asked, by, now).into_iter().map(dated).collect())
}

async fn last_list(
    worker: &Worker,
    asked: Asked,
    now: Timestamp,
) -> Result<Option<(Timestamp, Vec<PickupCards>)>, LedgerError> {
    let mut tx = worker.ledger.read().await?;
    let Some(at) = fresh_today(&mut tx, now).await? else { return Ok(None) };
    let in_all = "SELECT CAST(COALESCE(sum(cards), 0) AS BIGINT) FROM waiting_count";
    if tx.number(in_all, args![]).await? <= LISTED_NOW_CARDS {
        return Ok(None);
    }
    tx.look().await?;
    let is_late = matches!(asked, Asked::Overdue { .. } | Asked::PastItsDay { .. });
    let what = if is_late { "overdue" } else { "waiting" };
    let mut cards = kept_count(&mut tx, what, "").await?;
    cards.retain(|found| found.is_asked_for(asked));
    Ok(Some((at, cards)))
}

/// The last count where it is fresh and of this day: what is late was late on the day of the count.
async fn fresh_today(tx: &mut Tx, now: Timestamp) -> Result<Option<Timestamp>, LedgerError> {
    let at = fresh(tx, now).await?;
    Ok(at.filter(|at| local_date(*at) == local_date(now)))
}

/// What a worker counted last.
struct LastCount {
    at: Timestamp,
    waiting: Vec<PickupCards>,
    overdue: Vec<PickupCards>,
}

/// The last count within the viewer's scope where it is fresh: of one point, or, where that is empty, of all.
async fn last_count(worker: &Worker, point: &str, now: Timestamp) -> Result<Option<LastCount>, LedgerError> {
    let mut tx = worker.ledger.read().await?;
    let Some(at) = fresh_today(&mut tx, now).await? else { return Ok(None) };
    tx.look().await?;
    let waiting = kept_count(&mut tx, "waiting", point).await?;
    let overdue = kept_count(&mut tx, "overdue", point).await?;
    Ok(Some(LastCount { at, waiting, overdue }))
}

async fn kept_count(tx: &mut Tx, what: &str, point: &str) -> Result<Vec<PickupCards>, LedgerError> {
    let sql = concat!(
        "SELECT '' AS application_id, w.place, w.point, w.region, w.bank, w.due_on, w.chased_at, w.owner, w.ready_on,
            CAST(sum(w.cards) AS BIGINT) AS cards
         FROM waiting_count w WHERE w.what = $1 AND ($2 = '' OR w.point = $2) AND ",
        in_scope!("w.bank", "w.region"),
        " GROUP BY w.place, w.point, w.region, w.bank, w.due_on, w.chased_at, w.owner, w.ready_on"
    );
    tx.rows(sql, args![what, point]).await
}

/// Cards that stand alike, as they are kept.
pub(super) fn kept(what: &str, cards: Vec<PickupCards>) -> impl Iterator<Item = WaitingCount> {
    cards.into_iter().map(move |found| WaitingCount {
        what: what.to_owned(),
        place: found.place,
        point: found.point,
        region: found.region,
        bank: found.bank,
        due_on: found.due_on,
        chased_at: found.chased_at,
        owner: found.owner,
        ready_on: found.ready_on,
        cards: found.cards,
    })
}
