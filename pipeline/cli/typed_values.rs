//! Instants, days and numbers of days as they are typed: what is not one is told with an example of one.

use jiff::Timestamp;
use jiff::civil::Date;

/// Working days that an option takes at most: about a year.
const WORKING_DAYS_MAX: u32 = 250;

/// An instant, RFC 3339.
pub fn instant(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "give a day, an hour and how far it is from UTC, as 2026-03-16T09:00:00+08:00".to_owned())
}

/// A day.
pub fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "give a day with its year first, as 2026-07-31".to_owned())
}

/// A number of working days, of `LEAST` or more.
pub fn working_days<const LEAST: u32>(text: &str) -> Result<u32, String> {
    let days = text.parse().ok().filter(|days| (LEAST..=WORKING_DAYS_MAX).contains(days));
    days.ok_or_else(|| format!("give a number of working days from {LEAST} to {WORKING_DAYS_MAX}, as 5"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_none_is_told_with_an_example_that_is_one() {
        fn example<T>(read: impl Fn(&str) -> Result<T, String>, wrong: &str) {
            let told = read(wrong).err().unwrap_or_default();
            let (_, example) = told.rsplit_once(", as ").or(told.rsplit_once(" as ")).unwrap_or_default();
            assert!(read(example).is_ok(), "{told}");
        }
        example(instant, "2026-03-16");
        example(day, "2026年7月31日");
        for wrong in ["-1", "251", "three"] {
            example(working_days::<0>, wrong);
        }
        example(working_days::<1>, "0");
        assert_eq!(working_days::<0>("0"), Ok(0));
    }
}
