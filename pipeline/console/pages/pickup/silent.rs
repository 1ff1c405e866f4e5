//! `/admin/silent`: points of which nothing was heard, by district, then by point.

use askama::Template;
use cardline::limits::CONSOLE_ROWS;
use cardline::route::distribution::pickup::By;
use cardline::route::distribution::silent::{SILENT_WORKING_DAYS, SilentRow, silent};

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::filters::Filter;
use crate::frame::{Frame, grouped};

/// Digits of a district: below it points are shown.
const DISTRICT: usize = 6;

#[derive(Template)]
#[template(path = "pickup/silent.html")]
struct SilentPage {
    f: Frame,
    filters: Vec<Filter>,
    rows: Vec<SilentRow>,
    all: usize,
    within: u32,
}

impl SilentPage {
    fn path(&self, row: &SilentRow) -> String {
        match &row.point {
            Some(point) => format!("/admin/points/{point}"),
            None => format!("/admin/silent?within={}&area={}", self.within, row.area),
        }
    }

    fn days(&self, row: &SilentRow) -> i64 {
        i64::from(self.within) - row.working_days_left
    }
}

/// The page: those that are silent for longest first.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let scope = asked.principal()?.scope.area.clone();
    let area = match asked.query.get("area") {
        "" => scope,
        area if area.starts_with(&scope) => area.to_owned(),
        _ => return Err(Refusal::Absent),
    };
    let within = asked.query.get("within").parse().ok().filter(|days| (1..=250).contains(days));
    let within = within.unwrap_or(SILENT_WORKING_DAYS);
    let by = if area.len() < DISTRICT { By::District } else { By::Point };
    let mut rows = silent(&worker, within, (by, &area), now).await?;
    let points: i64 = rows.iter().map(|row| row.points).sum();
    let title = match points {
        0 => asked.lang.say("没有失联网点", "Every point was heard of").to_owned(),
        many => {
            let said = asked.lang.say("{} 个网点没有消息", "Nothing was heard of {} points");
            said.replace("{}", &grouped(many))
        }
    };
    let f = Frame::at(&asked, &worker, now, &title);
    let filters = vec![
        Filter::typed("area", f.say("地区", "Area"), f.filter("area")),
        Filter::typed("within", f.say("工作日", "Working days"), f.filter("within")),
    ];
    let all = rows.len();
    rows.truncate(CONSOLE_ROWS as usize);
    Ok(Answer::Page(SilentPage { f, filters, rows, all, within }.render()?))
}
