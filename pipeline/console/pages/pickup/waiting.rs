//! `/admin`: what waits where and how old it is, what is due in 1, 3 and 7 working days, what is late; level by level,
//! from the province to the point.

use askama::Template;
use cardline::books::figures::{AtRisk, Risks, Waiting, waiting};
use cardline::route::distribution::pickup::Ages;
use cardline::route::distribution::waiting_by_area::AreaRow;
use cardline::step::Worker;
use cardline::time::local_date;

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::Frame;
use crate::frame::chart::Chart;
use crate::frame::filters::Filter;
use crate::pages::figures::ages_chart;
use crate::pages::pickup::acts::{Windows, windows};

#[derive(Template)]
#[template(path = "pickup/waiting.html")]
struct WaitingPage {
    f: Frame,
    filters: Vec<Filter>,
    rows: Vec<AreaRow>,
    sum: AreaRow,
    /// None: counted now.
    counted_at: Option<String>,
    /// The areas above this one, from the widest the viewer sees: digits and name.
    above: Vec<(String, String)>,
    ages: Chart,
    risks: Risks,
    at_risk: i64,
    windows: Windows,
}

impl WaitingPage {
    fn area(&self, digits: &str) -> String {
        format!("/admin?area={digits}")
    }

    fn path(&self, row: &AreaRow) -> String {
        if row.is_point { format!("/admin/points/{}", row.area) } else { self.area(&row.area) }
    }

    fn is_late(&self, row: &AreaRow) -> bool {
        row.overdue > 0
    }

    fn is_due(&self, row: &AreaRow) -> bool {
        row.due_7 > 0
    }
}

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let scope = asked.principal()?.scope.area.clone();
    let area = match asked.query.get("area") {
        "" => scope.clone(),
        area if area.starts_with(&scope) => area.to_owned(),
        _ => return Err(Refusal::Absent),
    };
    let Waiting { areas: mut rows, counted_at } = waiting(&worker, &area, now).await?;
    let counted_at = counted_at.map(|at| at.to_string());
    rows.sort_by_key(|row| std::cmp::Reverse((row.overdue, row.due_1, row.due_3, row.due_7, row.cards)));
    let sum = sum(&rows);
    let title = match (sum.due_7, sum.cards) {
        (_, 0) => asked.lang.say("没有卡在等待领取", "No card waits for its holder").to_owned(),
        (0, _) => asked.lang.say("7 个工作日内没有到期的卡", "No card falls due within 7 working days").to_owned(),
        (due, _) => asked
            .lang
            .say("{} 张卡 7 个工作日内到期", "{} cards fall due within 7 working days")
            .replace("{}", &crate::frame::grouped(due)),
    };
    let f = Frame::at(&asked, &worker, now, &title);
    let filters = vec![Filter::typed("area", f.say("地区", "Area"), f.filter("area"))];
    let above = above(&worker, &scope, &area);
    let ages = ages_chart(&f, &sum.ages);
    // A card that is on its way belongs to a district, and to no street yet.
    let risks = worker.ledger.promises_at_risk(local_date(now), area.get(..6).unwrap_or(&area)).await?;
    let at_risk = risks.states.iter().map(AtRisk::cards).sum();
    let windows = windows(&asked, &worker, now, &area, &format!("/admin?area={area}")).await?;
    Ok(Answer::Page(WaitingPage { f, filters, rows, sum, counted_at, above, ages, risks, at_risk, windows }.render()?))
}

fn sum(rows: &[AreaRow]) -> AreaRow {
    let mut sum = AreaRow { ages: Ages::sum(rows.iter().map(|row| &row.ages)), ..AreaRow::default() };
    for row in rows {
        sum.cards += row.cards;
        sum.due_1 += row.due_1;
        sum.due_3 += row.due_3;
        sum.due_7 += row.due_7;
        sum.overdue += row.overdue;
    }
    sum
}

/// The areas on the way down to this one.
fn above(worker: &Worker, scope: &str, area: &str) -> Vec<(String, String)> {
    let levels = [0, 2, 4, 6, 9].into_iter().filter(|digits| *digits >= scope.len() && *digits < area.len());
    let named = |digits: usize| {
        let code = area.get(..digits).unwrap_or_default().to_owned();
        let region = format!("{:0<6}", code.get(..6).unwrap_or(&code));
        let name = worker.reference.region_name(&region).unwrap_or(&code).to_owned();
        (code, if digits == 0 { String::new() } else { name })
    };
    levels.map(named).collect()
}
