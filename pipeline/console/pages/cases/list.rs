//! `/cases`: everything that waits for a decision, the earliest day first.

use askama::Template;
use cardline::actions::cases::list::{CasePage, case_page};
use cardline::cases::case_list::{CaseQuery, KINDS};
use cardline::limits::CONSOLE_ROWS;

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::Frame;
use crate::frame::filters::Filter;

#[derive(Template)]
#[template(path = "cases/list.html")]
struct Cases {
    f: Frame,
    filters: Vec<Filter>,
    page: CasePage,
}

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let text = |name: &str| asked.query.get(name).to_owned();
    let (kind, bank, area) = (text("kind"), text("bank"), text("area"));
    let all = asked.query.get("all") == "1";
    let page = case_page(&worker, &CaseQuery { kind, bank, area, all, limit: CONSOLE_ROWS }, now).await?;
    let title = match page.all {
        0 => asked.lang.say("没有待决事项", "Nothing waits for a decision").to_owned(),
        many => {
            let many = crate::frame::grouped(many);
            if all {
                asked.lang.say("{} 件", "{} cases")
            } else {
                asked.lang.say("{} 件待决", "{} cases wait for a decision")
            }
            .replace("{}", &many)
        }
    };
    let f = Frame::at(&asked, &worker, now, &title);
    let kinds = KINDS.iter().map(|kind| ((*kind).to_owned(), f.word(kind))).collect();
    let filters = vec![
        Filter::of("kind", f.say("种类", "Kind"), f.filter("kind"), kinds),
        Filter::typed("bank", f.say("银行", "Bank"), f.filter("bank")),
        Filter::typed("area", f.say("地区", "Area"), f.filter("area")),
        Filter::of(
            "all",
            f.say("范围", "Which"),
            f.filter("all"),
            vec![("1".into(), f.say("含已了结", "also settled").into())],
        ),
    ];
    Ok(Answer::Page(Cases { f, filters, page }.render()?))
}
