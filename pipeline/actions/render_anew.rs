//! Renders a batch that was sent anew: the same cards in a new file, under the next number of its stream.
//!
//! Only a batch of which nothing is answered. A partner that reads both files opens accounts or makes cards
//! twice, so it takes two persons, who see whether the file before still lies there. The file before is replaced
//! once the new one is placed; an answer that comes earlier cancels the new one.

use std::fmt::{self, Display, Formatter};

use cardline_core::domain::staff::DualControl;
use cardline_core::domain::visible::grouped;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::dual_control::{ABOUT, Second, Wanted, second_person};
use super::outcome::{ActionError, Instruction, Outcome, while_passing};
use super::resend::{ResendError, ResendRefusal, Resending, ours, replaced_by, seen};
use crate::actions::batches::cancel::kind_of;
use crate::actions::batches::record::record;
use crate::actions::batches::targets::batch_within;
use crate::batching::any_kind::Part;
use crate::batching::batch_list::BatchRecord;
use crate::batching::batch_record::NewBatchAction;
use crate::batching::cutting;
use crate::step::{StageError, Worker};

/// What the request of an approval says it is.
pub const WHAT: &str = "render-anew";

/// What rendering anew does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RenderingAnew {
    /// The file that is replaced.
    #[serde(flatten)]
    pub before: Resending,
    pub batch: String,
    /// The number the new file would get now.
    pub number: i64,
}

/// What rendering anew does, for the eyes of the second person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewFile {
    pub batch: String,
    /// The name of the file before, at the partner.
    pub replaces: String,
    /// The number the new file would have got when it was asked for.
    pub number: i64,
    pub rows: i64,
    /// Whether the file before lay at the partner.
    pub lies_there: bool,
}

impl Display for NewFile {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let NewFile { batch, replaces, number, rows, lies_there } = self;
        let lies = if *lies_there { "still lies" } else { "does not lie" };
        let rows = grouped(*rows);
        write!(
            f,
            "{batch}, {rows} rows, anew under number {number} or a later one; {replaces}, which {lies} at the partner, is replaced"
        )
    }
}

/// A file that may be rendered anew, and its batch.
struct Sent {
    before: Resending,
    kind: String,
    batch: (i64, BatchRecord),
}

/// What rendering a file anew would do. Looks at the partner, and changes nothing.
///
/// # Errors
/// It cannot be rendered anew, or the partner cannot be reached.
pub async fn preview_anew(worker: &Worker, id: i64) -> Result<RenderingAnew, ResendError> {
    let sent = sent(worker, id).await?;
    let number = next_number(worker, &sent).await?;
    Ok(RenderingAnew { before: sent.before, batch: sent.batch.1.number, number })
}

async fn next_number(worker: &Worker, sent: &Sent) -> Result<i64, StageError> {
    Ok(worker.ledger.next_sequence(&sent.before.partner, &sent.kind, "out").await?)
}

/// Asks for a second person.
///
/// # Errors
/// As of the preview.
pub async fn asks_second(worker: &Worker, id: i64, by: Instruction<'_>) -> Result<Second, ResendError> {
    let sent = sent(worker, id).await?;
    let number = next_number(worker, &sent).await?;
    let Sent { before, batch: (_, batch), .. } = sent;
    let Resending { name: replaces, rows, lies_there, .. } = before;
    let about = NewFile { batch: batch.number.clone(), replaces, number, rows, lies_there };
    let wanted = Wanted {
        action: DualControl::NewSequence,
        subject: &batch.number,
        request: json!({ "what": WHAT, "file": id, "reason": by.reason, ABOUT: about }),
        count: batch.cards,
        bank: &batch.bank,
        area: &batch.region,
        reason: by.reason,
    };
    Ok(second_person(worker, &wanted, by.at).await?)
}

/// Renders what was approved, for its maker.
///
/// # Errors
/// As of [`render_anew`].
pub async fn render_approved(worker: &Worker, request: &Value, by: Instruction<'_>) -> Result<Outcome, ResendError> {
    render_anew(worker, request["file"].as_i64().unwrap_or_default(), by).await
}

/// Renders a file anew; a worker sends it like any other. Gives the name of the new file.
///
/// # Errors
/// It cannot be rendered anew, the partner cannot be reached, or the ledger cannot be written.
pub async fn render_anew(worker: &Worker, id: i64, by: Instruction<'_>) -> Result<Outcome, ResendError> {
    let action = record(worker, by, WHAT, None)?;
    while_passing(|| rendered(worker, id, &action)).await
}

async fn rendered(worker: &Worker, id: i64, action: &NewBatchAction) -> Result<Outcome, ResendError> {
    let Sent { batch: (batch, record), .. } = sent(worker, id).await?;
    let mut part = part(worker, batch, &record, action.at).await?;
    let cut = part.cut();
    let file = cut.file.take().filter(|_| cut.members.len() as i64 == record.cards && cut.partner == record.partner);
    let Some(file) = file else {
        return Err(ResendRefusal::CardsLeft { cards: record.cards - cut.members.len() as i64 }.into());
    };
    worker.objects.put("files", part.bytes()).await.map_err(StageError::from)?;
    if !worker.ledger.freeze_anew(id, batch, &file, action).await.map_err(StageError::from)? {
        // Somebody was quicker, or the answer came.
        sent(worker, id).await?;
        return Err(ResendRefusal::Answered.into());
    }
    Ok(Outcome::Done(vec![file.name]))
}

async fn part(worker: &Worker, batch: i64, record: &BatchRecord, now: Timestamp) -> Result<Box<dyn Part>, StageError> {
    let kind = kind_of(record)?;
    let mut numbers = cutting::numbers(worker, kind.kind(), &record.partner, now).await?;
    numbers.batch.clone_from(&record.number);
    kind.render_anew(worker, (batch, record.slice(now)), &numbers, now).await
}

async fn sent(worker: &Worker, id: i64) -> Result<Sent, ResendError> {
    let (partner, file) = ours(worker, id).await?;
    if let Some(by) = replaced_by(worker, &file).await? {
        return Err(ResendRefusal::Replaced { by }.into());
    }
    if file.state == "answered" {
        return Err(ResendRefusal::Answered.into());
    }
    let not_sent = || ResendRefusal::NotSent { state: file.state.clone() };
    let number = match file.batch.filter(|_| file.state == "placed") {
        Some(batch) => worker.ledger.batch_number(batch).await.map_err(StageError::from)?.ok_or_else(not_sent)?,
        None => return Err(not_sent().into()),
    };
    let found = batch_within(&worker.ledger, &number).await;
    let batch = found.map_err(|error| match error {
        // What lies outside the scope is treated as not found.
        ActionError::Refused(_) => ResendRefusal::NoFile(id).into(),
        ActionError::Failed(error) => ResendError::Failed(error),
    })?;
    if batch.1.state != "sent" {
        return Err(ResendRefusal::Answered.into());
    }
    Ok(Sent { before: seen(partner, &file).await?, kind: file.kind, batch })
}
