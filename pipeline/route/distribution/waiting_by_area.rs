//! What waits at the points by area, as an administrator looks down from a province to one point: how many cards of
//! which age, what is due in the next working days, and what is late.
//!
//! Below its district an outlet of a bank stands beside the streets.

use std::collections::BTreeMap;

use cardline_core::domain::reference::Reference;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::areas::{LEVELS, STREET, digits_of, name_of};
use super::pickup::{Ages, days_between};
use super::pickup_cards::{Asked, PickupCards};
use crate::step::{StageError, Worker};
use crate::time::local_date;

/// Working days within which windows are told to end.
const SOON: [u32; 3] = [1, 3, 7];

/// What waits in one area, or at one point.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AreaRow {
    /// Its digits; the code of a point, or of an outlet, where it is one.
    pub area: String,
    /// Of the province, the city, the district or the point; of a street, that of its district.
    pub name: String,
    /// Whether it is one point, so that nothing lies below it.
    pub is_point: bool,
    /// Cards at a point or with a unit.
    pub cards: i64,
    #[serde(flatten)]
    pub ages: Ages,
    /// The day on which the first window of the oldest of them was opened.
    pub oldest_on: Option<String>,
    /// Windows that end today or within one working day.
    pub due_1: i64,
    /// Of these and more, within three.
    pub due_3: i64,
    /// Of these and more, within seven.
    pub due_7: i64,
    /// Past their day: at the points, with units, on their way back. Promises are told apart.
    pub overdue: i64,
}

/// What waits in each area of the next level below the area `above`, within the scope of who asks, counted now. Empty
/// digits: by province.
///
/// # Errors
/// The ledger cannot be read.
pub async fn waiting_by_area(worker: &Worker, above: &str, now: Timestamp) -> Result<Vec<AreaRow>, StageError> {
    let waiting = worker.ledger.pickup_cards(Asked::Waiting).await?;
    let overdue = worker.ledger.pickup_cards(Asked::PastItsDay { today: local_date(now) }).await?;
    Ok(by_area(worker, above, now, &waiting, &overdue))
}

/// What waits at one point, counted now.
///
/// # Errors
/// The ledger cannot be read.
pub async fn waiting_at(worker: &Worker, point: &str, now: Timestamp) -> Result<AreaRow, StageError> {
    let (waiting, overdue) = worker.ledger.pickup_cards_at(point, local_date(now)).await?;
    Ok(point_row(worker, point, now, &waiting, &overdue))
}

/// Cards that wait at one point, and those past their day.
pub fn point_row(
    worker: &Worker,
    point: &str,
    now: Timestamp,
    waiting: &[PickupCards],
    overdue: &[PickupCards],
) -> AreaRow {
    let region = waiting.iter().chain(overdue).find(|found| found.point == point).map_or("", |found| &found.region);
    let digits = digits_of(point, region, &worker.reference);
    let above = digits.get(..STREET).unwrap_or(digits);
    by_area(worker, above, now, waiting, overdue).into_iter().find(|row| row.area == point).unwrap_or_default()
}

/// Cards that wait, and those past their day, by the areas of the next level below `above`.
pub fn by_area(
    worker: &Worker,
    above: &str,
    now: Timestamp,
    waiting: &[PickupCards],
    overdue: &[PickupCards],
) -> Vec<AreaRow> {
    let today = local_date(now);
    let soon = SOON.map(|days| worker.working_days_after(today, days));
    let mut rows = BTreeMap::new();
    for found in waiting {
        let Some(row) = row_of(&mut rows, found, above, &worker.reference) else { continue };
        row.cards += found.cards;
        let ready: Option<Date> = found.ready_on.as_ref().and_then(|ready_on| ready_on.parse().ok());
        row.ages.add(ready.map_or(0, |ready| days_between(ready, today)), found.cards);
        row.oldest_on = [row.oldest_on.take(), found.ready_on.clone()].into_iter().flatten().min();
        let due = found.due_on.parse::<Date>().ok().filter(|due| found.place == "on_shelf" && *due >= today);
        let counts = [&mut row.due_1, &mut row.due_3, &mut row.due_7];
        for (count, last) in counts.into_iter().zip(soon) {
            *count += if due.is_some_and(|due| due <= last) { found.cards } else { 0 };
        }
    }
    for found in overdue.iter().filter(|found| !found.is_promise()) {
        if let Some(row) = row_of(&mut rows, found, above, &worker.reference) {
            row.overdue += found.cards;
        }
    }
    rows.into_values().collect()
}

/// The row of the area of these cards; none where they lie elsewhere.
fn row_of<'r>(
    rows: &'r mut BTreeMap<String, AreaRow>,
    found: &PickupCards,
    above: &str,
    reference: &Reference,
) -> Option<&'r mut AreaRow> {
    let code = found.point.as_str();
    let digits = digits_of(code, &found.region, reference);
    if !digits.starts_with(above) {
        return None;
    }
    let level = LEVELS.into_iter().find(|level| *level > above.len())?;
    let is_point = level >= code.len() || level > digits.len();
    let area = if is_point { code } else { digits.get(..level)? };
    Some(rows.entry(area.to_owned()).or_insert_with(|| AreaRow {
        area: area.to_owned(),
        name: name_of(area, is_point, reference),
        is_point,
        ..AreaRow::default()
    }))
}
