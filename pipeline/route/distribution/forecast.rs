//! What each point gets within four weeks, and the shelf space it needs for that if nobody collects anything.
//!
//! A card that travels comes by the day its carton is due; one that is being made, by the day its batch is due and the
//! time a carton takes; one that is not made yet, by the day promised to its holder. What is late comes this week.

use cardline_core::domain::policy::ByRegion;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use crate::route::unfinished::{AtPoint, coming, coming_now};
use crate::step::{StageError, Worker};
use crate::time::local_date;

/// Weeks that are told.
const WEEKS: usize = 4;

/// What comes to one point within one week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ForecastWeek {
    /// Monday; of the first week today.
    pub from: Date,
    /// Sunday, inclusive.
    pub to: Date,
    pub arrivals: i64,
    /// Cards on the shelf at its end if nobody collects anything.
    pub shelf: i64,
}

/// One point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PointForecast {
    /// District in which it lies; empty where the point is not known any more.
    pub area: String,
    pub point: String,
    pub name: String,
    /// Cards its shelves hold; none: not known.
    pub capacity: Option<u32>,
    /// The end of the first week in which they hold too few.
    pub full_by: Option<Date>,
    /// Cards at the point now, on the shelf or about to be shelved.
    pub waiting: i64,
    pub weeks: [ForecastWeek; WEEKS],
    /// Cards that come later than in these weeks.
    pub later: i64,
}

/// Each point within the scope of who asks at which something waits or to which something comes, in the order of codes,
/// counted now.
///
/// # Errors
/// The ledger cannot be read.
pub async fn forecast(worker: &Worker, now: Timestamp) -> Result<Vec<PointForecast>, StageError> {
    let mut tx = worker.ledger.read().await?;
    tx.look().await?;
    let cards = coming_now(&mut tx).await?;
    Ok(by_point(worker, now, &cards))
}

/// The same from the last count where it is fresh, and when that was; none: counted now.
///
/// # Errors
/// The ledger cannot be read.
pub async fn last_forecast(
    worker: &Worker,
    now: Timestamp,
) -> Result<(Vec<PointForecast>, Option<Timestamp>), StageError> {
    let mut tx = worker.ledger.read().await?;
    tx.look().await?;
    let (cards, counted_at) = coming(&mut tx, now).await?;
    Ok((by_point(worker, now, &cards), counted_at))
}

/// Cards in the order of points.
fn by_point(worker: &Worker, now: Timestamp, cards: &[AtPoint]) -> Vec<PointForecast> {
    let today = local_date(now);
    let transit = worker.policy.on(today).regions.map(|policy| policy.transit_working_days);
    let mut points: Vec<PointForecast> = Vec::new();
    for stand in cards {
        if points.last().is_none_or(|last| last.point != stand.point) {
            points.push(empty(worker, &stand.point, today));
        }
        if let Some(point) = points.last_mut() {
            add(point, worker, today, stand, &transit);
        }
    }
    points.retain(|point| point.waiting + point.later + point.weeks.iter().map(|week| week.arrivals).sum::<i64>() > 0);
    points.iter_mut().for_each(fill_shelf);
    points
}

fn empty(worker: &Worker, code: &str, today: Date) -> PointForecast {
    let (name, area) = worker.reference.collected_at(code).unwrap_or_default();
    let monday = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
    let weeks = std::array::from_fn(|week| {
        let from = monday.saturating_add((week as i64).weeks());
        ForecastWeek { from: from.max(today), to: from.saturating_add(6.days()), arrivals: 0, shelf: 0 }
    });
    let capacity = worker.reference.opening(code).and_then(|opening| opening.capacity);
    let (area, point, name) = (area.into(), code.into(), name.into());
    PointForecast { area, point, name, capacity, full_by: None, waiting: 0, weeks, later: 0 }
}

fn add(point: &mut PointForecast, worker: &Worker, today: Date, stand: &AtPoint, transit: &ByRegion<u32>) {
    let Some(day) = (match stand.state.as_str() {
        "at_point" | "on_shelf" => {
            point.waiting += stand.cards;
            return;
        }
        "in_transit" => day_of(stand.due_on.as_deref()),
        // From the bureau: what a carton takes, after the day by which it is made.
        "in_production" | "spoiled" | "produced" => {
            let made = day_of(stand.due_on.as_deref()).unwrap_or(today).max(today);
            Some(worker.working_days_after(made, *transit.of(&point.area)))
        }
        "waiting_account" | "in_account_batch" | "waiting_production" => {
            day_of(Some(&stand.promise_on)).or_else(|| day_of(stand.due_on.as_deref()))
        }
        _ => return,
    }) else {
        return;
    };
    match point.weeks.iter_mut().find(|week| day <= week.to) {
        Some(week) => week.arrivals += stand.cards,
        None => point.later += stand.cards,
    }
}

fn day_of(text: Option<&str>) -> Option<Date> {
    text.and_then(|text| text.parse().ok())
}

fn fill_shelf(point: &mut PointForecast) {
    let mut shelf = point.waiting;
    for week in &mut point.weeks {
        shelf += week.arrivals;
        week.shelf = shelf;
    }
    let holds = point.capacity.map(i64::from);
    let full = point.weeks.iter().find(|week| holds.is_some_and(|holds| week.shelf > holds));
    point.full_by = full.map(|week| week.to);
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn point(capacity: Option<u32>, arrivals: [i64; WEEKS]) -> PointForecast {
        let monday = date(2026, 1, 5);
        let weeks = std::array::from_fn(|week| {
            let from = monday.saturating_add((week as i64).weeks());
            ForecastWeek { from, to: from.saturating_add(6.days()), arrivals: arrivals[week], shelf: 0 }
        });
        let (area, code, name) = ("110101".into(), "110101001001".into(), "甲".into());
        let mut point =
            PointForecast { area, point: code, name, capacity, full_by: None, waiting: 10, weeks, later: 0 };
        fill_shelf(&mut point);
        point
    }

    #[test]
    fn the_first_week_in_which_shelves_hold_too_few_is_named() {
        assert_eq!(point(Some(15), [5, 1, 9, 0]).full_by, Some(date(2026, 1, 18)));
        assert_eq!(point(Some(25), [5, 1, 9, 0]).full_by, None, "as many as they hold");
        assert_eq!(point(Some(9), [0; WEEKS]).full_by, Some(date(2026, 1, 11)));
        assert_eq!(point(None, [5_000, 0, 0, 0]).full_by, None, "nobody knows");
    }
}
