//! Validity of a card: ten years less a day from issue (issued 2021-12-03, valid to 2031-12-02).

use jiff::civil::Date;

/// Whole years a card is valid.
pub const VALIDITY_YEARS: i16 = 10;

/// Last day of validity of a card issued on `issued`, saturating at the calendar's end.
///
/// Issued on a leap day, the tenth anniversary does not exist; a period then ends with the last
/// day of that month (Civil Code art. 202), so the card is valid to 28 February.
pub fn valid_to(issued: Date) -> Date {
    let Some(year) = issued.year().checked_add(VALIDITY_YEARS) else {
        return Date::MAX;
    };
    Date::new(year, issued.month(), issued.day())
        .or_else(|_| Date::new(year, 3, 1))
        .and_then(Date::yesterday)
        .unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn ten_years_less_a_day() {
        assert_eq!(valid_to(date(2021, 12, 3)), date(2031, 12, 2));
        assert_eq!(valid_to(date(2026, 1, 1)), date(2035, 12, 31));
    }

    #[test]
    fn leap_days_at_either_end() {
        assert_eq!(valid_to(date(2024, 2, 29)), date(2034, 2, 28));
        assert_eq!(valid_to(date(2022, 3, 1)), date(2032, 2, 29));
        assert_eq!(valid_to(date(2024, 3, 1)), date(2034, 2, 28));
    }

    #[test]
    fn the_end_of_the_calendar_does_not_panic() {
        assert_eq!(valid_to(Date::MAX), Date::MAX);
    }
}
