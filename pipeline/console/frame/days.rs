//! Days and instants as people say them.

use cardline_core::domain::calendar::Calendar;
use jiff::civil::{Date, Weekday};

use crate::lang::Lang;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn weekday(lang: Lang, day: Weekday) -> &'static str {
    let zh = ["星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"];
    let en = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let place = usize::try_from(day.to_monday_zero_offset()).unwrap_or(0);
    if lang == Lang::Zh { zh[place] } else { en[place] }
}

/// A day: its year only where that is not the current one.
pub fn named(lang: Lang, day: Date, today: Option<Date>) -> String {
    let this_year = today.is_some_and(|today| today.year() == day.year());
    let month = MONTHS[usize::try_from(day.month() - 1).unwrap_or(0)];
    match (lang, this_year) {
        (Lang::Zh, true) => format!("{} 月 {} 日", day.month(), day.day()),
        (Lang::Zh, false) => format!("{} 年 {} 月 {} 日", day.year(), day.month(), day.day()),
        (Lang::En, true) => format!("{} {month}", day.day()),
        (Lang::En, false) => format!("{} {month} {}", day.day(), day.year()),
    }
}

/// A day with everything.
pub fn whole(lang: Lang, day: Date) -> String {
    let weekday = weekday(lang, day.weekday());
    match lang {
        Lang::Zh => format!("{} {weekday}", named(lang, day, None)),
        Lang::En => format!("{weekday} {}", named(lang, day, None)),
    }
}

/// A day and how far it is from today in working days.
pub fn counted(lang: Lang, today: Date, day: Date, calendar: &Calendar) -> String {
    let name = match lang {
        Lang::Zh => format!("{} {}", named(lang, day, Some(today)), weekday(lang, day.weekday())),
        Lang::En => format!("{} {}", weekday(lang, day.weekday()), named(lang, day, Some(today))),
    };
    if day == today {
        return lang.say("今天", "today").to_owned();
    }
    let away = calendar.working_days_until(today, day);
    match (lang, away) {
        (Lang::Zh, 0) => name,
        (Lang::Zh, ..0) => format!("逾期 {} 个工作日，{name}", -away),
        (Lang::Zh, _) => format!("{away} 个工作日后，{name}"),
        (Lang::En, 0) => name,
        (Lang::En, -1) => format!("1 working day late, {name}"),
        (Lang::En, ..0) => format!("{} working days late, {name}", -away),
        (Lang::En, 1) => format!("in 1 working day, {name}"),
        (Lang::En, _) => format!("in {away} working days, {name}"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_said_as_people_count_it() {
        let (calendar, today) = (Calendar::default(), date(2026, 4, 14));
        let said = |lang, day| counted(lang, today, day, &calendar);
        assert_eq!(said(Lang::En, date(2026, 4, 17)), "in 3 working days, Fri 17 April");
        assert_eq!(said(Lang::Zh, date(2026, 4, 17)), "3 个工作日后，4 月 17 日 星期五");
        assert_eq!(said(Lang::En, today), "today");
        assert_eq!(said(Lang::En, date(2026, 4, 13)), "1 working day late, Mon 13 April");
        assert_eq!(said(Lang::En, date(2027, 1, 4)).split(", ").nth(1), Some("Mon 4 January 2027"));
    }
}
