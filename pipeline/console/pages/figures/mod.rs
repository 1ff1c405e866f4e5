//! `/figures`: what passed by day, the promise by week, how old what waits is, what each bureau makes of its orders,
//! how long each partner takes to answer. Each is a picture with its figures in a table.

mod answers;
mod passed;
mod promise;
mod yields;

pub use answers::AnswersShown;
pub use promise::ages_chart;
pub use yields::YieldsShown;

use askama::Template;
use cardline::books::figures::waiting;
use cardline::route::distribution::pickup::Ages;
use cardline::time::local_date;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::Frame;
use crate::frame::chart::Chart;
use passed::PassedShown;
use promise::PromiseShown;

/// Days of what passed, of answers and of yields: four weeks.
const SHOWN_DAYS: i32 = 28;
/// Weeks of the promise: a quarter of a year.
const SHOWN_WEEKS: i32 = 13;

#[derive(Template)]
#[template(path = "figures/page.html")]
struct Figures {
    f: Frame,
    /// When they were counted; none where no worker has counted yet.
    counted_at: Option<String>,
    passed: PassedShown,
    promise: PromiseShown,
    ages: Ages,
    ages_chart: Chart,
    yields: YieldsShown,
    answers: AnswersShown,
}

/// The first of the days that are shown; today is the last.
pub fn shown_since(today: Date) -> Date {
    today.saturating_sub((SHOWN_DAYS - 1).days())
}

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let today = local_date(now);
    let since = shown_since(today);
    let mut f = Frame::at(&asked, &worker, now, "");
    let figures = worker.ledger.day_figures(today.saturating_sub((7 * SHOWN_WEEKS).days()), "").await?;
    let passed = PassedShown::of(&f, &figures, since, today);
    f.title = f
        .say("近 4 周：受理 {in} 件，发卡 {out} 张", "Four weeks: {in} came, {out} handed over")
        .replace("{in}", &f.n(passed.sum("arrived")))
        .replace("{out}", &f.n(passed.sum("collected")));
    let scope = asked.principal()?.scope.area.clone();
    let ages = Ages::sum(waiting(&worker, &scope, now).await?.areas.iter().map(|row| &row.ages));
    let page = Figures {
        counted_at: figures.counted_at.map(|at| at.to_string()),
        promise: PromiseShown::of(&f, &figures, today, SHOWN_WEEKS),
        ages_chart: ages_chart(&f, &ages),
        yields: YieldsShown::of(&f, worker.ledger.yields("", since).await?),
        answers: AnswersShown::of(&f, worker.ledger.answer_times("", since, &worker.calendar).await?, since, today),
        f,
        passed,
        ages,
    };
    Ok(Answer::Page(page.render()?))
}
