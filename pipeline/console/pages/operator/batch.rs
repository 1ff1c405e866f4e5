//! `/ops/batches/NUMBER`: where a batch's cards are, its files, what was done to it, and what became of each row.

use askama::Template;
use cardline::actions::batches::refusal::BatchRefusal;
use cardline::actions::batches::shown::{BatchShown, show_batch};
use cardline::batching::batch_list::BatchRecord;
use cardline::batching::batch_rows::BatchRow;
use cardline::limits::CONSOLE_ROWS;
use cardline::step::Worker;
use cardline_core::batch_kinds::BatchKind;

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
    rows: Vec<BatchRow>,
    /// The mark of the next page of rows.
    further: Option<String>,
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
    let rows = rows(&asked, &worker, &shown.batch).await?;
    let further = rows.last().map(|row| format!("{}.{}", row.row, row.id));
    let further = further.filter(|_| rows.len() as i64 == CONSOLE_ROWS);
    Ok(Answer::Page(Batch { f, shown, acts, sheet, done, rows, further }.render()?))
}

/// A page of its rows, after the one the URL names.
async fn rows(asked: &Asked, worker: &Worker, batch: &BatchRecord) -> Result<Vec<BatchRow>, Refusal> {
    let Some(kind) = BatchKind::named(&batch.kind) else { return Ok(Vec::new()) };
    Ok(worker.ledger.batch_rows(batch.id, kind, asked.after().unwrap_or_default(), CONSOLE_ROWS).await?)
}

impl From<BatchRefusal> for Refusal {
    fn from(refusal: BatchRefusal) -> Refusal {
        acts::refused(refusal)
    }
}
