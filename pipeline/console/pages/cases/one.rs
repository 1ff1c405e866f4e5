//! `/cases/N`: one case, what is known on both sides, and the words it may be decided with.

use askama::Template;
use cardline::actions::cases::decide::{asks_second, decide, preview};
use cardline::actions::cases::refusal::CaseRefusal;
use cardline::actions::dual_control::Second;
use cardline::actions::outcome::Instruction;
use cardline::books::case_shown::{CaseShown, show_case};
use cardline::people::permits::Permission;
use cardline_core::state_machines::decision::Decision;

use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::carried::Carried;
use crate::frame::Frame;
use crate::pages::operator::acts::{given_to, reason};

#[derive(Template)]
#[template(path = "cases/one.html")]
struct Case {
    f: Frame,
    shown: CaseShown,
    /// The word that was chosen, and what it would do.
    sheet: Option<Sheet>,
    done: String,
}

impl Case {
    /// The link to a word's sheet.
    fn choose(&self, word: &str) -> String {
        format!("/cases/{}?word={word}", self.shown.case.number)
    }

    fn meaning(&self, word: &str) -> Words {
        Decision::of(word).map_or_else(|| Words::new("", ""), does)
    }
}

/// What a decision would do, before it is done.
struct Sheet {
    word: String,
    does: Words,
    to: Option<String>,
    second_person: bool,
    cards: i64,
}

/// The page; with `?word=` also the sheet of a decision.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let number = asked.number(0)?;
    let (worker, now) = asked.worker().await?;
    let shown = show_case(&worker, number, now).await?.ok_or(Refusal::Absent)?;
    let chosen = Decision::of(asked.query.get("word")).filter(|_| asked.may(Permission::DecideCases));
    let sheet = match chosen {
        None => None,
        Some(decision) => {
            let preview = preview(&worker, number, decision, &asked.principal()?.name).await?;
            Some(Sheet {
                word: decision.word().into(),
                does: does(decision),
                to: preview.word.to,
                second_person: preview.word.second_person,
                cards: shown.case.cards,
            })
        }
    };
    let title = asked.lang.say("待决 {}", "Case {}").replace("{}", &number.to_string());
    let f = Frame::at(&asked, &worker, now, &title);
    let done = match asked.query.get("done") {
        "done" => f.say("已决定，并记入历史。", "It is decided, and recorded.").to_owned(),
        "before" => {
            f.say("同样的决定之前已经作出，未再改变。", "The same was decided before; nothing changed now.").to_owned()
        }
        "asked" => f
            .say("已提交，等待第二人审批；在此之前一切不变。", "A second person is asked; until then nothing changes.")
            .to_owned(),
        _ => String::new(),
    };
    Ok(Answer::Page(Case { f, shown, sheet, done }.render()?))
}

/// Decides it and shows it again.
pub async fn decided(asked: Asked) -> Result<Answer, Refusal> {
    let carried = carry_out(&asked).await?;
    let path = format!("/cases/{}?done={}", asked.number(0)?, carried.word());
    Ok(Answer::to(Frame::of(&asked, "").to(path)))
}

/// Decides it, or asks a second person where the decision cannot be taken back.
pub async fn carry_out(asked: &Asked) -> Result<Carried, Refusal> {
    let number = asked.number(0)?;
    let decision = Decision::of(asked.form.get("word"))
        .ok_or_else(|| Refusal::Wrong(Words::new("请选择一个决定", "Choose a decision")))?;
    let reason = reason(asked)?;
    let (worker, now) = asked.worker().await?;
    let actor = asked.principal()?.name.clone();
    let by = Instruction { actor: &actor, reason, at: now, approval: None };
    let approval = match asks_second(&worker, number, decision, by).await? {
        Second::NotNeeded => None,
        Second::Given(id) => Some(id),
        Second::Asked { id, .. } => return Ok(Carried::Asked(id)),
        Second::GivenTo { maker, .. } => return Err(given_to(&maker)),
    };
    Ok(decide(&worker, number, decision, Instruction { approval, ..by }).await?.into())
}

/// What a decision does, in both languages.
fn does(decision: Decision) -> Words {
    let zh = match decision {
        Decision::AskBank => "卡片等待下一个开户批次；有问题的照片重新检查",
        Decision::GoOn => "卡片随其所在容器继续；到货的货件照常开放领取",
        Decision::Remake => "制卡中心以同一卡号重制",
        Decision::End => "在有账户之前终止；不再制卡，不可撤回",
        Decision::Close => "账户销户，卡片销毁；不可撤回",
        Decision::RefuseFile => "文件不再处理；合作方须重新发送",
        Decision::Noted => "已另行处理，什么都不移动",
    };
    Words::new(zh, decision.does())
}

impl From<CaseRefusal> for Refusal {
    fn from(refusal: CaseRefusal) -> Refusal {
        let found = match refusal {
            CaseRefusal::NoSuchCase { .. } => return Refusal::Absent,
            CaseRefusal::Decided { by, word, at, .. } => {
                let at = cardline::time::rfc3339(at);
                Words::new(format!("{by} 已于 {at} 决定：{word}"), format!("{by} decided it at {at}: {word}"))
            }
            CaseRefusal::Overtaken { .. } => Words::new("后来的事实已了结此事", "later facts settled it"),
            CaseRefusal::NotOffered { word, offered, .. } => {
                let offered = offered.iter().map(|decision| decision.word()).collect::<Vec<_>>().join(", ");
                Words::new(
                    format!("现在不能用“{word}”；可用：{offered}"),
                    format!("{word} is not offered for it now; offered: {offered}"),
                )
            }
            CaseRefusal::NeedsSecond { .. } => Words::new("须先由第二人审批", "a second person must give it first"),
        };
        Refusal::Conflict(found)
    }
}
