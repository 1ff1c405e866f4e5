//! `/admin/forecast`: what each point gets within four weeks, and the shelf space it needs.

use askama::Template;
use cardline::limits::CONSOLE_ROWS;
use cardline::route::distribution::forecast::{ForecastWeek, PointForecast, last_forecast};

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::filters::Filter;
use crate::frame::{Frame, grouped};

#[derive(Template)]
#[template(path = "pickup/forecast.html")]
struct ForecastPage {
    f: Frame,
    filters: Vec<Filter>,
    points: Vec<PointForecast>,
    all: usize,
    /// None: counted now.
    counted_at: Option<String>,
    weeks: Vec<ForecastWeek>,
}

/// The page: the points that need most space first.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let area = asked.query.get("area");
    let (mut points, counted_at) = last_forecast(&worker, now).await?;
    points.retain(|point| point.area.starts_with(area) || point.point.starts_with(area));
    points.sort_by_key(|point| std::cmp::Reverse(point.weeks.map(|week| week.shelf)[3]));
    let weeks = sums(&points);
    let coming: i64 = weeks.iter().map(|week| week.arrivals).sum();
    let title = match coming {
        0 => asked.lang.say("四周内没有卡到网点", "No card comes to a point within four weeks").to_owned(),
        many => asked
            .lang
            .say("四周内有 {} 张卡到网点", "{} cards come to points within four weeks")
            .replace("{}", &grouped(many)),
    };
    let f = Frame::at(&asked, &worker, now, &title);
    let filters = vec![Filter::typed("area", f.say("地区", "Area"), f.filter("area"))];
    let all = points.len();
    points.truncate(CONSOLE_ROWS as usize);
    let counted_at = counted_at.map(|at| at.to_string());
    Ok(Answer::Page(ForecastPage { f, filters, points, all, counted_at, weeks }.render()?))
}

/// Of all points together.
fn sums(points: &[PointForecast]) -> Vec<ForecastWeek> {
    let Some(first) = points.first() else { return Vec::new() };
    let sum = |place: usize, part: fn(&ForecastWeek) -> i64| points.iter().map(|point| part(&point.weeks[place])).sum();
    let week = |(place, week): (usize, &ForecastWeek)| ForecastWeek {
        arrivals: sum(place, |week| week.arrivals),
        shelf: sum(place, |week| week.shelf),
        ..*week
    };
    first.weeks.iter().enumerate().map(week).collect()
}
