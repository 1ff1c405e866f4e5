//! What programs ask: each endpoint answers what the command of its name prints with `--output json`, from the same
//! function.

pub mod acts;
pub mod openapi;
pub mod problems;

use cardline::actions::approval_list::approval_list;
use cardline::actions::batches::plan;
use cardline::actions::batches::shown::show_batch;
use cardline::actions::batches::targets::kind_of;
use cardline::actions::cases::list::case_page;
use cardline::actions::file_list::file_page;
use cardline::books::figures::listed;
use cardline::books::way::card_way;
use cardline::cases::case_list::CaseQuery;
use cardline::exchange::file_list::FileQuery;
use cardline::quarantine::quarantined::Selection;
use cardline::route::distribution::pickup::{By, due_within};
use cardline::route::distribution::pickup_cards;
use cardline::route::distribution::silent::{SILENT_WORKING_DAYS, silent};
use cardline::time::local_date;

use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;

/// Rows of a list where none are asked for, as the commands have it.
const ROWS: i64 = 1_000;
/// Rows of a list at most.
const ROWS_MAX: i64 = 10_000;

/// `batch list`.
pub async fn batches(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, _) = asked.worker().await?;
    let text = |name: &str| Some(asked.query.get(name).to_owned()).filter(|text| !text.is_empty());
    Answer::json(&worker.ledger.batches(text("kind").as_deref(), text("state").as_deref()).await?)
}

/// `batch show`.
pub async fn batch(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, _) = asked.worker().await?;
    Answer::json(&show_batch(&worker.ledger, &worker.keys, asked.part(0)).await?)
}

/// `batch plan`.
pub async fn plan(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let stream = asked.query.get("stream");
    if !stream.is_empty() && kind_of(&worker, stream).is_none() {
        return Err(Refusal::Wrong(Words::new(
            "没有这种队列",
            "stream: no stream is named so; one is account/ABC/110101/normal",
        )));
    }
    let mut plan = plan::plan(&worker, now).await?;
    if !stream.is_empty() {
        plan.narrow_to(stream);
    }
    Answer::json(&plan)
}

/// `exchange list`.
pub async fn files(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let text = |name: &str| asked.query.get(name).to_owned();
    let day = match asked.query.get("day") {
        "" => None,
        day => Some(day.parse().map_err(|_| wrong("day", "a date such as 2026-01-06"))?),
    };
    let (partner, direction, state) = (text("partner"), text("direction"), text("state"));
    let (after, limit) = (number(&asked, "after", 0)?, limit(&asked)?);
    let query = FileQuery { partner, direction, state, day, after, limit, newest_first: false };
    Answer::json(&file_page(&worker, &query, now).await?.files)
}

/// `trace`.
pub async fn card(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let way = card_way(&worker.ledger, &worker.config.data.value, asked.part(0), local_date(now)).await?;
    Answer::json(&way.ok_or(Refusal::Absent)?)
}

/// `quarantine list`.
pub async fn quarantine(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let text = |name: &str| asked.query.get(name).to_owned();
    let (code, outcome, region) = (text("code"), text("outcome"), text("region"));
    let selection = Selection { code, outcome, region, ..Selection::default() };
    let (after, limit) = (number(&asked, "after", 0)?, limit(&asked)?);
    Answer::json(&worker.ledger.quarantine_messages(&selection, after, limit, now).await?)
}

/// `cases list`.
pub async fn cases(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let text = |name: &str| asked.query.get(name).to_owned();
    let (kind, bank, area) = (text("kind"), text("bank"), text("area"));
    let query = CaseQuery { kind, bank, area, all: asked.query.get("all") == "true", limit: limit(&asked)? };
    Answer::json(&case_page(&worker, &query, now).await?.cases)
}

/// `books`.
pub async fn books(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    Answer::json(&worker.ledger.books(now, asked.query.get("full") == "true", None).await?.books)
}

/// `pickup due`.
pub async fn pickup_due(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let within = u32::try_from(number(&asked, "within", 7)?).map_err(|_| wrong("within", "working days from today"))?;
    let due = due_within(&worker, local_date(now), within.min(250));
    Answer::json(&listed(&worker, due, By::Point, now).await?)
}

/// `pickup overdue`.
pub async fn pickup_overdue(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let overdue = pickup_cards::Asked::Overdue { today: local_date(now) };
    Answer::json(&listed(&worker, overdue, By::Point, now).await?)
}

/// `pickup silent`.
pub async fn pickup_silent(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let within = number(&asked, "within", SILENT_WORKING_DAYS.into())?;
    let within = u32::try_from(within).ok().filter(|days| (1..=250).contains(days));
    let within = within.ok_or_else(|| wrong("within", "1 to 250 working days"))?;
    let by = match asked.query.get("by") {
        "" | "point" => By::Point,
        "street" => By::Street,
        "district" => By::District,
        _ => return Err(wrong("by", "district, street or point")),
    };
    Answer::json(&silent(&worker, within, (by, ""), now).await?)
}

/// `approvals list`.
pub async fn approvals(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    Answer::json(&approval_list(&worker, asked.query.get("all") == "true", now).await?)
}

fn limit(asked: &Asked) -> Result<i64, Refusal> {
    let limit = number(asked, "limit", ROWS)?;
    if (1..=ROWS_MAX).contains(&limit) { Ok(limit) } else { Err(wrong("limit", "1 to 10000")) }
}

fn number(asked: &Asked, name: &str, otherwise: i64) -> Result<i64, Refusal> {
    match asked.query.get(name) {
        "" => Ok(otherwise),
        text => text.parse().ok().filter(|number| *number >= 0).ok_or_else(|| wrong(name, "a whole number")),
    }
}

fn wrong(name: &str, takes: &str) -> Refusal {
    Refusal::Wrong(Words::new(format!("参数 {name} 应为：{takes}"), format!("{name} takes {takes}")))
}
