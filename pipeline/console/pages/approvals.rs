//! `/approvals`: what waits for a second person; given or refused here.

use askama::Template;
use cardline::actions::about::About;
use cardline::actions::approval_list::{ShownApproval, approval_list};
use cardline::actions::decisions::{ApprovalRefusal, Carried, give, refuse};
use cardline::actions::pickup::about::{Change, PlaceAct};
use cardline::actions::render_anew::NewFile;
use cardline::people::permits::Permission;

use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::frame::Frame;
use crate::frame::filters::Filter;
use crate::frame::grouped;

#[derive(Template)]
#[template(path = "approvals.html")]
struct Approvals {
    f: Frame,
    filters: Vec<Filter>,
    approvals: Vec<ShownApproval>,
    me: String,
    done: String,
}

impl Approvals {
    fn about(&self, approval: &ShownApproval) -> String {
        subject(approval).say(self.f.lang).to_owned()
    }

    /// Whether it waits for a word of who looks: asked for by somebody else, or given and not carried out.
    fn is_open(&self, approval: &ShownApproval) -> bool {
        let record = &approval.record;
        matches!(record.state.as_str(), "asked" | "given")
            && record.maker != self.me
            && self.f.may(Permission::DecideApprovals)
    }
}

/// What an approval is about: what it does, where it says that; else its subject.
pub(super) fn subject(approval: &ShownApproval) -> Words {
    match &approval.about {
        Some(about) => Words::new(in_chinese(about), about.to_string()),
        None => Words::new(approval.record.subject.clone(), approval.record.subject.clone()),
    }
}

fn in_chinese(about: &About) -> String {
    match about {
        About::Place(act) => of_place(act),
        About::File(file) => of_file(file),
    }
}

fn of_file(file: &NewFile) -> String {
    let NewFile { batch, replaces, number, rows, lies_there } = file;
    let lies = if *lies_there { "仍在对方处" } else { "已不在对方处" };
    format!("批次 {batch} 以新序号 {number}（或其后）重新生成，共 {} 行；代替 {replaces}，该文件{lies}", grouped(*rows))
}

fn of_place(about: &PlaceAct) -> String {
    let change = match &about.change {
        Change::LastDay { from_earliest, from_latest, becomes } if from_earliest == from_latest => {
            format!("领取截止日由 {from_earliest} 改为 {becomes}")
        }
        Change::LastDay { from_earliest, from_latest, becomes } => {
            format!("领取截止日由 {from_earliest} 至 {from_latest} 改为 {becomes}")
        }
        Change::Point { to, to_name } => format!("全部改派至 {to} {to_name}"),
    };
    let [points, shipments, cards, people] = [about.points, about.shipments, about.cards, about.people].map(grouped);
    format!("{} {}：{change}；{points} 个网点、{shipments} 箱、{cards} 张卡、{people} 人", about.place, about.name)
}

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let all = asked.query.get("all") == "1";
    let approvals = approval_list(&worker, all, now).await?;
    let title = match (approvals.len(), all) {
        (0, false) => asked.lang.say("没有待审批的事项", "Nothing waits for a second person").to_owned(),
        (many, false) => asked.lang.say("{} 件待审批", "{} wait for a second person").replace("{}", &many.to_string()),
        (many, true) => asked.lang.say("{} 件审批", "{} approvals").replace("{}", &many.to_string()),
    };
    let f = Frame::at(&asked, &worker, now, &title);
    let filters = vec![Filter::of(
        "all",
        f.say("范围", "Which"),
        f.filter("all"),
        vec![("1".into(), f.say("含已了结", "also settled").into())],
    )];
    let done = match asked.query.get("done") {
        "out" => f.say("已同意并执行。", "It is given and carried out.").to_owned(),
        "before" => f.say("此前已同意并执行。", "It was given and carried out before.").to_owned(),
        "given" => f.say("已同意，由提出人执行。", "It is given; whoever asked carries it out.").to_owned(),
        "refused" => f.say("已拒绝，什么都没有执行。", "It is refused; nothing was done.").to_owned(),
        _ => String::new(),
    };
    let me = asked.principal()?.name.clone();
    Ok(Answer::Page(Approvals { f, filters, approvals, me, done }.render()?))
}

/// Gives or refuses one.
pub async fn decide(asked: Asked) -> Result<Answer, Refusal> {
    let (mut worker, now) = asked.worker().await?;
    let id = asked.form.get("id").parse().map_err(|_| Refusal::Absent)?;
    let approver = asked.principal()?.clone();
    if approver.is_guest() {
        return Err(Refusal::Conflict(Words::new(
            "演示中没有用户，不能审批",
            "A demo has no users, so nobody can be the second person",
        )));
    }
    let done = match asked.form.get("act") {
        "give" => match give(&mut worker, id, &approver, now).await? {
            Carried::Out => "out",
            Carried::Before => "before",
            Carried::ByMaker => "given",
        },
        "refuse" => {
            refuse(&worker, id, &approver, now).await?;
            "refused"
        }
        _ => return Err(Refusal::Wrong(Words::new("没有这种操作", "There is no such act"))),
    };
    Ok(Answer::to(Frame::of(&asked, "").to(format!("/approvals?done={done}"))))
}

impl From<ApprovalRefusal> for Refusal {
    fn from(refusal: ApprovalRefusal) -> Refusal {
        let (zh, en) = match refusal {
            ApprovalRefusal::NotOpen { id } => (
                format!("审批 {id} 已不在等待：别人先决定了，或已过期"),
                format!("Approval {id} waits no more: somebody was first, or its time is over"),
            ),
            ApprovalRefusal::OwnRequest { .. } => {
                ("提出人不能审批自己的申请".into(), "Whoever asked for it must not decide it".into())
            }
            ApprovalRefusal::Role { .. } => return Refusal::Role,
            ApprovalRefusal::MakerLeft { maker, .. } => (
                format!("提出人 {maker} 已停用，请拒绝后由他人重新提出"),
                format!("{maker}, who asked for it, is disabled: refuse it, and somebody else asks again"),
            ),
            ApprovalRefusal::Changed { .. } => (
                "情况已变，原申请不再适用，没有执行；请拒绝后重新提出".into(),
                "Things changed and it no longer fits, so nothing was done: refuse it, and ask again".into(),
            ),
            ApprovalRefusal::Unknown { action, .. } => {
                (format!("本版本不认识 {action}"), format!("This version does not know {action}"))
            }
        };
        Refusal::Conflict(Words { zh, en })
    }
}
