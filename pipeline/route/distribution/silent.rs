//! Points that tell nothing: cartons were sent there or cards lie there, and no event of theirs has come for some working
//! days. A point is heard of when a card of its shelf is collected, sent, missing or found, or a carton is counted there.
//!
//! Read through the cartons that are open, and of these only those of points that were not heard of lately; the history
//! is not looked at.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::areas::digits_of;
use super::pickup::{By, area_of};
use crate::step::{StageError, Worker};
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};
use crate::time::local_date;
use crate::{args, row};

/// Working days without an event that are asked for where nobody says how many: more than a carton travels.
pub const SILENT_WORKING_DAYS: u32 = 10;

/// A point that is silent, or the silent points of an area together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SilentRow {
    /// Six digits of the district the point lies in, nine of the street.
    pub area: String,
    pub point: Option<String>,
    /// Of the point; of the district where points are counted by district or street.
    pub name: String,
    /// How many points.
    pub points: i64,
    /// Cards that lie there, and those on their way there.
    pub cards: i64,
    pub coming: i64,
    /// The day on which the oldest of its open cartons was shipped.
    pub oldest_on: String,
    /// The last day on which something was heard; none: nothing ever. Of several points the earliest.
    pub last_heard_on: Option<String>,
    /// The day by which something should have been heard, and how long ago that is, negative.
    pub due_on: Date,
    pub working_days_left: i64,
    /// `silent`.
    pub kind: &'static str,
    /// Who has its cards.
    pub owner: &'static str,
}

row! {
    /// Cards of a point that was not heard of, in cartons that stand alike.
    struct Unheard {
        point: String,
        place: String,
        region: String,
        heard_on: Option<String>,
        shipped_on: String,
        ready_on: Option<String>,
        handed_on_at: Option<i64>,
        cards: i64,
    }
}

const UNHEARD: &str = concat!(
    "SELECT s.point, s.place, min(a.region) AS region, h.heard_on, min(s.shipped_on) AS shipped_on,
        max(CASE WHEN s.place = 'on_shelf' THEN s.ready_on END) AS ready_on,
        (SELECT max(k.at) FROM reassignment r JOIN pickup_act k ON k.id = r.act WHERE r.to_point = s.point) AS handed_on_at,
        count(*) AS cards
     FROM shipment s LEFT JOIN point_heard h ON h.point = s.point JOIN box x ON x.shipment = s.id
        JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
     WHERE NOT s.done AND COALESCE(h.heard_on, '') <= $1 AND a.place IS NULL AND ",
    in_scope!("a.bank", "a.region"),
    " GROUP BY s.point, s.place, h.heard_on ORDER BY s.point, s.place"
);

impl Ledger {
    async fn unheard(&self, until: Date) -> Result<Vec<Unheard>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(UNHEARD, args![until]).await
    }
}

/// The points within the scope of who asks of which nothing was heard within so many working days, those silent for
/// longest first; of an area alone where its digits are given.
///
/// # Errors
/// The ledger cannot be read.
pub async fn silent(
    worker: &Worker,
    within: u32,
    (by, area): (By, &str),
    now: Timestamp,
) -> Result<Vec<SilentRow>, StageError> {
    let today = local_date(now);
    let is_past = |day: &Date| worker.working_days_after(*day, within) < today;
    let Some(until) = today.series(-1.day()).take(SILENCE_DAYS_MAX).find(is_past) else { return Ok(Vec::new()) };
    let mut points: BTreeMap<String, Vec<Unheard>> = BTreeMap::new();
    for found in worker.ledger.unheard(until).await? {
        points.entry(found.point.clone()).or_default().push(found);
    }
    let mut rows: BTreeMap<String, SilentRow> = BTreeMap::new();
    for (point, stands) in points {
        let Some((since, row)) = row_of(worker, &point, &stands, by).filter(|(since, _)| is_past(since)) else {
            continue;
        };
        if !digits_of(&point, &stands[0].region, &worker.reference).starts_with(area) {
            continue;
        }
        let due_on = worker.working_days_after(since, within);
        let row = SilentRow { due_on, working_days_left: worker.calendar.working_days_until(today, due_on), ..row };
        let key = row.point.clone().unwrap_or_else(|| row.area.clone());
        match rows.get_mut(&key) {
            Some(before) => merge(before, row),
            None => {
                rows.insert(key, row);
            }
        }
    }
    let mut rows: Vec<SilentRow> = rows.into_values().collect();
    rows.sort_by_key(|row| row.due_on);
    Ok(rows)
}

/// Days that are looked back for the beginning of a silence: a working year and its holidays.
const SILENCE_DAYS_MAX: usize = 800;

/// A point as it stands, and since when it is silent: from the last word of it, or the first carton sent there, or the
/// day on which it took over another point.
fn row_of(worker: &Worker, point: &str, stands: &[Unheard], by: By) -> Option<(Date, SilentRow)> {
    let text = |part: fn(&Unheard) -> Option<&String>| stands.iter().filter_map(part);
    let heard_on = text(|s| s.heard_on.as_ref()).chain(text(|s| s.ready_on.as_ref())).max().cloned();
    let oldest_on = text(|s| Some(&s.shipped_on)).min()?.clone();
    let day = |text: &String| text.parse::<Date>().ok();
    let handed_on = stands.iter().filter_map(|s| Timestamp::from_microsecond(s.handed_on_at?).ok()).map(local_date);
    let since = heard_on.iter().filter_map(day).chain(day(&oldest_on)).chain(handed_on).max()?;
    let (lying, coming): (Vec<_>, Vec<_>) = stands.iter().partition(|stand| stand.place != "in_transit");
    let sum = |stands: &[&Unheard]| stands.iter().map(|stand| stand.cards).sum();
    let owner = if lying.is_empty() { "carrier" } else { "distribution point" };
    let (area, name) = area_of(point, &stands[0].region, by, &worker.reference);
    let row = SilentRow {
        area,
        point: (by == By::Point).then(|| point.to_owned()),
        name,
        points: 1,
        cards: sum(&lying),
        coming: sum(&coming),
        oldest_on,
        last_heard_on: heard_on,
        due_on: since,
        working_days_left: 0,
        kind: "silent",
        owner,
    };
    Some((since, row))
}

fn merge(row: &mut SilentRow, more: SilentRow) {
    row.points += more.points;
    row.cards += more.cards;
    row.coming += more.coming;
    row.oldest_on = row.oldest_on.clone().min(more.oldest_on);
    row.last_heard_on = match (row.last_heard_on.take(), more.last_heard_on) {
        (Some(one), Some(other)) => Some(one.min(other)),
        _ => None,
    };
    if more.due_on < row.due_on {
        (row.due_on, row.working_days_left) = (more.due_on, more.working_days_left);
    }
    if more.owner == "distribution point" {
        row.owner = more.owner;
    }
}
