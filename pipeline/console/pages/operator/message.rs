//! `/ops/quarantine/ID`: one message, masked, with what is wrong and how to put it right; taken in again as it is or
//! repaired, put aside, or opened.

use askama::Template;
use cardline::actions::outcome::Instruction;
use cardline::actions::quarantine::operations::{Ask, What, operate};
use cardline::actions::quarantine::refusal::RepairRefusal;
use cardline::actions::quarantine::repair::{Assignment, Repair};
use cardline::actions::quarantine::shown::{MessageShown, reveal_message, show_message};
use cardline::people::permits::Permission;
use cardline::quarantine::quarantined::Selection;
use cardline::step::Worker;
use jiff::Timestamp;

use super::acts::reason;
use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "operator/message.html")]
struct Message {
    f: Frame,
    shown: MessageShown,
    done: String,
}

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let shown = show_message(&worker, asked.number(0)?).await?.ok_or(Refusal::Absent)?;
    let f = framed(&asked, &worker, now);
    let done = match asked.query.get("done") {
        "accepted" => f.say("已受理。", "It is taken in.").to_owned(),
        "refused" => f.say("仍不合格，原因见下。", "It is still refused; see why below.").to_owned(),
        "discard" => f.say("已剔除，并记入历史。", "It is put aside, and that is recorded.").to_owned(),
        _ => String::new(),
    };
    Ok(Answer::Page(Message { f, shown, done }.render()?))
}

fn framed(asked: &Asked, worker: &Worker, now: Timestamp) -> Frame {
    let title = asked.lang.say("隔离消息 {}", "Message {} in quarantine").replace("{}", asked.part(0));
    Frame::at(asked, worker, now, &title)
}

/// Opens it: recorded with its reason, then shown on the page of this answer alone, which nobody keeps.
async fn reveal(asked: &Asked) -> Result<Answer, Refusal> {
    if !asked.may(Permission::RevealMessage) {
        return Err(Refusal::Role);
    }
    let (worker, now) = asked.worker().await?;
    let mut shown = show_message(&worker, asked.number(0)?).await?.ok_or(Refusal::Absent)?;
    let by = Instruction { actor: &asked.principal()?.name, reason: reason(asked)?, at: now, approval: None };
    if !reveal_message(&worker, &mut shown, by).await? {
        let limit = worker.config.alone_a_day.value;
        return Err(Refusal::Conflict(Words::new(
            format!("您今日已单独查看 {limit} 次，为每人每日上限；更多须由第二人审批：用命令 quarantine export 提出"),
            format!(
                "You had {limit} messages opened alone today; a second person must approve more: ask with the command \
                 quarantine export"
            ),
        )));
    }
    Ok(Answer::Page(Message { f: framed(asked, &worker, now), shown, done: String::new() }.render()?))
}

/// Takes it in again, repaired where `set` says so, or puts it aside.
pub async fn act(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    if asked.form.get("act") == "reveal" {
        return reveal(&asked).await;
    }
    let id = asked.number(0)?;
    let set = asked.form.get("set");
    let (what, reason) = match asked.form.get("act") {
        "retry" if set.is_empty() => (What::Retry(Repair::Nothing), asked.form.get("reason")),
        "retry" => (What::Retry(Repair::Set(vec![Assignment::read(set)?])), reason(&asked)?),
        "discard" if asked.may(Permission::DiscardMessages) => (What::Discard, reason(&asked)?),
        "discard" => return Err(Refusal::Role),
        _ => return Err(Refusal::Wrong(Words::new("没有这种操作", "There is no such act"))),
    };
    let is_discard = matches!(what, What::Discard);
    let actor = asked.principal()?.name.clone();
    let selection = Selection { ids: vec![id], ..Selection::default() };
    let ask = Ask { actor: &actor, reason, selection, what, confirm: None, dry_run: false, approval: None };
    let report = operate(&worker, &ask, now).await?;
    let counts = &report.outcome.counts;
    let done = match (is_discard, counts.accepted + counts.repeated) {
        (true, _) => "discard",
        (false, 0) => "refused",
        (false, _) => "accepted",
    };
    Ok(Answer::to(Frame::of(&asked, "").to(format!("/ops/quarantine/{id}?done={done}"))))
}

impl From<RepairRefusal> for Refusal {
    fn from(refusal: RepairRefusal) -> Refusal {
        let (zh, en) = match refusal {
            RepairRefusal::NoAssignment => ("请写成 路径=值".into(), "Write it as PATH=VALUE".into()),
            RepairRefusal::NotSetHere { path } => (
                format!("{path} 是个人信息，不能在此改；请让来源更正后重发"),
                format!("{path} holds personal data and is not set here: have it corrected and sent again"),
            ),
            RepairRefusal::NoJson { path } | RepairRefusal::NotOneValue { path } => {
                (format!("{path} 的值须是一个值"), format!("The value of {path} is not one value"))
            }
            RepairRefusal::NoWholeNumber { path } => {
                (format!("{path} 须为整数"), format!("{path} takes a whole number"))
            }
            RepairRefusal::NotOfForm { path } => {
                (format!("{path} 的值不合要求的形式"), format!("The value of {path} is not of its form"))
            }
            _ => ("改正不可用".into(), "This repair cannot be used".into()),
        };
        Refusal::Wrong(Words { zh, en })
    }
}
