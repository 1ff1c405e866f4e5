//! `/ops/batches`: the batches; what is looked for, and the order, stand in the URL.

use askama::Template;
use cardline::batching::batch_list::{BatchFilter, BatchOrder, BatchRecord};
use cardline::limits::CONSOLE_ROWS;
use cardline_core::batch_kinds::BatchKind;
use cardline_core::state_machines::{BATCH, Standing};

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::Frame;
use crate::frame::filters::Filter;

#[derive(Template)]
#[template(path = "operator/batches.html")]
struct Batches {
    f: Frame,
    filters: Vec<Filter>,
    batches: Vec<BatchRecord>,
    /// The mark of the next page.
    further: Option<String>,
    order: BatchOrder,
    today: String,
}

impl Batches {
    /// A page says whether there are more; how many batches there ever were is nobody's question.
    fn all(&self) -> String {
        if self.further.is_some() { self.f.say("更多", "more").to_owned() } else { self.f.n(self.batches.len()) }
    }

    /// What a heading says of the order to who does not see it.
    fn sorted(&self, name: &str) -> &'static str {
        match BatchOrder::named(name) == self.order {
            false => "none",
            true if self.order == BatchOrder::Due => "ascending",
            true => "descending",
        }
    }

    fn is_open(&self, batch: &BatchRecord) -> bool {
        BATCH.states.iter().any(|state| state.code == batch.state && state.standing == Standing::Under)
    }
}

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let text = |name: &str| asked.query.get(name).to_owned();
    let filter = BatchFilter {
        kind: text("kind"),
        state: text("state"),
        partner: text("partner"),
        bank: text("bank"),
        region: text("region"),
        order: BatchOrder::named(asked.query.get("sort")),
        after: asked.after(),
        limit: CONSOLE_ROWS,
    };
    let batches = worker.ledger.batches_matching(&filter).await?;
    let order = filter.order;
    let mark = |batch: &BatchRecord| format!("{}.{}", order.key(batch), batch.id);
    let further = batches.last().map(mark).filter(|_| batches.len() as i64 == CONSOLE_ROWS);
    let title = asked.lang.say("批次", "Batches").to_owned();
    let f = Frame::at(&asked, &worker, now, &title);
    let kinds = BatchKind::ALL.map(|kind| (kind.word.to_owned(), f.word(kind.word))).to_vec();
    let states = BATCH.states.iter().map(|state| (state.code.to_owned(), f.word(state.code))).collect();
    let filters = vec![
        Filter::of("kind", f.say("种类", "Kind"), f.filter("kind"), kinds),
        Filter::of("state", f.say("状态", "State"), f.filter("state"), states),
        Filter::typed("partner", f.say("合作方", "Partner"), f.filter("partner")),
        Filter::typed("bank", f.say("银行", "Bank"), f.filter("bank")),
        Filter::typed("region", f.say("地区", "Region"), f.filter("region")),
    ];
    let today = cardline::time::local_date(now).to_string();
    Ok(Answer::Page(Batches { f, filters, batches, further, order, today }.render()?))
}
