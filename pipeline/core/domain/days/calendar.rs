//! The working calendar: national holidays with adjusted weekends, by year.
//!
//! A year without a published calendar is Monday to Friday, and every answer that rests on it is
//! marked provisional, to be reckoned again when the calendar arrives (the State Council publishes
//! the next year's in the autumn).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};

use crate::domain::limits::MAX_REFERENCE_FAULTS_COUNT;

/// What one local date is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Day {
    pub working: bool,
    /// The year has no calendar yet.
    pub provisional: bool,
}

/// A local date reckoned by the calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    pub date: Date,
    /// A day that was looked at on the way lies in a year without a calendar.
    pub provisional: bool,
}

/// Why a calendar is not loaded. Lines count from 1 and include the header.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CalendarFault {
    #[error("calendar {year}: given twice")]
    Twice { year: i16 },
    #[error("calendar {year}, line {line}, column {column}: expected {expected}")]
    Cell { year: i16, line: u64, column: &'static str, expected: &'static str },
}

/// The days that differ from Monday to Friday, for the years that have a calendar.
#[derive(Clone, Default)]
pub struct Calendar {
    years: BTreeSet<i16>,
    working: BTreeMap<Date, bool>,
}

impl Calendar {
    /// Reads one CSV text a year, columns `date,name,is_off_day,weekday` (1 = Monday).
    ///
    /// # Errors
    /// A year given twice, or a cell that is not what its column says: a date of another year, a
    /// weekday that is not the date's, a date listed twice.
    pub fn from_csv(years: &[(i16, &str)]) -> Result<Calendar, CalendarFault> {
        let mut calendar = Calendar::default();
        for (year, text) in years {
            if !calendar.years.insert(*year) {
                return Err(CalendarFault::Twice { year: *year });
            }
            if let Some(fault) = calendar.read_year(*year, text).into_iter().next() {
                return Err(fault);
            }
        }
        Ok(calendar)
    }

    /// Everything that is wrong with one year's text.
    pub fn faults(year: i16, text: &str) -> Vec<CalendarFault> {
        Calendar::default().read_year(year, text)
    }

    fn read_year(&mut self, year: i16, text: &str) -> Vec<CalendarFault> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let mut faults = Vec::new();
        let mut row = csv::StringRecord::new();
        while faults.len() < MAX_REFERENCE_FAULTS_COUNT {
            let before = reader.position().line();
            let more = reader.read_record(&mut row);
            let line = row.position().map_or(before, csv::Position::line);
            match more {
                Ok(false) => break,
                Ok(true) => {
                    faults.extend(self.read_day(year, &row).err().map(|(column, expected)| CalendarFault::Cell {
                        year,
                        line,
                        column,
                        expected,
                    }))
                }
                Err(_) => {
                    faults.push(CalendarFault::Cell { year, line: before, column: "date", expected: "UTF-8" });
                    break;
                }
            }
        }
        faults
    }

    fn read_day(&mut self, year: i16, row: &csv::StringRecord) -> Result<(), (&'static str, &'static str)> {
        let cell = |place| row.get(place).unwrap_or_default();
        if row.len() != 4 {
            return Err(("date", "a row of four columns"));
        }
        let date: Option<Date> = cell(0).parse().ok().filter(|date: &Date| date.year() == year);
        let date = date.ok_or(("date", "a date of the calendar's year"))?;
        let off = match cell(2) {
            "true" => true,
            "false" => false,
            _ => return Err(("is_off_day", "true or false")),
        };
        if cell(3) != date.weekday().to_monday_one_offset().to_string() {
            return Err(("weekday", "the weekday of the date, 1 = Monday"));
        }
        match self.working.insert(date, !off) {
            None => Ok(()),
            Some(_) => Err(("date", "a date listed once")),
        }
    }

    /// What the date is.
    pub fn is_working_day(&self, date: Date) -> Day {
        let weekday = !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        Day {
            working: self.working.get(&date).copied().unwrap_or(weekday),
            provisional: !self.years.contains(&date.year()),
        }
    }

    /// The same calendar with further days off.
    #[must_use]
    pub fn closed_on(&self, days: &[Date]) -> Calendar {
        let mut calendar = self.clone();
        calendar.working.extend(days.iter().map(|day| (*day, false)));
        calendar
    }

    /// The `n`-th working day after the date, which itself never counts (the day of the event is
    /// not counted, Civil Code art. 201). `n` = 0 is the date itself when it is a working day, else
    /// the next working day; so 0 and 1 agree on a day off. Stops at the calendar's end (9999).
    pub fn add_working_days(&self, date: Date, n: u32) -> Due {
        let today = self.is_working_day(date);
        let mut due = Due { date, provisional: today.provisional };
        if n == 0 && today.working {
            return due;
        }
        let mut left = n.max(1);
        while left > 0 {
            let Ok(next) = due.date.tomorrow() else {
                due.provisional = true;
                return due;
            };
            let day = self.is_working_day(next);
            due = Due { date: next, provisional: due.provisional || day.provisional };
            left -= u32::from(day.working);
        }
        due
    }

    /// Where a deadline of this calendar lies in another one, when the working days left after
    /// `today` stay as many. One that has come or passed stays, and so does one without a working day
    /// left, unless it would lie on a day off.
    pub fn moved(&self, other: &Calendar, today: Date, due: Date) -> Date {
        let (mut day, mut left) = (today, 0);
        while day < due {
            let Ok(next) = day.tomorrow() else { return due };
            day = next;
            left += u32::from(self.is_working_day(day).working);
        }
        match left {
            _ if due <= today => due,
            0 => other.add_working_days(due, 0).date,
            left => other.add_working_days(today, left).date,
        }
    }

    /// The working days after `today` up to a day, which counts; for one that has passed those after it up to
    /// `today`, negative.
    pub fn working_days_until(&self, today: Date, day: Date) -> i64 {
        let (mut at, last) = (today.min(day), today.max(day));
        let mut count = 0;
        while at < last {
            let Ok(next) = at.tomorrow() else { break };
            at = next;
            count += i64::from(self.is_working_day(at).working);
        }
        if day < today { -count } else { count }
    }

    /// The last working day strictly before the date.
    pub fn previous_working_day(&self, date: Date) -> Due {
        let mut due = Due { date, provisional: false };
        while let Ok(before) = due.date.yesterday() {
            let day = self.is_working_day(before);
            due = Due { date: before, provisional: due.provisional || day.provisional };
            if day.working {
                return due;
            }
        }
        due.provisional = true;
        due
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const YEAR_2025: &str = include_str!("../../../../fixtures/reference/holidays-2025.csv");
    const YEAR_2026: &str = include_str!("../../../../fixtures/reference/holidays-2026.csv");

    fn calendar() -> Calendar {
        Calendar::from_csv(&[(2025, YEAR_2025), (2026, YEAR_2026)]).unwrap()
    }

    #[test]
    fn working_days_left_are_those_after_today_and_past_ones_negative() {
        // Sunday the 4th is worked for Friday the 2nd.
        let days = [(1, 5, 0), (1, 6, 1), (1, 12, 5), (1, 4, -1), (1, 1, -2), (1, 11, 4)];
        for (month, day, left) in days {
            assert_eq!(calendar().working_days_until(date(2026, 1, 5), date(2026, month, day)), left, "{day}");
        }
        for n in 1..60 {
            let due = calendar().add_working_days(date(2026, 2, 1), n).date;
            assert_eq!(calendar().working_days_until(date(2026, 2, 1), due), i64::from(n));
        }
    }

    #[test]
    fn weekends_are_moved_for_holidays() {
        let calendar = calendar();
        let working = |date| calendar.is_working_day(date).working;
        assert!(working(date(2026, 1, 4)), "a Sunday worked for New Year");
        assert!(!working(date(2026, 2, 16)), "a Monday of the Spring Festival");
        assert!(working(date(2026, 1, 5)) && !working(date(2026, 1, 10)));
    }

    #[test]
    fn the_spring_festival_is_jumped_over() {
        let due = calendar().add_working_days(date(2026, 2, 13), 2);
        assert_eq!(due.date, date(2026, 2, 24), "the 14th was worked, then nine days off");
        assert!(!due.provisional);
        assert_eq!(calendar().previous_working_day(date(2026, 2, 24)).date, date(2026, 2, 14));
    }

    #[test]
    fn a_year_without_a_calendar_is_provisional() {
        let due = calendar().add_working_days(date(2026, 12, 31), 1);
        assert_eq!(due, Due { date: date(2027, 1, 1), provisional: true });
        assert!(calendar().previous_working_day(date(2025, 1, 1)).provisional);
    }

    #[test]
    fn faults_name_line_and_column() {
        let fault = |text: &str| Calendar::from_csv(&[(2026, text)]).err().map(|fault| fault.to_string());
        let header = "date,name,is_off_day,weekday\n";
        assert_eq!(
            fault(&format!("{header}2026-01-01,元旦,true,4\n2025-01-01,元旦,true,3\n")).as_deref(),
            Some("calendar 2026, line 3, column date: expected a date of the calendar's year")
        );
        assert!(fault(&format!("{header}2026-01-01,元旦,yes,4\n")).is_some());
        assert!(fault(&format!("{header}2026-01-01,元旦,true,5\n")).is_some());
        assert!(Calendar::from_csv(&[(2026, YEAR_2026), (2026, YEAR_2026)]).is_err());
    }

    #[test]
    fn every_fault_is_told() {
        let text =
            "date,name,is_off_day,weekday\n2026-01-01,元旦,yes,4\n2026-01-02,元旦,true,9\n2025-01-01,元旦,true,3\n1\n";
        let told: Vec<String> = Calendar::faults(2026, text).iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 4);
        assert!(told[1].contains("line 3, column weekday"), "{}", told[1]);
    }

    #[test]
    fn a_deadline_keeps_its_working_days_in_another_calendar() {
        let known = calendar();
        let without = Calendar::from_csv(&[(2025, YEAR_2025)]).unwrap();
        let due = without.add_working_days(date(2026, 2, 9), 10).date;
        assert_eq!(due, date(2026, 2, 23), "Monday to Friday, as long as 2026 has no calendar");
        // Worked on Saturday the 14th and the 28th, off from the 15th to the 23rd.
        assert_eq!(without.moved(&known, date(2026, 2, 9), due), known.add_working_days(date(2026, 2, 9), 10).date);
        assert_eq!(without.moved(&known, date(2026, 2, 23), due), due, "what is due today stays");
        assert_eq!(without.moved(&known, date(2026, 2, 24), due), due, "what has passed stays");
        assert_eq!(known.moved(&known, date(2026, 2, 9), date(2026, 2, 10)), date(2026, 2, 10));
    }

    #[test]
    fn the_ends_of_time_do_not_panic() {
        assert_eq!(Calendar::default().add_working_days(Date::MAX, 9).date, Date::MAX);
        assert_eq!(Calendar::default().previous_working_day(Date::MIN).date, Date::MIN);
    }

    proptest! {
        #[test]
        fn adding_agrees_with_a_list_of_working_days(start in 0_i64..1200, n in 0_u32..60) {
            let calendar = calendar();
            let from = date(2024, 6, 1).saturating_add(jiff::SignedDuration::from_hours(24 * start));
            let due = calendar.add_working_days(from, n);
            let mut working = from
                .series(jiff::Span::new().days(1))
                .skip(usize::from(n > 0))
                .filter(|date| calendar.is_working_day(*date).working);
            prop_assert_eq!(Some(due.date), working.nth(n.saturating_sub(1) as usize));
        }

        #[test]
        fn a_deadline_moves_as_if_it_had_been_reckoned_anew(start in 0_i64..500, n in 1_u32..60, days in 0_i64..40) {
            let (known, without) = (calendar(), Calendar::from_csv(&[(2025, YEAR_2025)]).unwrap());
            let from = date(2025, 6, 1).saturating_add(jiff::SignedDuration::from_hours(24 * start));
            let due = without.add_working_days(from, n).date;
            // Both agree on the past when today lies in 2025.
            let today = from.saturating_add(jiff::SignedDuration::from_hours(24 * days)).min(date(2025, 12, 31));
            if from < date(2026, 1, 1) && today < due {
                prop_assert_eq!(without.moved(&known, today, due), known.add_working_days(from, n).date);
            }
        }

        #[test]
        fn the_previous_of_the_next_is_not_later(start in 0_i64..1200) {
            let calendar = calendar();
            let from = date(2024, 6, 1).saturating_add(jiff::SignedDuration::from_hours(24 * start));
            let next = calendar.add_working_days(from, 1).date;
            let previous = calendar.previous_working_day(next).date;
            prop_assert!(previous <= from && calendar.is_working_day(previous).working);
        }
    }
}
