//! What passed each place of the route, day by day.

use cardline::books::figures::{DayFigures, PASSED};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::frame::Frame;
use crate::frame::chart::{Chart, Column};

/// One picture for each place, and a row of figures for each day.
pub struct PassedShown {
    pub charts: Vec<Chart>,
    pub names: Vec<String>,
    /// The newest day first.
    pub days: Vec<(String, Vec<i64>)>,
    pub sums: Vec<i64>,
}

impl PassedShown {
    /// From a day to another one, both inclusive.
    pub fn of(f: &Frame, figures: &DayFigures, since: Date, today: Date) -> PassedShown {
        let days: Vec<Date> = since.series(1.day()).take_while(|day| *day <= today).collect();
        let names: Vec<String> = PASSED.iter().map(|figure| f.word(figure)).collect();
        let columns = PASSED.map(|figure| {
            days.iter().map(|day| Column::of(f.date(day.to_string()), figures.on(*day, figure))).collect::<Vec<_>>()
        });
        // One scale for all: a place where less passes is seen.
        let top = columns.iter().map(|columns| Chart::top(columns)).max().unwrap_or(0);
        let charts = columns.iter().zip(&names).map(|(columns, name)| {
            let sum: i64 = columns.iter().map(Column::sum).sum();
            let about = f.say("近 4 周共 {}", "{} in four weeks").replace("{}", &f.n(sum));
            Chart::of(name, about, columns, top)
        });
        let row = |day: &Date| (day.to_string(), PASSED.map(|figure| figures.on(*day, figure)).to_vec());
        PassedShown {
            charts: charts.collect(),
            days: days.iter().rev().map(row).collect(),
            sums: columns.iter().map(|columns| columns.iter().map(Column::sum).sum()).collect(),
            names,
        }
    }

    /// How many passed a place on all days.
    pub fn sum(&self, figure: &str) -> i64 {
        PASSED.iter().zip(&self.sums).find(|(name, _)| **name == figure).map_or(0, |(_, sum)| *sum)
    }
}
