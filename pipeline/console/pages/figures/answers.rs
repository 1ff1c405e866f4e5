//! How long each partner takes to answer.

use std::collections::BTreeMap;

use cardline::books::figures::AnswerTime;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::frame::Frame;
use crate::frame::chart::{Chart, Column};

/// A partner's answers of four weeks.
pub struct PartnerAnswers {
    pub partner: String,
    pub requests: usize,
    /// Working days of the request in the middle.
    pub median: i64,
    /// Working days of the slowest one.
    pub slowest: i64,
}

/// A picture for each partner, and its figures.
pub struct AnswersShown {
    pub charts: Vec<Chart>,
    pub partners: Vec<PartnerAnswers>,
}

impl AnswersShown {
    /// Of the answers found, by the day of the request.
    pub fn of(f: &Frame, found: Vec<AnswerTime>, since: Date, today: Date) -> AnswersShown {
        let mut by_partner = BTreeMap::<String, Vec<AnswerTime>>::new();
        for answer in found {
            by_partner.entry(answer.partner.clone()).or_default().push(answer);
        }
        let top = by_partner.values().flatten().map(|answer| answer.working_days).max().unwrap_or(0);
        let mut shown = AnswersShown { charts: Vec::new(), partners: Vec::new() };
        for (partner, answers) in by_partner {
            let slowest_of = |day: Date| {
                let of_day = answers.iter().filter(|answer| answer.asked_on == day);
                Column::of(f.date(day.to_string()), of_day.map(|answer| answer.working_days).max().unwrap_or(0))
            };
            let days = since.series(1.day()).take_while(|day| *day <= today);
            let columns: Vec<Column> = days.map(slowest_of).collect();
            let mut times: Vec<i64> = answers.iter().map(|answer| answer.working_days).collect();
            times.sort_unstable();
            let answers = PartnerAnswers {
                requests: times.len(),
                median: times.get(times.len() / 2).copied().unwrap_or(0),
                slowest: times.last().copied().unwrap_or(0),
                partner,
            };
            let about = f.say("最慢 {} 个工作日", "the slowest took {} working days");
            let about = about.replace("{}", &f.n(answers.slowest));
            shown.charts.push(Chart::of(&answers.partner, about, &columns, top));
            shown.partners.push(answers);
        }
        shown
    }
}
