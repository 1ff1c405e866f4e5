//! The promise to the holder: by default 30 natural days from approval to "ready at the pickup point" (s3).
//!
//! Approval is day 0, and ready on day 30 is kept. Whole local days during which the holder had to
//! correct something do not count (domain.md §2, a decision).

use jiff::SignedDuration;
use jiff::civil::Date;

/// Natural days from approval to ready (s3).
pub const PROMISE_DAYS: i32 = 30;

/// Day on which an unfinished card is brought to a person's attention.
pub const WARNING_DAYS: i32 = 20;

fn after(approved: Date, days: i32, paused_days: i32) -> Date {
    let hours = 24 * (i64::from(days.max(0)) + i64::from(paused_days.max(0)));
    approved.saturating_add(SignedDuration::from_hours(hours))
}

/// Last local date on which a promise of so many natural days is kept. A negative pause counts as none.
pub fn deadline(approved: Date, promise_days: i32, paused_days: i32) -> Date {
    after(approved, promise_days, paused_days)
}

/// Local date from which an unfinished card is warned of. A negative pause counts as none.
pub fn warning(approved: Date, paused_days: i32) -> Date {
    after(approved, WARNING_DAYS, paused_days)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn day_thirty_is_kept() {
        assert_eq!(deadline(date(2026, 11, 20), PROMISE_DAYS, 0), date(2026, 12, 20));
        assert_eq!(warning(date(2026, 11, 20), 0), date(2026, 12, 10));
    }

    #[test]
    fn a_shorter_promise_counts_as_a_longer_one_does() {
        assert_eq!(deadline(date(2026, 11, 20), 15, 0), date(2026, 12, 5));
        assert_eq!(deadline(date(2026, 11, 20), 31, 0), date(2026, 12, 21));
    }

    #[test]
    fn a_pause_moves_both_and_never_backwards() {
        assert_eq!(deadline(date(2026, 11, 20), PROMISE_DAYS, 5), date(2026, 12, 25));
        assert_eq!(warning(date(2026, 11, 20), 5), date(2026, 12, 15));
        assert_eq!(deadline(date(2026, 11, 20), PROMISE_DAYS, -5), date(2026, 12, 20));
        assert_eq!(deadline(Date::MAX, i32::MAX, i32::MAX), Date::MAX);
    }
}
