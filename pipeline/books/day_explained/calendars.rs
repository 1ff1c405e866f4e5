//! The working calendar as it changed: open deadlines moved with each import, on the day it took effect.

use cardline_core::domain::calendar::Calendar;
use cardline_core::domain::reference::Table;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::reference::tables::calendar_on;
use crate::step::StageError;
use crate::store::Ledger;
use crate::time::local_date;

/// A calendar that took the place of the one before it.
pub(super) struct Imported {
    pub on: Date,
    pub by: String,
    pub calendar: Calendar,
}

/// The first calendar, and those that were imported, in the order they took effect.
pub(super) struct Calendars {
    first: Calendar,
    pub imported: Vec<Imported>,
}

impl Calendars {
    /// As they took effect up to a day.
    pub async fn until(ledger: &Ledger, today: Date) -> Result<Calendars, StageError> {
        let imports = ledger.imports().await?.into_iter().filter(|import| import.kind == Table::Calendar.name());
        let mut days: Vec<(Date, Date, String)> = imports
            .filter_map(|import| {
                let effective: Date = import.effective.parse().ok()?;
                let recorded = local_date(Timestamp::from_microsecond(import.at).ok()?);
                Some((effective.max(recorded), effective, import.actor))
            })
            .filter(|(acts_on, _, _)| *acts_on <= today)
            .collect();
        days.sort();
        let before = days.iter().map(|(_, effective, _)| *effective).min().unwrap_or(today.tomorrow().unwrap_or(today));
        let first = calendar_on(ledger, before.yesterday().unwrap_or(before)).await?;
        let mut imported = Vec::with_capacity(days.len());
        for (on, _, by) in days {
            imported.push(Imported { on, by, calendar: calendar_on(ledger, on).await? });
        }
        Ok(Calendars { first, imported })
    }

    /// The calendar by which a day was reckoned on some day.
    pub fn on(&self, day: Date) -> &Calendar {
        let known = self.imported.iter().rev().find(|imported| imported.on <= day);
        known.map_or(&self.first, |imported| &imported.calendar)
    }

    /// The last one.
    pub fn now(&self) -> &Calendar {
        self.on(Date::MAX)
    }
}
