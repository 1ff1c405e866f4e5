//! Where and when a play takes place, how many apply in it, and what goes wrong outside of our system.

use jiff::Span;
use jiff::civil::{Date, date};

/// The first day of every demo: a Monday inside the known calendars.
pub const FIRST_DAY: Date = date(2026, 1, 5);
/// Regions of a demo.
const REGIONS: [&str; 2] = ["110101", "522634"];
/// Of a hundred days of a demo, how many bring new applications; the rest lets them arrive.
const ARRIVING_PERCENT: u32 = 55;

/// A play: the same setting is the same play.
#[derive(Clone)]
pub struct Setting {
    pub seed: u64,
    /// Applications.
    pub cards: u64,
    /// Virtual days.
    pub days: u32,
    pub first_day: Date,
    /// Issuing regions.
    pub regions: Vec<String>,
    /// Of a hundred days, how many bring new applications.
    pub arriving_percent: u32,
    /// Of ten thousand events of people and points, how many come twice.
    pub twice_of_ten_thousand: u64,
    /// Of as many, how many come days late, and with them what their card brings meanwhile.
    pub late_of_ten_thousand: u64,
    /// Of ten thousand cartons, how many the city counts on their way.
    pub in_city_of_ten_thousand: u64,
    /// Partners that neither read nor write for some days.
    pub away: Vec<Away>,
}

/// A partner that does nothing for some days.
#[derive(Clone)]
pub struct Away {
    pub partner: String,
    /// Its first and its last day away.
    pub from: Date,
    pub to: Date,
}

impl Setting {
    /// The setting of a demo.
    #[must_use]
    pub fn demo(seed: u64, cards: u64, days: u32) -> Setting {
        Setting {
            seed,
            cards,
            days,
            first_day: FIRST_DAY,
            regions: REGIONS.map(str::to_owned).to_vec(),
            arriving_percent: ARRIVING_PERCENT,
            twice_of_ten_thousand: 0,
            late_of_ten_thousand: 0,
            in_city_of_ten_thousand: 0,
            away: Vec::new(),
        }
    }

    /// The n-th day of the play.
    #[must_use]
    pub fn day(&self, n: u32) -> Date {
        later(self.first_day, n)
    }

    /// Whether a partner does nothing on a day.
    pub(super) fn is_away(&self, partner: &str, today: Date) -> bool {
        self.away.iter().any(|away| away.partner == partner && (away.from..=away.to).contains(&today))
    }
}

/// The n-th day of a demo.
#[must_use]
pub fn day(n: u32) -> Date {
    later(FIRST_DAY, n)
}

fn later(day: Date, days: u32) -> Date {
    day.saturating_add(Span::new().days(i64::from(days)))
}
