//! `/ops/plan`: what the next cut of each stream contains, what is left out and why, and what is on hold.

use askama::Template;
use cardline::actions::batches::plan::{Hold, StreamPlan, plan};
use cardline::people::permits::Permission;

use super::acts::{self, Sheet};
use super::streams;
use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::{Frame, segment};

#[derive(Template)]
#[template(path = "operator/plan.html")]
struct PlanPage {
    f: Frame,
    streams: Vec<StreamPlan>,
    holds: Vec<Hold>,
    cards: i64,
    sheet: Option<Sheet>,
    done: String,
}

impl PlanPage {
    fn choose(&self, act: &str, stream: &str) -> String {
        format!("/ops/plan?act={act}&stream={}#sheet", segment(stream))
    }
}

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let plan = plan(&worker, now).await?;
    let cards = plan.streams.iter().map(|stream| stream.cards).sum();
    let due = plan.streams.iter().filter(|stream| stream.due).count();
    let title = match due {
        0 => asked.lang.say("计划：现在没有该开的批次", "The plan: no cut is due now").to_owned(),
        many => asked
            .lang
            .say("计划：{} 个队列现在该开批", "The plan: {} streams are due now")
            .replace("{}", &many.to_string()),
    };
    let f = Frame::at(&asked, &worker, now, &title);
    let cut = streams::cut_sheet(&asked, &worker, now).await?;
    let urgent = streams::urgent_sheet(&asked, &worker).await?;
    let (sheet, done) =
        (cut.or(urgent).or_else(|| streams::sheet(&asked, &plan)), acts::told(&f, asked.query.get("done")));
    Ok(Answer::Page(PlanPage { f, streams: plan.streams, holds: plan.holds, cards, sheet, done }.render()?))
}
