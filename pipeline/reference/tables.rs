//! The tables of reference data: what is built in, with what was imported laid over it, as it stands on
//! a day; and what a change asks of the ledger on the day it takes effect.
//!
//! A worker loads the tables for its day. It is stale when the day has passed or an import was made;
//! the daemon opens a fresh one then. A step under way ends with the tables it began with.

use std::collections::BTreeMap;

use cardline_core::domain::calendar::{Calendar, CalendarFault};
use cardline_core::domain::policy::Policy;
use cardline_core::domain::reference::{Loading, Reference, ReferenceFault, ReferenceText, Table};
use jiff::civil::Date;

use crate::reference::effect::{Effect, OpenDeadline};
use crate::store::{Ledger, LedgerError, Stamp};
use crate::time::instant;

const REGIONS: &str = include_str!("../../fixtures/reference/regions.csv");
const POINTS: &str = include_str!("../../fixtures/reference/points.csv");
const BANKS: &str = include_str!("../../fixtures/reference/banks.csv");
const OUTLETS: &str = include_str!("../../fixtures/reference/outlets.csv");
const STUDIOS: &str = include_str!("../../fixtures/reference/studios.csv");
const CALENDARS: &[(i16, &str)] = &[
    (2025, include_str!("../../fixtures/reference/holidays-2025.csv")),
    (2026, include_str!("../../fixtures/reference/holidays-2026.csv")),
];

/// Why the tables cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("reference data: {0}")]
    Reference(#[from] ReferenceFault),
    #[error("calendar: {0}")]
    Calendar(#[from] CalendarFault),
}

/// The built-in tables alone, for commands that need no ledger.
pub fn built_in_reference() -> Result<Reference, TablesError> {
    let text = ReferenceText { regions: REGIONS, points: POINTS, banks: BANKS, outlets: OUTLETS, studios: STUDIOS };
    Ok(Reference::from_csv(&text)?)
}

/// The texts of all tables; calendars by year.
#[derive(Clone)]
pub struct Texts {
    pub regions: String,
    pub points: String,
    pub banks: String,
    pub outlets: String,
    pub studios: String,
    pub calendars: BTreeMap<i16, String>,
}

impl Texts {
    /// The tables in force on a day.
    pub async fn on(ledger: &Ledger, day: Date) -> Result<Texts, TablesError> {
        let lines = async |table: Table| ledger.reference_lines(table.name(), day).await;
        Ok(Texts {
            regions: overlaid(REGIONS, &lines(Table::Regions).await?),
            points: overlaid(POINTS, &lines(Table::Points).await?),
            banks: overlaid(BANKS, &lines(Table::Banks).await?),
            outlets: overlaid(OUTLETS, &lines(Table::Outlets).await?),
            studios: overlaid(STUDIOS, &lines(Table::Studios).await?),
            calendars: calendars(lines(Table::Calendar).await?),
        })
    }

    /// One table of codes; a calendar is none.
    pub fn of(&self, table: Table) -> &str {
        match table {
            Table::Regions => &self.regions,
            Table::Points => &self.points,
            Table::Banks => &self.banks,
            Table::Outlets => &self.outlets,
            Table::Studios => &self.studios,
            Table::Calendar => "",
        }
    }

    /// The same with another text for one table of codes.
    pub fn with(&self, table: Table, text: String) -> Texts {
        let mut texts = self.clone();
        match table {
            Table::Regions => texts.regions = text,
            Table::Points => texts.points = text,
            Table::Banks => texts.banks = text,
            Table::Outlets => texts.outlets = text,
            Table::Studios => texts.studios = text,
            Table::Calendar => {}
        }
        texts
    }

    /// Reads the tables of codes as of a day, with everything that is wrong with them.
    pub fn load(&self, day: Date) -> Loading {
        let Texts { regions, points, banks, outlets, studios, .. } = self;
        Reference::load(day, &ReferenceText { regions, points, banks, outlets, studios })
    }

    /// Reads the calendars.
    pub fn calendar(&self) -> Result<Calendar, TablesError> {
        calendar(&self.calendars)
    }
}

/// The tables as they stand on a day.
pub async fn reference_on(ledger: &Ledger, day: Date) -> Result<(Reference, Calendar), TablesError> {
    let texts = Texts::on(ledger, day).await?;
    let loading = texts.load(day);
    match loading.faults.into_iter().next() {
        Some(fault) => Err(fault.into()),
        None => Ok((loading.reference, texts.calendar()?)),
    }
}

/// The calendar as it stands on a day.
pub async fn calendar_on(ledger: &Ledger, day: Date) -> Result<Calendar, TablesError> {
    calendar(&calendars(ledger.reference_lines(Table::Calendar.name(), day).await?))
}

/// Settles what earlier imports ask for by today: deadlines move with a calendar that comes into
/// force, and what ended while cards need it becomes a case.
pub async fn take_effect(ledger: &Ledger, policy: &Policy, today: Date) -> Result<(), TablesError> {
    let Some(first) = ledger.reference_due(today).await? else {
        return Ok(());
    };
    let day_before = first.yesterday().unwrap_or(first);
    let before = Texts::on(ledger, day_before).await?.load(day_before).reference;
    let texts = Texts::on(ledger, today).await?;
    let settled = calendar(&calendars(ledger.settled_lines(Table::Calendar.name()).await?))?;
    let next = texts.calendar()?;
    let moved = moved_deadlines(&settled, &next, today, &ledger.open_deadlines(today).await?);
    let effect = effect(&moved, before.ended_in(&texts.load(today).reference), &next, policy, today);
    let why = Stamp { at: instant(today, 0, 0), actor: "scheduler", reason: "reference data took effect" };
    ledger.settle_reference_due(today, &effect, why).await?;
    Ok(())
}

/// An open deadline that comes to lie on another day.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct MovedDeadline {
    /// `batch`, `file`, `shipment`, `window`, `card` or `case`.
    pub what: String,
    pub from: Date,
    pub to: Date,
    pub count: i64,
}

/// Which open deadlines move when one calendar takes the place of another: the working days left from
/// a day on stay as many. An open pickup window never ends earlier than its holders were told.
pub fn moved_deadlines(was: &Calendar, becomes: &Calendar, today: Date, open: &[OpenDeadline]) -> Vec<MovedDeadline> {
    let moved = open.iter().map(|deadline| {
        let to = was.moved(becomes, today, deadline.due_on);
        MovedDeadline { what: deadline.what.clone(), from: deadline.due_on, to, count: deadline.count }
    });
    let mut moved: Vec<MovedDeadline> =
        moved.filter(|m| m.to > m.from || (m.to < m.from && m.what != "window")).collect();
    moved.sort_by(|a, b| (a.from, &a.what).cmp(&(b.from, &b.what)));
    moved
}

/// What the ledger is to do about it.
pub fn effect(
    moved: &[MovedDeadline],
    ended: Vec<(Table, String)>,
    calendar: &Calendar,
    policy: &Policy,
    today: Date,
) -> Effect {
    let mut days: Vec<(Date, Date)> = moved.iter().map(|m| (m.from, m.to)).collect();
    days.sort_unstable();
    days.dedup();
    Effect {
        moved: days,
        ended: ended.into_iter().map(|(table, code)| (table.name(), code)).collect(),
        case_on: policy.on(today).regions.map(|p| calendar.add_working_days(today, p.case_working_days).date),
    }
}

fn calendars(imported: Vec<(String, String)>) -> BTreeMap<i16, String> {
    let mut years: BTreeMap<i16, String> = CALENDARS.iter().map(|(year, text)| (*year, (*text).to_owned())).collect();
    years.extend(imported.into_iter().filter_map(|(code, text)| Some((code.parse().ok()?, text))));
    years
}

fn calendar(years: &BTreeMap<i16, String>) -> Result<Calendar, TablesError> {
    let years: Vec<(i16, &str)> = years.iter().map(|(year, text)| (*year, text.as_str())).collect();
    Ok(Calendar::from_csv(&years)?)
}

/// A table whose lines are replaced, extended or ended (an empty line), by the code in the first
/// column.
fn overlaid(built_in: &str, imported: &[(String, String)]) -> String {
    if imported.is_empty() {
        return built_in.to_owned();
    }
    let codes: std::collections::HashSet<&str> = imported.iter().map(|(code, _)| code.as_str()).collect();
    let mut text = String::with_capacity(built_in.len());
    let kept = built_in
        .lines()
        .enumerate()
        .filter(|(number, line)| *number == 0 || !codes.contains(line.split(',').next().unwrap_or_default()));
    let lines = imported.iter().map(|(_, line)| line.as_str()).filter(|line| !line.is_empty());
    for line in kept.map(|(_, line)| line).chain(lines) {
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn lines_are_replaced_added_and_ended_by_their_code() {
        let imported = [("1", "1,new"), ("2", ""), ("4", "4,more")].map(|(c, l)| (c.to_owned(), l.to_owned()));
        assert_eq!(overlaid("code,name\n1,a\n2,b\n3,c\n", &imported), "code,name\n3,c\n1,new\n4,more\n");
    }

    #[test]
    fn a_window_never_ends_earlier_than_told() {
        let becomes = calendar(&calendars(Vec::new())).unwrap();
        let mut years = calendars(Vec::new());
        years.insert(2026, "date,name,is_off_day,weekday\n2026-06-01,a,true,1\n".into());
        let was = calendar(&years).unwrap();
        let open = |what: &str| OpenDeadline { what: what.into(), due_on: date(2026, 6, 5), count: 2 };
        let moved = moved_deadlines(&was, &becomes, date(2026, 5, 29), &[open("window"), open("batch")]);
        assert_eq!(moved.len(), 1, "{moved:?}");
        assert_eq!((moved[0].what.as_str(), moved[0].to), ("batch", date(2026, 6, 4)));
    }
}
