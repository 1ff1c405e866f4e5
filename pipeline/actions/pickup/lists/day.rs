//! A day as people and spreadsheets write it, its year first; in another order it could be two days.

use jiff::civil::Date;

/// The day, with any spaces: 2026-02-10, 2026/2/10, 2026.2.10, 2026年2月10日 or 20260210.
pub fn day(text: &str) -> Option<Date> {
    let text: String = text.chars().filter(|sign| !sign.is_whitespace()).collect();
    let text = match text.len() {
        8 if text.bytes().all(|byte| byte.is_ascii_digit()) => format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]),
        _ => text.trim_end_matches('日').replace(['/', '.', '年', '月'], "-"),
    };
    let mut parts = text.split('-');
    let (year, month, of_month) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, of_month.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn its_year_stands_first_and_nothing_is_guessed() {
        for text in
            ["2026-03-04", "2026/3/4", "2026.3.4", "2026年3月4日", "2026 年 3 月 4 日", "2026年03月04日", "20260304"]
        {
            assert_eq!(day(text), Some(date(2026, 3, 4)), "{text}");
        }
        for text in [
            "3/4/2026",
            "4.3.26",
            "26-3-4",
            "46063",
            "2026-3",
            "2026-02-30",
            "20260230",
            "260304",
            "2026304",
            "4.6E+04",
            "3月4日",
            "",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
