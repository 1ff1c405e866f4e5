//! What an operator does to a stream: hold it, release it, have a worker cut it now, put a card into its urgent lane. A
//! stream that is held may be named by its beginning.

use cardline::actions::batches::cut::preview_cut;
use cardline::actions::batches::hold::{hold_stream, release_stream};
use cardline::actions::batches::plan::Plan;
use cardline::actions::batches::urgent::{make_urgent, preview_urgent};
use cardline::actions::errands::{ErrandRefusal, Wanted, ask};
use cardline::actions::outcome::Instruction;
use cardline::batching::schedule::covers;
use cardline::people::permits::{Permission, PermitRefusal};
use cardline::people::sessions::Token;
use cardline::step::Worker;

use jiff::Timestamp;

use super::acts::{Sheet, reason};
use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::carried::Carried;
use crate::frame::{Frame, grouped, segment};

/// The sheet of a cut: the number it will have and what will be in it.
pub async fn cut_sheet(asked: &Asked, worker: &Worker, now: Timestamp) -> Result<Option<Sheet>, Refusal> {
    let stream = asked.query.get("stream");
    if asked.query.get("act") != "cut" || stream.is_empty() || !asked.may(Permission::CutBatches) {
        return Ok(None);
    }
    let preview = preview_cut(worker, stream, now).await?;
    let cards = grouped(preview.cards);
    Ok(Some(Sheet {
        action: "/ops/plan".into(),
        act: "cut".into(),
        word: Words::new("立即开批", "Cut now"),
        scope: Words::new(
            format!("{stream}：{cards} 张卡入批 {}，不等截止时间。由工作程序执行。", preview.batch),
            format!("{stream}: {cards} cards become {}, whatever the cut-off. A worker does it.", preview.batch),
        ),
        is_final: true,
        second_person: false,
        asks_count: false,
        confirm: preview.batch,
        hidden: vec![("stream".into(), stream.into()), ("key".into(), Token::random().text().to_owned())],
        back: "/ops/plan".into(),
    }))
}

/// The sheet of a card that is put into the urgent lane: where it waits, and where it would.
pub async fn urgent_sheet(asked: &Asked, worker: &Worker) -> Result<Option<Sheet>, Refusal> {
    let application = asked.query.get("application");
    if asked.query.get("act") != "urgent" || application.is_empty() || !asked.may(Permission::CutBatches) {
        return Ok(None);
    }
    let Some(preview) = preview_urgent(worker, application).await? else { return Ok(None) };
    let (ahead, from, to) = (grouped(preview.ahead), preview.from, preview.to);
    let way = format!("/cards/{}", segment(application));
    Ok(Some(Sheet {
        action: "/ops/plan".into(),
        act: "urgent".into(),
        word: Words::new("加急", "Make urgent"),
        scope: Words::new(
            format!("{application}：由 {from} 转入 {to}，那里现有 {ahead} 张卡，按加急时间开批。"),
            format!(
                "{application}: 1 card goes from {from} to {to}, where {ahead} cards wait and the cuts of the urgent lane are made."
            ),
        ),
        is_final: false,
        second_person: false,
        asks_count: false,
        confirm: String::new(),
        hidden: vec![("application".into(), application.into())],
        back: way,
    }))
}

/// The sheet of the act in the URL.
pub fn sheet(asked: &Asked, plan: &Plan) -> Option<Sheet> {
    let (act, stream) = (asked.query.get("act"), asked.query.get("stream"));
    let able = match act {
        "hold" => asked.may(Permission::HoldBatches),
        "release" => asked.may(Permission::ReleaseBatches),
        _ => false,
    };
    if !able || stream.is_empty() {
        return None;
    }
    let below: Vec<_> = plan.streams.iter().filter(|planned| covers(stream, &planned.stream)).collect();
    let cards = grouped(below.iter().map(|planned| planned.cards).sum());
    let streams = below.len();
    let (word, scope) = if act == "hold" {
        (
            Words::new("暂停开批", "Hold"),
            Words::new(
                format!("{stream}：{streams} 个队列、{cards} 张卡不再开批，直到放行。"),
                format!("{stream}: {streams} streams with {cards} cards are not cut until it is released."),
            ),
        )
    } else {
        (
            Words::new("放行", "Release"),
            Words::new(format!("{stream} 重新按时开批。"), format!("{stream} is cut again at its times.")),
        )
    };
    Some(Sheet {
        action: "/ops/plan".into(),
        act: act.into(),
        word,
        scope,
        is_final: false,
        second_person: false,
        asks_count: false,
        confirm: String::new(),
        hidden: vec![("stream".into(), stream.into())],
        back: "/ops/plan".into(),
    })
}

/// Carries the act of a form out.
pub async fn act(asked: Asked) -> Result<Answer, Refusal> {
    let carried = carry_out(&asked, asked.form.get("act")).await?;
    let page = if matches!(carried, Carried::Handed(_)) { "/work" } else { "/ops/plan" };
    Ok(Answer::to(Frame::of(&asked, "").to(format!("{page}?done={}", carried.word()))))
}

/// Carries an act on a stream out, or has a worker do it.
pub async fn carry_out(asked: &Asked, code: &str) -> Result<Carried, Refusal> {
    let permission = match code {
        "hold" => Permission::HoldBatches,
        "release" => Permission::ReleaseBatches,
        "cut" | "urgent" => Permission::CutBatches,
        _ => return Err(Refusal::Wrong(Words::new("没有这种操作", "There is no such act"))),
    };
    if !asked.may(permission) {
        return Err(Refusal::Role);
    }
    let (worker, now) = asked.worker().await?;
    let (reason, stream) = (reason(asked)?, asked.form.get("stream"));
    let actor = asked.principal()?.name.clone();
    let by = Instruction { actor: &actor, reason, at: now, approval: None };
    Ok(match code {
        "hold" => hold_stream(&worker, stream, by).await?.into(),
        "release" => release_stream(&worker, stream, by).await?.into(),
        "urgent" => make_urgent(&worker, asked.form.get("application"), by).await?.into(),
        _ => {
            // Under the number that was previewed and confirmed, or not at all.
            let wanted = Wanted::Cut { stream, number: Some(asked.form.get("confirm")) };
            Carried::Handed(Box::new(ask(&worker, wanted, asked.act_key(), by).await?))
        }
    })
}

impl From<ErrandRefusal> for Refusal {
    fn from(refusal: ErrandRefusal) -> Refusal {
        match refusal {
            ErrandRefusal::Permit(PermitRefusal::Role { .. }) => Refusal::Role,
            ErrandRefusal::Permit(PermitRefusal::Scope { .. }) => Refusal::Absent,
            ErrandRefusal::Batch(refusal) => refusal.into(),
            ErrandRefusal::Key | ErrandRefusal::KeyUsed => {
                Refusal::Wrong(Words::new("请从页面重新打开再提交", "Open the page again and send it from there"))
            }
        }
    }
}
