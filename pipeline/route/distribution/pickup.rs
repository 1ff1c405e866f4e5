//! What waits at the points, what is due and what is late, as an administrator reads it: by district, street or
//! point, in working days.

use std::collections::BTreeMap;

use cardline_core::domain::calendar::Calendar;
use cardline_core::domain::reference::Reference;
use cardline_core::state_machines::CARD;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::areas::{STREET, digits_of, name_of};
use super::pickup_cards::{Asked, PickupCards};
use crate::step::{StageError, Worker};
use crate::time::local_date;

/// By what cards are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    District,
    /// The first nine digits of a point's code; an outlet of a bank lies in no street.
    Street,
    Point,
}

/// Cards that are counted together, or one card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PickupRow {
    /// Only where cards are listed one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    /// Six digits of the district the point lies in, nine of the street.
    pub area: String,
    pub point: Option<String>,
    /// Of the point, the street or the district; a street that no list told is called by its district.
    pub name: String,
    pub cards: i64,
    /// The day on which the first window of the oldest of them was opened.
    pub oldest_on: Option<String>,
    /// The earliest of their last days.
    pub due_on: String,
    /// Negative when past.
    pub working_days_left: i64,
    /// What ends on that day: `window`, `unit`, `recall`, `return`, `mail`, `missing`, `activation` or `promise`.
    pub kind: &'static str,
    pub owner: String,
    /// Only of what waits.
    #[serde(flatten)]
    pub ages: Option<Ages>,
    /// When a worker counted them; none: now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted_at: Option<Timestamp>,
}

/// How many cards wait for how many days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ages {
    pub age_0_7: i64,
    pub age_8_15: i64,
    pub age_16_30: i64,
    pub age_over_30: i64,
}

impl Ages {
    pub(super) fn add(&mut self, days: i32, cards: i64) {
        let band = match days {
            ..=7 => &mut self.age_0_7,
            8..=15 => &mut self.age_8_15,
            16..=30 => &mut self.age_16_30,
            _ => &mut self.age_over_30,
        };
        *band += cards;
    }

    /// Those of several areas together.
    #[must_use]
    pub fn sum<'a>(all: impl Iterator<Item = &'a Ages>) -> Ages {
        all.fold(Ages::default(), |sum, ages| Ages {
            age_0_7: sum.age_0_7 + ages.age_0_7,
            age_8_15: sum.age_8_15 + ages.age_8_15,
            age_16_30: sum.age_16_30 + ages.age_16_30,
            age_over_30: sum.age_over_30 + ages.age_over_30,
        })
    }
}

/// Cards whose window ends within so many working days; 0: today.
pub fn due_within(worker: &Worker, today: Date, working_days: u32) -> Asked {
    let to = if working_days == 0 { today } else { worker.working_days_after(today, working_days) };
    Asked::Due { from: today, to }
}

/// What is asked for, counted now; the time that takes grows with what waits.
///
/// # Errors
/// The ledger cannot be read.
pub async fn counted(worker: &Worker, asked: Asked, by: By, now: Timestamp) -> Result<Vec<PickupRow>, StageError> {
    let cards = worker.ledger.pickup_cards(asked).await?;
    Ok(by_place(worker, &cards, asked, by, now))
}

/// Single cards after an application id, at most `limit`, in the order of their ids.
///
/// # Errors
/// The ledger cannot be read.
pub async fn one_by_one(
    worker: &Worker,
    asked: Asked,
    after: &str,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<PickupRow>, StageError> {
    let cards = worker.ledger.single_pickup_cards(asked, after, limit).await?;
    let day = Day::of(worker, now);
    let single = |card: PickupCards| {
        let row = row_of(&card, asked, By::Point, day);
        PickupRow { application_id: Some(card.application_id), ..row }
    };
    Ok(cards.into_iter().map(single).collect())
}

/// What is known on a day.
#[derive(Clone, Copy)]
struct Day<'d> {
    today: Date,
    reference: &'d Reference,
    calendar: &'d Calendar,
}

impl<'d> Day<'d> {
    fn of(worker: &'d Worker, now: Timestamp) -> Day<'d> {
        Day { today: local_date(now), reference: &worker.reference, calendar: &worker.calendar }
    }
}

/// Cards that were counted, by place. What waits has one row a place and kind; what is due or late also one a day, the
/// earliest first.
pub fn by_place(worker: &Worker, cards: &[PickupCards], asked: Asked, by: By, now: Timestamp) -> Vec<PickupRow> {
    let day = Day::of(worker, now);
    let mut rows: BTreeMap<(String, String, Option<String>, &str, String), PickupRow> = BTreeMap::new();
    for found in cards {
        let row = row_of(found, asked, by, day);
        let due_on = if asked == Asked::Waiting { String::new() } else { row.due_on.clone() };
        let key = (due_on, row.area.clone(), row.point.clone(), row.kind, row.owner.clone());
        match rows.get_mut(&key) {
            Some(before) => merge(before, row),
            None => {
                rows.insert(key, row);
            }
        }
    }
    rows.into_values().collect()
}

fn merge(row: &mut PickupRow, more: PickupRow) {
    row.cards += more.cards;
    row.oldest_on = [row.oldest_on.take(), more.oldest_on].into_iter().flatten().min();
    if more.due_on < row.due_on {
        (row.due_on, row.working_days_left) = (more.due_on, more.working_days_left);
    }
    if let (Some(ages), Some(more)) = (row.ages.as_mut(), more.ages) {
        ages.age_0_7 += more.age_0_7;
        ages.age_8_15 += more.age_8_15;
        ages.age_16_30 += more.age_16_30;
        ages.age_over_30 += more.age_over_30;
    }
}

fn row_of(found: &PickupCards, asked: Asked, by: By, day: Day<'_>) -> PickupRow {
    let due = due_on(found);
    let (area, name) = area_of(&found.point, &found.region, by, day.reference);
    let ages = (asked == Asked::Waiting).then(|| {
        let ready = found.ready_on.as_ref().and_then(|ready_on| ready_on.parse::<Date>().ok());
        let mut ages = Ages::default();
        ages.add(ready.map_or(0, |ready| days_between(ready, day.today)), found.cards);
        ages
    });
    PickupRow {
        application_id: None,
        area,
        point: (by == By::Point).then(|| found.point.clone()),
        name,
        cards: found.cards,
        oldest_on: found.ready_on.clone(),
        working_days_left: due.map_or(0, |due| day.calendar.working_days_until(day.today, due)),
        due_on: due.map_or_else(|| found.due_on.clone(), |due| due.to_string()),
        kind: if found.is_promise() { "promise" } else { kind_of(&found.place) },
        owner: owner_of(found),
        ages,
        counted_at: None,
    }
}

/// Their last day. Once a person was asked about them the ledger has that person's day instead: theirs was then
/// the day before at the latest.
fn due_on(found: &PickupCards) -> Option<Date> {
    match found.chased_at.and_then(|at| Timestamp::from_microsecond(at).ok()) {
        Some(at) => local_date(at).yesterday().ok(),
        None => found.due_on.parse().ok(),
    }
}

fn owner_of(found: &PickupCards) -> String {
    match CARD.state(&found.place) {
        Some(state) if found.is_promise() => state.owner.to_owned(),
        _ => found.owner.clone(),
    }
}

pub(super) fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

pub(super) fn kind_of(place: &str) -> &'static str {
    match place {
        "with_unit" => "unit",
        "recalled" => "recall",
        "awaiting_return" => "return",
        "missing" => "missing",
        "in_mail" => "mail",
        "in_hand" => "activation",
        _ => "window",
    }
}

/// The digits of the area of a point by which it is counted, and what that, or the point, is called. `region`: whose cards
/// lie there.
pub(super) fn area_of(code: &str, region: &str, by: By, reference: &Reference) -> (String, String) {
    let (name, district) = reference.collected_at(code).unwrap_or(("", region));
    let area = match by {
        By::Street => digits_of(code, region, reference).get(..STREET).unwrap_or(district),
        By::District | By::Point => district,
    };
    let name = if by == By::Point { name.to_owned() } else { name_of(area, false, reference) };
    (area.to_owned(), name)
}
