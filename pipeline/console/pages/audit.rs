//! `/audit`: everything people did, newest first; kept as a file, and checked against how it was written.

use askama::Template;
use cardline::books::audit::{AuditCheck, AuditFilter, AuditRecord, KINDS, audit, check_audit, csv};
use jiff::civil::Date;

use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::frame::Frame;
use crate::frame::filters::Filter;

/// Pages of the list in one file.
const EXPORTED_PAGES: usize = 1_000;

#[derive(Template)]
#[template(path = "audit.html")]
struct Audit {
    f: Frame,
    filters: Vec<Filter>,
    acts: Vec<AuditRecord>,
    next: Option<String>,
    checked: Option<AuditCheck>,
    export: String,
}

impl Audit {
    fn all(&self) -> String {
        if self.next.is_some() { self.f.say("更多", "more").to_owned() } else { self.f.n(self.acts.len()) }
    }
}

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    shown(&asked, None).await
}

/// The same, with what a check of the whole chain found.
pub async fn check(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, _) = asked.worker().await?;
    let checked = check_audit(&worker.ledger).await?;
    shown(&asked, Some(checked)).await
}

async fn shown(asked: &Asked, checked: Option<AuditCheck>) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let found = audit(&worker.ledger, &worker.keys, &filter(asked)?).await?;
    let f = Frame::at(asked, &worker, now, asked.lang.say("审计：人做过的一切", "The audit: what people did"));
    let kinds = KINDS.iter().map(|kind| ((*kind).to_owned(), f.word(kind))).collect();
    let filters = vec![
        Filter::typed("actor", f.say("谁", "Who"), f.filter("actor")),
        Filter::of("kind", f.say("种类", "Kind"), f.filter("kind"), kinds),
        Filter::typed("from", f.say("自", "From"), f.filter("from")),
        Filter::typed("until", f.say("至", "Until"), f.filter("until")),
    ];
    let export = format!("/audit/acts.csv?{}", asked.query.with("after", "").with("as", "").text());
    Ok(Answer::Page(Audit { f, filters, acts: found.acts, next: found.next, checked, export }.render()?))
}

/// The acts of the filter as CSV, in which no cell begins a formula.
pub async fn export(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, _) = asked.worker().await?;
    let (mut filter, mut body) = (filter(&asked)?, Vec::new());
    for page in 0..EXPORTED_PAGES {
        let found = audit(&worker.ledger, &worker.keys, &filter).await?;
        body.extend(csv(&found.acts, page == 0)?);
        match found.next.and_then(|next| next.parse().ok()) {
            Some(next) => filter.after = Some(next),
            None => break,
        }
    }
    Ok(Answer::File { name: "acts.csv".into(), kind: "text/csv; charset=utf-8", body })
}

fn filter(asked: &Asked) -> Result<AuditFilter, Refusal> {
    let day = |name: &str| -> Result<Option<Date>, Refusal> {
        match asked.query.get(name) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| {
                Refusal::Wrong(Words::new("日期写成 2026-01-06 这样", "A day is written like 2026-01-06"))
            }),
        }
    };
    Ok(AuditFilter {
        actor: asked.query.get("actor").to_owned(),
        kind: asked.query.get("kind").to_owned(),
        from: day("from")?,
        until: day("until")?,
        after: asked.query.get("after").parse().ok(),
    })
}
