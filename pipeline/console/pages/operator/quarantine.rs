//! `/ops/quarantine`: what was refused or conflicts, by reason; taken in again or put aside in bulk, with a preview.

use askama::Template;
use cardline::actions::dual_control::{Second, second_person};
use cardline::actions::outcome::ActionError;
use cardline::actions::quarantine::operations::{Ask, Report, What, discard_wanted, operate};
use cardline::actions::quarantine::refusal::QuarantineRefusal;
use cardline::actions::quarantine::repair::Repair;
use cardline::limits::CONSOLE_ROWS;
use cardline::people::permits::Permission;
use cardline::quarantine::quarantine_list::{ListedGroup, ListedMessage, UnfinishedOperation};
use cardline::quarantine::quarantined::Selection;
use cardline::step::Worker;
use jiff::Timestamp;

use super::acts::{given_to, reason};
use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::frame::filters::Filter;
use crate::frame::{Frame, segment};
use crate::pairs::Pairs;

#[derive(Template)]
#[template(path = "operator/quarantine.html")]
struct Quarantine {
    f: Frame,
    filters: Vec<Filter>,
    total: i64,
    groups: Vec<ListedGroup>,
    messages: Vec<ListedMessage>,
    further: Option<i64>,
    unfinished: Vec<UnfinishedOperation>,
    sheet: Option<Operation>,
    done: String,
}

/// An operation as it would end, before it is carried out.
struct Operation {
    act: String,
    report: Report,
    code: String,
    region: String,
}

impl Quarantine {
    fn still(&self, sheet: &Operation) -> i64 {
        let counts = &sheet.report.outcome.counts;
        counts.received - counts.accepted - counts.repeated
    }

    fn choose(&self, act: &str, code: &str) -> String {
        let region = self.f.filter("region");
        format!("/ops/quarantine?act={act}&code={}&region={}#sheet", segment(code), segment(region))
    }
}

fn selection(pairs: &Pairs) -> Selection {
    let text = |name: &str| pairs.get(name).to_owned();
    Selection { code: text("code"), outcome: text("outcome"), region: text("region"), ..Selection::default() }
}

/// The page: by reason, or with `?code=` message by message.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let chosen = selection(&asked.query);
    let groups = worker.ledger.quarantine_groups(&chosen).await?;
    let (mut messages, mut further) = (Vec::new(), None);
    if !chosen.code.is_empty() {
        let after = asked.query.get("after").parse().unwrap_or(0);
        messages = worker.ledger.quarantine_messages(&chosen, after, CONSOLE_ROWS, now).await?.rows.messages;
        further = messages.last().map(|message| message.item.id).filter(|_| messages.len() as i64 == CONSOLE_ROWS);
    }
    let sheet = match asked.query.get("act") {
        act @ ("retry" | "discard") if !chosen.code.is_empty() => Some(preview(&asked, &worker, act, now).await?),
        _ => None,
    };
    let total = groups.total;
    let title = match total {
        0 => asked.lang.say("隔离区是空的", "Nothing is in quarantine").to_owned(),
        many => {
            asked.lang.say("隔离区：{} 条", "{} messages in quarantine").replace("{}", &crate::frame::grouped(many))
        }
    };
    let f = Frame::at(&asked, &worker, now, &title);
    let filters = vec![
        Filter::typed("code", f.say("原因", "Reason"), f.filter("code")),
        Filter::typed("region", f.say("地区", "Region"), f.filter("region")),
    ];
    let done = match asked.query.get("done") {
        "retry" => f
            .say("已重新检查；仍不合格的留在隔离区。", "They were taken in again; what is still refused stays here.")
            .to_owned(),
        "discard" => f.say("已剔除，并记入历史。", "They are put aside, and it is recorded.").to_owned(),
        "asked" => f
            .say("已提交，等待第二人审批；在此之前一切不变。", "A second person is asked; until then nothing changes.")
            .to_owned(),
        _ => String::new(),
    };
    let (groups, unfinished) = (groups.rows.groups, groups.unfinished);
    Ok(Answer::Page(Quarantine { f, filters, total, groups, messages, further, unfinished, sheet, done }.render()?))
}

async fn preview(asked: &Asked, worker: &Worker, act: &str, now: Timestamp) -> Result<Operation, Refusal> {
    let selection = selection(&asked.query);
    let (code, region) = (selection.code.clone(), selection.region.clone());
    let what = what(asked, act)?;
    let actor = asked.principal()?.name.clone();
    let ask = Ask { actor: &actor, reason: "", selection, what, confirm: None, dry_run: true, approval: None };
    Ok(Operation { act: act.into(), report: operate(worker, &ask, now).await?, code, region })
}

fn what(asked: &Asked, act: &str) -> Result<What, Refusal> {
    let (what, permission) = match act {
        "retry" => (What::Retry(Repair::Nothing), Permission::RetryMessages),
        "discard" => (What::Discard, Permission::DiscardMessages),
        _ => return Err(Refusal::Wrong(Words::new("没有这种操作", "There is no such act"))),
    };
    if asked.may(permission) { Ok(what) } else { Err(Refusal::Role) }
}

/// Carries the operation out that was previewed: exactly its messages, or none.
pub async fn act(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let act = asked.form.get("act").to_owned();
    let what = what(&asked, &act)?;
    let reason = if act == "discard" { reason(&asked)? } else { asked.form.get("reason") };
    let actor = asked.principal()?.name.clone();
    let selection = selection(&asked.form);
    let confirm = Some(asked.form.get("confirm"));
    let mut ask = Ask { actor: &actor, reason, selection, what, confirm, dry_run: false, approval: None };
    let mut ended = operate(&worker, &ask, now).await;
    if let Err(ActionError::Refused(QuarantineRefusal::NeedsSecond { id, count })) = &ended {
        let wanted = discard_wanted(&ask, id, *count, &asked.principal()?.scope);
        match second_person(&worker, &wanted, now).await? {
            Second::NotNeeded => {}
            Second::Given(id) => ask.approval = Some(id),
            Second::Asked { .. } => return Ok(back(&asked, "asked")),
            Second::GivenTo { maker, .. } => return Err(given_to(&maker)),
        }
        ended = operate(&worker, &ask, now).await;
    }
    ended?;
    Ok(back(&asked, &act))
}

fn back(asked: &Asked, done: &str) -> Answer {
    Answer::to(Frame::of(asked, "").to(format!("/ops/quarantine?done={done}")))
}

impl From<QuarantineRefusal> for Refusal {
    fn from(refusal: QuarantineRefusal) -> Refusal {
        let (zh, en) = match refusal {
            QuarantineRefusal::NothingChosen { .. } => (
                "没有符合条件的消息；可能刚被处理".into(),
                "No message meets the selection; somebody may just have seen to them".into(),
            ),
            QuarantineRefusal::NotAllQuarantined { .. } | QuarantineRefusal::Unmatched(_) => {
                ("其中有些已不在隔离区".into(), "Some of them are no longer in quarantine".into())
            }
            QuarantineRefusal::TooMany { count } => {
                (format!("{count} 条超过一次可导出的数量"), format!("{count} are more than one export holds"))
            }
            QuarantineRefusal::OtherOperation { count, .. } | QuarantineRefusal::Unconfirmed { count } => (
                format!("预览之后有变化，现在是 {count} 条；请重新预览"),
                format!("It changed since the preview, there are {count} now: look at the preview again"),
            ),
            QuarantineRefusal::AnotherIdentity { message, .. } => (
                format!("消息 {message} 的改正会变成另一个人或另一处"),
                format!("The repair of message {message} would make it another person's or place's"),
            ),
            QuarantineRefusal::NeedsSecond { .. } => {
                ("须先由第二人审批".into(), "A second person must give it first".into())
            }
            QuarantineRefusal::Busy { .. } => ("此操作正在进行".into(), "This operation is under way".into()),
        };
        Refusal::Conflict(Words { zh, en })
    }
}
