//! The promise of 30 days, week by week, and how old what waits is.

use cardline::books::figures::{DayFigures, KEPT, MISSED};
use cardline::route::distribution::pickup::Ages;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::frame::Frame;
use crate::frame::chart::{Chart, Column};

/// Cards that were ready within a week.
pub struct Week {
    /// Its Monday.
    pub from: String,
    pub kept: i64,
    pub missed: i64,
}

impl Week {
    /// Of a hundred cards how many were ready in time, with one decimal; nothing where none was ready.
    pub fn share(&self) -> String {
        percent(self.kept, self.kept + self.missed)
    }
}

/// A share in percent with one decimal, rounded down: 99.96 % is not all.
pub fn percent(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "–".into();
    }
    let tenths = part * 1_000 / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// The picture and the weeks.
pub struct PromiseShown {
    pub chart: Chart,
    /// The newest first.
    pub weeks: Vec<Week>,
}

impl PromiseShown {
    /// The last weeks, this one too.
    pub fn of(f: &Frame, figures: &DayFigures, today: Date, weeks: i32) -> PromiseShown {
        let monday = today.saturating_sub(i32::from(today.weekday().to_monday_zero_offset()).days());
        let weeks: Vec<Week> = (0..weeks)
            .rev()
            .map(|back| {
                let from = monday.saturating_sub((7 * back).days());
                let to = from.saturating_add(6.days());
                let within = |figure| figures.within(from, to, figure);
                Week { from: from.to_string(), kept: within(KEPT), missed: within(MISSED) }
            })
            .collect();
        let columns: Vec<Column> =
            weeks.iter().map(|week| Column::with_short(f.date(&week.from), week.kept, week.missed)).collect();
        let missed: i64 = weeks.iter().map(|week| week.missed).sum();
        let about = f.say("超期 {} 张", "{} were late").replace("{}", &f.n(missed));
        let chart = Chart::of(f.say("每周备妥的卡", "Cards ready, by week"), about, &columns, Chart::top(&columns));
        PromiseShown { chart, weeks: weeks.into_iter().rev().filter(|week| week.kept + week.missed > 0).collect() }
    }
}

/// How old what waits at the points is.
pub fn ages_chart(f: &Frame, ages: &Ages) -> Chart {
    let day = |days: &str| format!("{days} {}", f.say("天", "days"));
    let columns = [
        Column::of(day("0–7"), ages.age_0_7),
        Column::of(day("8–15"), ages.age_8_15),
        Column::of(day("16–30"), ages.age_16_30),
        Column::with_short(day("> 30"), 0, ages.age_over_30),
    ];
    let about = f.say("超过 30 天 {} 张", "{} for more than 30 days").replace("{}", &f.n(ages.age_over_30));
    Chart::of(f.say("上架至今", "Since they came to the shelf"), about, &columns, Chart::top(&columns))
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn almost_all_is_not_all() {
        assert_eq!([percent(9_996, 10_000), percent(3, 3), percent(0, 0)], ["99.9 %", "100.0 %", "–"]);
    }
}
