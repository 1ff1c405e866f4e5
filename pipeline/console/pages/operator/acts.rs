//! What an operator does to a batch: hold, release, split, cancel. Each shows its scope first, takes a reason, and
//! asks for the batch's number where it cannot be taken back.

use cardline::actions::batches::cancel::cancel_batch;
use cardline::actions::batches::hold::{hold_batch, release_batch};
use cardline::actions::batches::refusal::BatchRefusal;
use cardline::actions::batches::second_person::{BatchDecision, needs_second};
use cardline::actions::batches::split::{Division, split_batch};
use cardline::actions::batches::targets::batch_within;
use cardline::actions::dual_control::{Second, second_person};
use cardline::actions::outcome::Instruction;
use cardline::batching::batch_list::BatchRecord;
use cardline::people::permits::Permission;

use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::carried::Carried;
use crate::frame::{Frame, grouped, segment};

/// An act that a batch's state allows.
pub struct BatchAct {
    pub code: &'static str,
    pub word: Words,
    pub number: String,
}

/// Code, Chinese, English, permission, states.
const ACTS: &[(&str, &str, &str, Permission, &[&str])] = &[
    ("hold", "暂停发送", "Hold", Permission::HoldBatches, &["cut"]),
    ("release", "放行", "Release", Permission::ReleaseBatches, &["held"]),
    ("split", "拆分", "Split", Permission::SplitBatches, &["cut", "held"]),
    ("cancel", "取消批次", "Cancel", Permission::CancelBatches, &["cut", "held"]),
];

/// What the viewer may do to it now.
pub fn offered(asked: &Asked, batch: &BatchRecord) -> Vec<BatchAct> {
    let able =
        ACTS.iter().filter(|(.., permission, states)| asked.may(*permission) && states.contains(&batch.state.as_str()));
    let act = |(code, zh, en, ..): &(&'static str, &str, &str, Permission, &[&str])| BatchAct {
        code,
        word: Words::new(*zh, *en),
        number: batch.number.clone(),
    };
    able.map(act).collect()
}

/// The sheet of an act.
pub struct Sheet {
    /// Where its form goes.
    pub action: String,
    pub act: String,
    pub word: Words,
    pub scope: Words,
    pub is_final: bool,
    pub second_person: bool,
    pub asks_count: bool,
    /// What must be typed; empty: nothing.
    pub confirm: String,
    pub hidden: Vec<(String, String)>,
    pub back: String,
}

/// The sheet of the act in the URL, where it is one that is offered.
pub fn sheet(asked: &Asked, batch: &BatchRecord, acts: &[BatchAct]) -> Option<Sheet> {
    let act = acts.iter().find(|act| act.code == asked.query.get("act"))?;
    let (cards, partner) = (grouped(batch.cards), &batch.partner);
    let (zh, en) = match act.code {
        "hold" => (
            format!("{cards} 张卡的文件不再发往 {partner}，直到放行。"),
            format!("The file of {cards} cards is not sent to {partner} until it is released."),
        ),
        "release" => {
            (format!("{cards} 张卡的文件将发往 {partner}。"), format!("The file of {cards} cards goes to {partner}."))
        }
        "split" => (
            format!("{cards} 张卡分成两批，各得新批号；本批取消。"),
            format!("{cards} cards become two batches under new numbers; this one is cancelled."),
        ),
        _ => (
            format!("{cards} 张卡重新等待，批号与序号不再使用。"),
            format!("{cards} cards wait again; number and sequence stay used."),
        ),
    };
    let decision = match act.code {
        "release" => needs_second(BatchDecision::Release, batch, ""),
        "cancel" => needs_second(BatchDecision::Cancel, batch, ""),
        _ => None,
    };
    let is_final = matches!(act.code, "split" | "cancel") || decision.is_some();
    let path = format!("/ops/batches/{}", segment(&batch.number));
    Some(Sheet {
        action: path.clone(),
        act: act.code.into(),
        word: act.word.clone(),
        scope: Words::new(zh, en),
        is_final,
        second_person: decision.is_some(),
        asks_count: act.code == "split",
        confirm: if is_final { batch.number.clone() } else { String::new() },
        hidden: Vec::new(),
        back: path,
    })
}

/// Carries the act of a form out and shows the batch again.
pub async fn act(asked: Asked) -> Result<Answer, Refusal> {
    let carried = carry_out(&asked, asked.form.get("act")).await?;
    let path = format!("/ops/batches/{}?done={}", segment(asked.part(0)), carried.word());
    Ok(Answer::to(Frame::of(&asked, "").to(path)))
}

/// Carries an act out, or asks a second person for it.
pub async fn carry_out(asked: &Asked, code: &str) -> Result<Carried, Refusal> {
    let (worker, now) = asked.worker().await?;
    let (id, batch) = batch_within(&worker.ledger, asked.part(0)).await?;
    let Some((_, _, _, permission, _)) = ACTS.iter().find(|(known, ..)| *known == code) else {
        return Err(Refusal::Wrong(Words::new("没有这种操作", "There is no such act")));
    };
    if !asked.may(*permission) {
        return Err(Refusal::Role);
    }
    let reason = reason(asked)?;
    let actor = asked.principal()?.name.clone();
    let mut by = Instruction { actor: &actor, reason, at: now, approval: None };
    let wanted = match code {
        "release" => needs_second(BatchDecision::Release, &batch, reason),
        "cancel" => needs_second(BatchDecision::Cancel, &batch, reason),
        _ => None,
    };
    if (wanted.is_some() || matches!(code, "split" | "cancel")) && asked.form.get("confirm") != batch.number {
        return Err(Refusal::Wrong(Words::new("确认的批号与本批不符", "The number typed is not this batch's")));
    }
    if let Some(wanted) = &wanted {
        match second_person(&worker, wanted, now).await? {
            Second::NotNeeded => {}
            Second::Given(id) => by.approval = Some(id),
            Second::Asked { id, .. } => return Ok(Carried::Asked(id)),
            Second::GivenTo { maker, .. } => return Err(given_to(&maker)),
        }
    }
    let number = batch.number.as_str();
    let outcome = match code {
        "hold" => hold_batch(&worker, number, by).await?,
        "release" => release_batch(&worker, number, by).await?,
        "cancel" => cancel_batch(&worker, number, by).await?,
        _ => split_batch(&worker, number, &division(asked, worker.ledger.sections(id).await?)?, by).await?,
    };
    Ok(outcome.into())
}

/// The reason everybody gives.
pub fn reason(asked: &Asked) -> Result<&str, Refusal> {
    match asked.form.get("reason") {
        "" => Err(Refusal::Wrong(Words::new("请写明理由；理由加密保存", "Say why; the reason is kept encrypted"))),
        reason => Ok(reason),
    }
}

/// The first so many rows, or the first region of several.
fn division(asked: &Asked, sections: Vec<(String, i64)>) -> Result<Division, Refusal> {
    match (asked.form.get("count"), sections.as_slice()) {
        ("", [(region, _), _, ..]) => Ok(Division::Regions(vec![region.clone()])),
        ("", _) => Err(Refusal::Wrong(Words::new(
            "只有一个地区，请写第一部分的卡数",
            "It has one region: say how many cards the first part takes",
        ))),
        (count, _) => match count.parse() {
            Ok(count) if count > 0 => Ok(Division::Count(count)),
            _ => Err(Refusal::Wrong(Words::new("卡数须为正整数", "The count is a whole number above zero"))),
        },
    }
}

/// What was done, on the page that is shown next.
pub fn told(f: &Frame, done: &str) -> String {
    match done {
        "done" => f.say("已执行，并记入历史。", "It is done, and recorded.").to_owned(),
        "before" => f.say("之前已经如此，未再改变。", "It was so before; nothing changed now.").to_owned(),
        "asked" => f
            .say("已提交，等待第二人审批；在此之前一切不变。", "A second person is asked; until then nothing changes.")
            .to_owned(),
        _ => String::new(),
    }
}

/// An approval that somebody else carries out.
pub fn given_to(maker: &str) -> Refusal {
    Refusal::Conflict(Words::new(
        format!("已同意由 {maker} 执行"),
        format!("It was given to {maker}, who carries it out"),
    ))
}

/// A refusal of an act on a batch or a stream, in words.
pub fn refused(refusal: BatchRefusal) -> Refusal {
    let (zh, en) = match refusal {
        BatchRefusal::NoSuchBatch { .. } | BatchRefusal::NoSuchStream { .. } => return Refusal::Absent,
        BatchRefusal::Beyond(_) => (
            "此项有一部分不在您的范围内，请能看到全部的人操作".into(),
            "Part of it lies outside what you see: ask somebody who sees all of it".into(),
        ),
        BatchRefusal::NamesAnArea { .. } => (
            "名称以地区片段结尾；地区为六位".into(),
            "The name ends in part of a region's code, which has six digits".into(),
        ),
        BatchRefusal::NothingWaits { stream } => {
            (format!("{stream} 没有卡在等待"), format!("Nothing waits in {stream}"))
        }
        BatchRefusal::NotWaiting { .. } => (
            "这张卡不在等待开户：已入批，或不在您的范围内".into(),
            "This card does not wait for its account: it is in a batch, or outside what you see".into(),
        ),
        BatchRefusal::OnHoldWith { stream, hold, .. } => (
            format!("{stream} 随 {hold} 一同暂停，先放行后者"),
            format!("{stream} is on hold with {hold}: release that first"),
        ),
        BatchRefusal::NoCapacity { partner } => {
            (format!("{partner} 今日产能已满"), format!("{partner} makes no more cards today"))
        }
        BatchRefusal::Busy { stream } => (format!("{stream} 正在开批"), format!("{stream} is being cut now")),
        BatchRefusal::NotNext { number } => {
            (format!("{number} 不是下一个批号"), format!("{number} is not the next number"))
        }
        BatchRefusal::NothingToCarry { stream } => {
            (format!("{stream} 没有可入批的卡"), format!("No card of {stream} can be carried"))
        }
        BatchRefusal::OnePart { cards, .. } => {
            (format!("这样拆分后 {cards} 张卡仍在一处"), format!("Divided so, its {cards} cards stay in one part"))
        }
        BatchRefusal::EmptyPart { .. } => {
            ("有一部分没有可入批的卡".into(), "No card of one part can be carried".into())
        }
        BatchRefusal::Sending { .. } => ("文件正在放到合作方".into(), "Its file is being placed at the partner".into()),
        BatchRefusal::Ended { .. } => ("批次已取消或已拆分".into(), "It was cancelled or split".into()),
        BatchRefusal::NotOnHold { .. } => ("批次没有暂停".into(), "It is not on hold".into()),
        BatchRefusal::Sent { .. } => ("文件已在合作方".into(), "Its file is at the partner".into()),
    };
    Refusal::Conflict(Words { zh, en })
}
