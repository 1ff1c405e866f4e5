//! `/admin/lists`: the list of a point without network, out and back.

use askama::Template;
use cardline::actions::outcome::Instruction;
use cardline::actions::pickup::lists::cells::{written, written_as_workbook};
use cardline::actions::pickup::lists::judge::RecordedLine;
use cardline::actions::pickup::lists::make::make_list;
use cardline::actions::pickup::lists::record::{RecordReport, record_list};
use cardline::time::local_date;

use super::list_reasons;
use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::frame::Frame;
use crate::pages::operator::acts::reason;

/// The kind of a workbook of Excel.
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

#[derive(Template)]
#[template(path = "pickup/point_lists.html")]
struct ListsPage {
    f: Frame,
    point: String,
    report: Option<RecordReport>,
}

impl ListsPage {
    fn why(&self, line: &RecordedLine) -> String {
        let said = list_reasons::said(self.f.lang, &line.reason);
        if said == line.reason { self.f.why(&said) } else { said }
    }
}

/// The forms.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let title = asked.lang.say("无网络网点的清单", "Lists for points without network").to_owned();
    shown(&asked, &title, None).await
}

async fn shown(asked: &Asked, title: &str, report: Option<RecordReport>) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let f = Frame::at(asked, &worker, now, title);
    Ok(Answer::Page(ListsPage { f, point: asked.query.get("point").to_owned(), report }.render()?))
}

/// Makes a list, or records one that came back.
pub async fn act(asked: Asked) -> Result<Answer, Refusal> {
    match asked.form.get("act") {
        "list" => make(&asked).await,
        "record" => record(&asked).await,
        _ => Err(Refusal::Wrong(Words::new("没有这种操作", "There is no such act"))),
    }
}

async fn make(asked: &Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let actor = asked.principal()?.name.clone();
    let by = Instruction { actor: &actor, reason: reason(asked)?, at: now, approval: None };
    let list = make_list(&worker, asked.form.get("point"), asked.form.get("after"), by).await?;
    if asked.form.get("kind") == "sheet" {
        let with_receipts = !asked.form.get("receipts").is_empty();
        return Ok(Answer::Page(super::sheet::page(&list, local_date(now), with_receipts)?));
    }
    let failed = |error: &dyn std::fmt::Display| Refusal::Failed(error.to_string());
    if asked.form.get("kind") == "csv" {
        let body = written(&list.list, &list.lines).map_err(|error| failed(&error))?;
        return Ok(Answer::File { name: format!("{}.csv", list.list), kind: "text/csv; charset=utf-8", body });
    }
    let body = written_as_workbook(&list.list, &list.lines).map_err(|error| failed(&error))?;
    Ok(Answer::File { name: format!("{}.xlsx", list.list), kind: WORKBOOK, body })
}

async fn record(asked: &Asked) -> Result<Answer, Refusal> {
    let Some(upload) = asked.upload.clone().filter(|upload| !upload.bytes.is_empty()) else {
        return Err(Refusal::Wrong(Words::new("请选择一个不为空的文件", "Choose a file that is not empty")));
    };
    let is_preview = !asked.form.get("preview").is_empty();
    let (worker, now) = asked.worker().await?;
    let actor = asked.principal()?.name.clone();
    let why = if is_preview { "" } else { reason(asked)? };
    let by = Instruction { actor: &actor, reason: why, at: now, approval: None };
    let report = record_list(&worker, &upload.bytes, is_preview, by).await?;
    let title = match (report.dry_run, report.refused) {
        (true, _) => asked.lang.say("预览：可登记 {} 行", "Preview: {} lines would be recorded"),
        (_, 0) => asked.lang.say("已登记 {} 行", "{} lines are recorded"),
        _ => asked.lang.say("已登记 {} 行，有的行被拒绝", "{} lines are recorded, others were refused"),
    };
    let title = title.replace("{}", &report.recorded.to_string());
    shown(asked, &title, Some(report)).await
}
