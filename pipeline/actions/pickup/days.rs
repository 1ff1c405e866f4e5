//! Which last day each window gets.

use cardline_core::domain::calendar::Calendar;
use jiff::civil::Date;

use super::refusal::LeftOut;
use crate::route::distribution::window_acts::{LyingShipment, MovedWindow};

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WindowChange {
    /// Open windows end so many working days later; one that has ended, so many after today.
    Extend { working_days: u32 },
    /// What lies there may be collected until this day, which a notice names: what is not open yet is opened.
    Open { until: Date },
    /// Open windows end on this day, which is earlier than their holders were told; what is not collected goes on as
    /// after every window.
    Close { last: Date },
}

impl WindowChange {
    /// Its word in records.
    pub const fn what(&self) -> &'static str {
        match self {
            WindowChange::Extend { .. } => "extend-window",
            WindowChange::Open { .. } => "open-window",
            WindowChange::Close { .. } => "close-window",
        }
    }

    /// The day that was named.
    pub(super) fn last_day(&self) -> Option<Date> {
        match self {
            WindowChange::Open { until: day } | WindowChange::Close { last: day } => Some(*day),
            WindowChange::Extend { .. } => None,
        }
    }

    /// The working days that were named.
    pub(super) fn working_days(&self) -> Option<i64> {
        match self {
            WindowChange::Extend { working_days } => Some(i64::from(*working_days)),
            WindowChange::Open { .. } | WindowChange::Close { .. } => None,
        }
    }

    /// Whether it takes from people what they were told, so that two persons do it.
    pub const fn needs_second(&self) -> bool {
        matches!(self, WindowChange::Close { .. })
    }
}

/// The windows that move, each with its new last day, and what is left out.
pub(super) fn moved_windows(
    change: WindowChange,
    lying: Vec<LyingShipment>,
    calendar: &Calendar,
    today: Date,
) -> (Vec<MovedWindow>, LeftOut) {
    let (mut moved, mut left_out) = (Vec::new(), LeftOut::default());
    for shipment in lying {
        let was = shipment.was.parse::<Date>().ok();
        let count = match (change, was) {
            _ if shipment.outside > 0 => &mut left_out.shared,
            _ if shipment.cards == 0 => &mut left_out.empty,
            _ if shipment.disputed > 0 => &mut left_out.disputed,
            (WindowChange::Extend { .. } | WindowChange::Close { .. }, None) => &mut left_out.unopened,
            (WindowChange::Close { last }, Some(was)) if was <= last => &mut left_out.earlier,
            (WindowChange::Close { last }, Some(_)) => {
                moved.push(MovedWindow { shipment, becomes: last });
                continue;
            }
            (WindowChange::Open { until }, Some(was)) if was >= until => &mut left_out.later,
            (WindowChange::Open { until }, _) => {
                moved.push(MovedWindow { shipment, becomes: until });
                continue;
            }
            (WindowChange::Extend { working_days }, Some(was)) => {
                let becomes = calendar.add_working_days(was.max(today), working_days).date;
                moved.push(MovedWindow { shipment, becomes });
                continue;
            }
        };
        *count += 1;
    }
    (moved, left_out)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn lying(was: &str, cards: i64, outside: i64) -> LyingShipment {
        let point = "110101001001".into();
        LyingShipment { id: 1, point, place: String::new(), was: was.into(), cards, outside, disputed: 0, last_act: 0 }
    }

    fn days(change: WindowChange, lying: Vec<LyingShipment>) -> (Vec<String>, LeftOut) {
        let calendar = Calendar::from_csv(&[]).unwrap();
        let (moved, left_out) = moved_windows(change, lying, &calendar, date(2026, 3, 4));
        (moved.iter().map(|window| window.becomes.to_string()).collect(), left_out)
    }

    #[test]
    fn an_extension_counts_working_days_from_the_last_day_or_from_today() {
        // Friday 6 March, and a window that ended on Monday 2 March.
        let all =
            vec![lying("2026-03-06", 2, 0), lying("2026-03-02", 1, 0), lying("", 3, 0), lying("2026-03-06", 0, 0)];
        let (days, left_out) = days(WindowChange::Extend { working_days: 2 }, all);
        assert_eq!(days, ["2026-03-10", "2026-03-06"]);
        assert_eq!(left_out, LeftOut { empty: 1, unopened: 1, ..LeftOut::default() });
    }

    #[test]
    fn closing_ends_open_windows_earlier_and_nothing_else() {
        let all =
            vec![lying("2026-03-20", 2, 0), lying("2026-03-06", 1, 0), lying("2026-03-05", 1, 0), lying("", 1, 0)];
        let (days, left_out) = days(WindowChange::Close { last: date(2026, 3, 6) }, all);
        assert_eq!(days, ["2026-03-06"]);
        assert_eq!(left_out, LeftOut { earlier: 2, unopened: 1, ..LeftOut::default() });
    }

    #[test]
    fn a_notice_opens_what_is_closed_and_ends_nothing_earlier() {
        let all = vec![
            lying("", 1, 0),
            lying("2026-03-06", 1, 0),
            lying("2026-07-31", 1, 0),
            lying("", 1, 1),
            LyingShipment { disputed: 1, ..lying("", 1, 0) },
        ];
        let (days, left_out) = days(WindowChange::Open { until: date(2026, 7, 31) }, all);
        assert_eq!(days, ["2026-07-31", "2026-07-31"]);
        assert_eq!(left_out, LeftOut { later: 1, shared: 1, disputed: 1, ..LeftOut::default() });
    }
}
