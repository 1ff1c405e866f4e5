//! Validity of a card: ten years less a day from issue (issued 2021-12-03, valid to 2031-12-02), or, where
//! a region decided so, a child's card to the sixteenth birthday (s0).

use jiff::civil::Date;
use serde::Deserialize;

/// Whole years a card is valid.
pub const VALIDITY_YEARS: i16 = 10;

/// Age, in whole years, at which the child's card is renewed (s0).
pub const CHILD_YEARS: i16 = 16;

/// How long the card of a child is valid: a region's policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChildCard {
    /// As everybody's.
    TenYears,
    /// To the sixteenth birthday, which is its last day.
    SixteenthBirthday,
}

/// Last day of validity of a card issued on `issued` to a holder born on `born` (`None` when that is
/// not known), saturating at the calendar's end.
///
/// Issued on a leap day, the tenth anniversary does not exist; a period then ends with the last
/// day of that month (Civil Code art. 202), so the card is valid to 28 February.
pub fn valid_to(issued: Date, born: Option<Date>, child_card: ChildCard) -> Date {
    let birthday = born.and_then(sixteenth_birthday);
    match birthday {
        Some(birthday) if child_card == ChildCard::SixteenthBirthday && issued < birthday => birthday,
        _ => anniversary(issued, VALIDITY_YEARS).and_then(|day| day.yesterday().ok()).unwrap_or(Date::MAX),
    }
}

/// The day from which the child's card is renewed; `None` past the calendar's end.
pub fn sixteenth_birthday(born: Date) -> Option<Date> {
    anniversary(born, CHILD_YEARS)
}

/// The day so many years later; 1 March where 29 February does not exist; `None` past the calendar's end.
fn anniversary(day: Date, years: i16) -> Option<Date> {
    let year = day.year().checked_add(years)?;
    Date::new(year, day.month(), day.day()).or_else(|_| Date::new(year, 3, 1)).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn ten_years(issued: Date) -> Date {
        valid_to(issued, None, ChildCard::TenYears)
    }

    #[test]
    fn ten_years_less_a_day() {
        assert_eq!(ten_years(date(2021, 12, 3)), date(2031, 12, 2));
        assert_eq!(ten_years(date(2026, 1, 1)), date(2035, 12, 31));
    }

    #[test]
    fn leap_days_at_either_end() {
        assert_eq!(ten_years(date(2024, 2, 29)), date(2034, 2, 28));
        assert_eq!(ten_years(date(2022, 3, 1)), date(2032, 2, 29));
        assert_eq!(ten_years(date(2024, 3, 1)), date(2034, 2, 28));
    }

    #[test]
    fn a_childs_card_may_end_at_sixteen() {
        let at_sixteen = |issued, born| valid_to(issued, Some(born), ChildCard::SixteenthBirthday);
        assert_eq!(at_sixteen(date(2026, 1, 5), date(2025, 12, 1)), date(2041, 12, 1));
        assert_eq!(at_sixteen(date(2026, 1, 5), date(2010, 1, 6)), date(2026, 1, 6));
        assert_eq!(at_sixteen(date(2026, 1, 5), date(2010, 1, 5)), date(2036, 1, 4));
        assert_eq!(at_sixteen(date(2026, 1, 5), date(2012, 2, 29)), date(2028, 2, 29));
        assert_eq!(valid_to(date(2026, 1, 5), Some(date(2025, 12, 1)), ChildCard::TenYears), date(2036, 1, 4));
    }

    #[test]
    fn the_end_of_the_calendar_does_not_panic() {
        assert_eq!(ten_years(Date::MAX), Date::MAX);
        assert_eq!(valid_to(Date::MAX, Some(Date::MAX), ChildCard::SixteenthBirthday), Date::MAX);
    }
}
