//! What needs a person now, the most urgent first.

use std::collections::BTreeMap;

use cardline::actions::approval_list::{ShownApproval, approval_list};
use cardline::actions::cases::list::case_page;
use cardline::cases::case_list::CaseQuery;
use cardline::exchange::file_list::LateAnswers;
use cardline::limits::CONSOLE_ROWS;
use cardline::quarantine::quarantined::Selection;
use cardline::step::Worker;
use cardline::time::local_date;
use jiff::Timestamp;

use crate::answer::{Refusal, Words};
use crate::frame::reasons;
use crate::lang::Lang;
use crate::pages::approvals::subject;

/// One line of the list.
pub struct Need {
    pub class: &'static str,
    pub state: Words,
    pub what: Words,
    pub why: Words,
    pub cards: Option<i64>,
    /// The day by which it is to be done; empty: at once.
    pub due_on: String,
    pub path: String,
    pub act: Words,
}

/// Everything that waits for somebody of this desk.
pub async fn of(worker: &Worker, now: Timestamp) -> Result<Vec<Need>, Refusal> {
    let today = local_date(now).to_string();
    let mut needs = late_answers(worker, now).await?;
    needs.extend(set_aside(worker).await?);
    needs.extend(approvals(worker, now).await?);
    needs.extend(cases(worker, now, &today).await?);
    needs.extend(quarantine(worker).await?);
    // At once, then by day; the list's own order otherwise.
    needs.sort_by(|one, other| (one.class != "bad", &one.due_on).cmp(&(other.class != "bad", &other.due_on)));
    Ok(needs)
}

async fn late_answers(worker: &Worker, now: Timestamp) -> Result<Vec<Need>, Refusal> {
    let need = |LateAnswers { partner, files, rows, due_on }: LateAnswers| {
        let is_bank = worker.reference.bank(&partner).is_some();
        Need {
            class: "bad",
            state: Words::new("逾期", "late"),
            what: Words::new(format!("{partner} 未应答"), format!("{partner} has not answered")),
            why: Words::new(
                format!("{files} 个文件已过应答期限"),
                format!("{files} files are past the day of their answer"),
            ),
            cards: Some(rows),
            due_on,
            path: format!("/{}/{partner}?state=placed", if is_bank { "banks" } else { "bureaus" }),
            act: Words::new("查看文件", "See the files"),
        }
    };
    Ok(worker.ledger.late_answers(local_date(now)).await?.into_iter().map(need).collect())
}

async fn set_aside(worker: &Worker) -> Result<Vec<Need>, Refusal> {
    if worker.ledger.viewer().is_some_and(|viewer| !viewer.scope.is_everything()) {
        return Ok(Vec::new());
    }
    let need = |aside: String| Need {
        class: "bad",
        state: Words::new("搁置", "set aside"),
        what: Words::new("一项工作未能完成，其余照常", "One piece of work failed; the rest goes on"),
        why: Words::new(aside.clone(), aside),
        cards: None,
        due_on: String::new(),
        path: "/cases".into(),
        act: Words::new("查看待决", "See its case"),
    };
    Ok(worker.ledger.all_set_aside().await?.iter().map(ToString::to_string).map(need).collect())
}

async fn approvals(worker: &Worker, now: Timestamp) -> Result<Vec<Need>, Refusal> {
    let need = |approval: ShownApproval| {
        let (about, record) = (subject(&approval), approval.record);
        Need {
            class: "wait",
            state: Words::new("待审批", "second person"),
            what: Words::new(
                format!("审批 {}：{}", record.id, about.zh),
                format!("Approval {}: {}", record.id, about.en),
            ),
            why: Words::new(format!("由 {} 提出", record.maker), format!("asked for by {}", record.maker)),
            cards: Some(record.count),
            due_on: record.due_on,
            path: "/approvals".into(),
            act: Words::new("查看", "Look"),
        }
    };
    let asked = approval_list(worker, false, now).await?;
    Ok(asked.into_iter().map(need).collect())
}

/// Cases that are alike stand in one line.
async fn cases(worker: &Worker, now: Timestamp, today: &str) -> Result<Vec<Need>, Refusal> {
    let page = case_page(worker, &CaseQuery { limit: CONSOLE_ROWS * 10, ..CaseQuery::default() }, now).await?;
    let mut alike = BTreeMap::<(String, String), (i64, i64, String)>::new();
    for case in page.cases {
        let entry = alike.entry((case.kind, reason_alone(&case.reason))).or_insert((0, 0, case.due_on.clone()));
        entry.0 += 1;
        entry.1 += case.cards;
        entry.2 = entry.2.clone().min(case.due_on);
    }
    let need = |((kind, reason), (cases, cards, due_on)): ((String, String), (i64, i64, String))| Need {
        class: if due_on.as_str() < today { "bad" } else { "wait" },
        state: if due_on.as_str() < today { Words::new("逾期", "late") } else { Words::new("待决", "to decide") },
        what: Words::new(
            format!("{cases} 件待决"),
            if cases == 1 { "1 case".into() } else { format!("{cases} cases") },
        ),
        why: Words::new(reasons::said(Lang::Zh, &reason), reason),
        cards: Some(cards),
        due_on,
        path: format!("/cases?kind={kind}"),
        act: Words::new("决定", "Decide"),
    };
    Ok(alike.into_iter().map(need).collect())
}

/// The reason without what names the single thing: numbers and names differ from case to case.
fn reason_alone(reason: &str) -> String {
    let words = reason.split(' ').filter(|word| !word.contains(|c: char| c.is_ascii_digit()));
    words.collect::<Vec<_>>().join(" ")
}

async fn quarantine(worker: &Worker) -> Result<Vec<Need>, Refusal> {
    let messages = worker.ledger.quarantined_count(&Selection::default()).await?;
    Ok((messages > 0)
        .then(|| Need {
            class: "wait",
            state: Words::new("隔离", "quarantine"),
            what: Words::new(format!("{messages} 条申请在隔离区"), format!("{messages} messages in quarantine")),
            why: Words::new("未通过检查或相互冲突，等待改正", "refused or conflicting, they wait to be put right"),
            cards: Some(messages),
            due_on: "9999".into(),
            path: "/ops/quarantine".into(),
            act: Words::new("查看", "Look"),
        })
        .into_iter()
        .collect())
}
