//! When a partner's batches are cut: its zone, its working days, its hours, and its times by lane.
//!
//! Pure: given what waits and an instant, cut or wait, and why. The day and the time are the partner's own,
//! so a holiday begins for it at its own midnight. Not here: holds, capacity and photos, which do not
//! depend on the time (`batching/schedule.rs`).

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::profile::{Batching, Profile};
use crate::domain::calendar::Calendar;

/// How far ahead a cut is looked for: longer than the longest holiday and the longest wait.
const LOOK_AHEAD_DAYS: usize = 120;
/// Working days before the first deadline at which cards are gathered no longer.
const WORKING_DAYS_BEFORE: u32 = 5;

/// What waits for one cut.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    pub lane: String,
    pub cards: i64,
    /// The first day on which the oldest card is old enough for the cut-off.
    pub ripe_on: Date,
    /// Since when the oldest card waits here.
    pub since: Timestamp,
}

/// Why a batch is cut, in order of precedence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Because {
    Enough,
    AtOnce,
    LaneTime,
    CutOff,
}

/// What a batch waits for, in order of precedence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    WorkingDay,
    Hours,
    LaneTime,
    Age,
    CutOff,
}

impl Because {
    /// The word in plans and records; never renamed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Enough => "enough cards",
            Self::AtOnce => "the lane does not wait",
            Self::LaneTime => "the lane's time has come",
            Self::CutOff => "old enough at the cut-off",
        }
    }
}

impl Until {
    /// The word in plans; never renamed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::WorkingDay => "no working day of the partner",
            Self::Hours => "outside the partner's hours",
            Self::LaneTime => "the lane's time has not come",
            Self::Age => "not old enough",
            Self::CutOff => "cut-off not reached",
        }
    }
}

/// A partner's times, in its own zone and working calendar.
pub struct Timetable {
    zone: TimeZone,
    calendar: Calendar,
    batch: Batching,
}

impl Timetable {
    /// The timetable of a profile; `national` is the calendar the partner's closed days are added to.
    #[must_use]
    pub fn of(profile: &Profile, national: &Calendar) -> Self {
        Self {
            // A profile with an unknown zone is not loaded.
            zone: TimeZone::get(&profile.time_zone).unwrap_or(TimeZone::UTC),
            calendar: national.closed_on(&profile.closed_days),
            batch: profile.batch.clone(),
        }
    }

    /// Cut or wait.
    ///
    /// # Errors
    /// What it waits for.
    pub fn look(&self, waiting: &Waiting, now: Timestamp) -> Result<Because, Until> {
        let (today, time) = (self.today(now), now.to_zoned(self.zone.clone()).time());
        if !self.calendar.is_working_day(today).working {
            return Err(Until::WorkingDay);
        }
        if time < self.batch.opens || self.batch.closes.is_some_and(|closes| time >= closes) {
            return Err(Until::Hours);
        }
        if waiting.cards >= i64::from(self.batch.enough_cards()) {
            return Ok(Because::Enough);
        }
        match self.lane_times(&waiting.lane) {
            Some([]) => Ok(Because::AtOnce),
            Some(times) => {
                let missed = |at: &Time| *at <= time && self.instant(today, *at).is_some_and(|at| waiting.since < at);
                if times.iter().any(missed) { Ok(Because::LaneTime) } else { Err(Until::LaneTime) }
            }
            None if waiting.ripe_on > today => Err(Until::Age),
            None if time < self.batch.cut_off => Err(Until::CutOff),
            None => Ok(Because::CutOff),
        }
    }

    /// The first instant, from `now` on, at which what waits would be cut if nothing more came.
    #[must_use]
    pub fn first_cut(&self, waiting: &Waiting, now: Timestamp) -> Option<Timestamp> {
        if self.look(waiting, now).is_ok() {
            return Some(now);
        }
        let mut times = self.times(&waiting.lane);
        times.push(self.batch.opens);
        times.sort_unstable();
        self.instants(now, times).find(|at| self.look(waiting, *at).is_ok())
    }

    /// The next regular cuts of a lane after `now`; a lane that does not wait is cut when the partner opens.
    #[must_use]
    pub fn next_cuts(&self, lane: &str, now: Timestamp, count: usize) -> Vec<Timestamp> {
        self.instants(now, self.times(lane)).take(count).collect()
    }

    /// The date at the partner.
    #[must_use]
    pub fn today(&self, now: Timestamp) -> Date {
        now.to_zoned(self.zone.clone()).date()
    }

    /// Where the partner's day begins and where it ends.
    #[must_use]
    pub fn bounds(&self, day: Date) -> Option<(Timestamp, Timestamp)> {
        Some((self.instant(day, Time::midnight())?, self.instant(day.tomorrow().ok()?, Time::midnight())?))
    }

    /// Whether the day's answer rests on a year without a calendar.
    #[must_use]
    pub fn is_provisional(&self, day: Date) -> bool {
        self.calendar.is_working_day(day).provisional
    }

    /// The day from which a card that began to wait on a day is old enough.
    #[must_use]
    pub fn ripe_after(&self, began: Date) -> Date {
        self.calendar.add_working_days(began, self.batch.max_age_days).date
    }

    /// The day from which cards with a deadline are gathered no longer: a week of work before it.
    #[must_use]
    pub fn ripe_before(&self, due: Date) -> Date {
        (0..WORKING_DAYS_BEFORE).fold(due, |day, _| self.calendar.previous_working_day(day).date)
    }

    /// Times of the lane's own; `None` for the normal lane, none at all for a lane that does not wait.
    fn lane_times(&self, lane: &str) -> Option<&[Time]> {
        match lane {
            "urgent" => Some(&self.batch.urgent),
            "newborn" => Some(&self.batch.newborn),
            _ => None,
        }
    }

    fn times(&self, lane: &str) -> Vec<Time> {
        match self.lane_times(lane) {
            None => vec![self.batch.cut_off],
            Some([]) => vec![self.batch.opens],
            Some(times) => times.to_vec(),
        }
    }

    /// These times of the working days to come, in order.
    fn instants(&self, now: Timestamp, times: Vec<Time>) -> impl Iterator<Item = Timestamp> + '_ {
        let days = self.today(now).series(jiff::Span::new().days(1)).take(LOOK_AHEAD_DAYS);
        days.filter(|day| self.calendar.is_working_day(*day).working)
            .flat_map(move |day| times.clone().into_iter().filter_map(move |time| self.instant(day, time)))
            .filter(move |at| *at > now)
    }

    /// A wall-clock time of the partner; one that a clock change leaves out comes after the gap.
    fn instant(&self, day: Date, time: Time) -> Option<Timestamp> {
        Some(day.to_datetime(time).to_zoned(self.zone.clone()).ok()?.timestamp())
    }
}
