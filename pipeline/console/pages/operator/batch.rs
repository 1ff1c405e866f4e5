//! `/ops/batches/NUMBER`: where a batch's cards are, its files, and what was done to it.

use askama::Template;
use cardline::actions::batches::refusal::BatchRefusal;
use cardline::actions::batches::shown::{BatchShown, show_batch};

use super::acts::{self, BatchAct, Sheet};
use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::{Frame, segment};

#[derive(Template)]
#[template(path = "operator/batch.html")]
struct Batch {
    f: Frame,
    shown: BatchShown,
    acts: Vec<BatchAct>,
    sheet: Option<Sheet>,
    done: String,
}

impl Batch {
    fn choose(&self, act: &BatchAct) -> String {
        format!("/ops/batches/{}?act={}", segment(&act.number), act.code)
    }
}

/// The page; with `?act=` also the sheet of an act.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let number = asked.part(0);
    let shown = show_batch(&worker.ledger, &worker.keys, number).await?;
    let acts = acts::offered(&asked, &shown.batch);
    let sheet = acts::sheet(&asked, &shown.batch, &acts);
    let title = asked.lang.say("批次 {}", "Batch {}").replace("{}", number);
    let f = Frame::at(&asked, &worker, now, &title);
    let done = acts::told(&f, asked.query.get("done"));
    Ok(Answer::Page(Batch { f, shown, acts, sheet, done }.render()?))
}

impl From<BatchRefusal> for Refusal {
    fn from(refusal: BatchRefusal) -> Refusal {
        acts::refused(refusal)
    }
}
