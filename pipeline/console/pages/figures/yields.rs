//! What each bureau makes of its orders.

use std::collections::BTreeMap;

use cardline::books::figures::Yield;

use super::promise::percent;
use crate::frame::Frame;
use crate::frame::chart::{Chart, Column};

/// A bureau's orders of four weeks.
pub struct BureauYield {
    pub bureau: String,
    pub cards: i64,
    pub good: i64,
    pub spoiled: i64,
    pub remakes: i64,
}

impl BureauYield {
    /// Of a hundred cards that were printed how many were good.
    pub fn share(&self) -> String {
        percent(self.good, self.good + self.spoiled)
    }
}

/// A picture for each bureau, and its sums.
pub struct YieldsShown {
    pub charts: Vec<Chart>,
    pub bureaus: Vec<BureauYield>,
}

impl YieldsShown {
    /// Of the batches found.
    pub fn of(f: &Frame, found: Vec<Yield>) -> YieldsShown {
        let mut by_bureau = BTreeMap::<String, Vec<Yield>>::new();
        for day in found {
            by_bureau.entry(day.bureau.clone()).or_default().push(day);
        }
        let mut shown = YieldsShown { charts: Vec::new(), bureaus: Vec::new() };
        for (bureau, days) in by_bureau {
            let column = |day: &Yield| Column::with_short(f.date(&day.cut_on), day.good, day.spoiled);
            let columns: Vec<Column> = days.iter().map(column).collect();
            let sum = |part: fn(&Yield) -> i64| days.iter().map(part).sum();
            let bureau = BureauYield {
                cards: sum(|day| day.cards),
                good: sum(|day| day.good),
                spoiled: sum(|day| day.spoiled),
                remakes: sum(|day| day.remakes),
                bureau,
            };
            let about = f.say("合格率 {}", "{} good").replace("{}", &bureau.share());
            shown.charts.push(Chart::of(&bureau.bureau, about, &columns, Chart::top(&columns)));
            shown.bureaus.push(bureau);
        }
        shown
    }
}
