//! What an operator does to a stream: hold it, release it. A stream may be named by its beginning.

use cardline::actions::batches::hold::{hold_stream, release_stream};
use cardline::actions::batches::plan::Plan;
use cardline::actions::outcome::{Instruction, Outcome};
use cardline::batching::schedule::covers;
use cardline::people::permits::Permission;

use super::acts::{Sheet, reason};
use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::frame::{Frame, grouped};

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

/// Carries it out.
pub async fn act(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let (reason, stream) = (reason(&asked)?, asked.form.get("stream"));
    let actor = asked.principal()?.name.clone();
    let by = Instruction { actor: &actor, reason, at: now, approval: None };
    let outcome = match asked.form.get("act") {
        "hold" => hold_stream(&worker, stream, by).await?,
        "release" if asked.may(Permission::ReleaseBatches) => release_stream(&worker, stream, by).await?,
        "release" => return Err(Refusal::Role),
        _ => return Err(Refusal::Wrong(Words::new("没有这种操作", "There is no such act"))),
    };
    let done = if matches!(outcome, Outcome::Done(_)) { "done" } else { "before" };
    Ok(Answer::to(Frame::of(&asked, "").to(&format!("/ops/plan?done={done}"))))
}
