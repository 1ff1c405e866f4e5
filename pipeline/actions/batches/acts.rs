//! The operator's hand on batches: cut now, hold, release, split, cancel.
//!
//! One function an act; each carries it out at once, for whoever is allowed to. Invariants: every act is
//! recorded with who, when and why in the transaction of its effect; the same act again has no second
//! effect; a refusal changes nothing and says what to do; nobody reaches beyond their scope. Not here: which
//! role may do it, a second person's approval, and the SQL (`actions/batches/rows.rs`).

use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::staff::Act;
use jiff::Timestamp;
use serde_json::json;

use super::reach::{batch_within, holds_nothing, release_first, stream_within};
pub use super::split::Division;
use super::split::parts;
use crate::actions::batches::rows::Acted;
use crate::actions::dual_control::Wanted;
use crate::batching::batch_list::BatchRecord;
use crate::batching::batch_record::NewBatchAction;
use crate::batching::cutting;
use crate::batching::kind::AnyKind;
use crate::batching::schedule;
use crate::batching::schedule::WaitingStream;
use crate::limits::PASSING_FAULT_TRIES;
use crate::route::batches_of;
use crate::step::{StageError, Worker};
use crate::time::local_date;

/// Who acts, when and why.
#[derive(Clone, Copy)]
pub struct By<'a> {
    pub actor: &'a str,
    pub reason: &'a str,
    pub at: Timestamp,
    /// The approval it takes, once a second person gave it.
    pub approval: Option<i64>,
}

impl By<'_> {
    fn act(&self, worker: &Worker, what: &'static str, stream: Option<&str>) -> Result<NewBatchAction, StageError> {
        let reason = worker.keys.encrypt(self.reason.as_bytes())?;
        let (actor, stream) = (self.actor.into(), stream.map(str::to_owned));
        Ok(NewBatchAction { at: self.at, actor, what, stream, reason, approval: self.approval })
    }
}

/// How an act ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// Carried out; the batches that came of it.
    Done(Vec<String>),
    /// It was so before; nothing was changed now.
    Before(Vec<String>),
    /// Nothing was changed; why, and what to do.
    Refused(String),
}

/// What somebody wants of a batch that may need two persons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OfBatch {
    Cancel,
    Release,
}

/// What the next batch of a stream would be, for who confirms it by its number.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Preview {
    pub stream: String,
    pub batch: String,
    pub cards: i64,
    /// Region and cards, in the order of the file.
    pub sections: Vec<(String, i64)>,
}

/// Keeps a stream, or every stream below the beginning of a name, from being cut.
pub async fn hold_stream(worker: &Worker, stream: &str, by: By<'_>) -> Result<Told, StageError> {
    if let Err(wrong) = stream_within(worker, stream) {
        return Ok(Told::Refused(wrong));
    }
    if let Some(wrong) = holds_nothing(stream) {
        return Ok(Told::Refused(wrong));
    }
    let act = by.act(worker, "hold", Some(stream))?;
    Ok(told(worker.ledger.hold_stream(stream, &act).await?, stream))
}

/// Lets a held stream go on.
pub async fn release_stream(worker: &Worker, stream: &str, by: By<'_>) -> Result<Told, StageError> {
    if let Err(wrong) = stream_within(worker, stream) {
        return Ok(Told::Refused(wrong));
    }
    let act = by.act(worker, "release", Some(stream))?;
    let acted = worker.ledger.release_stream(stream, &act).await?;
    let holds = worker.ledger.held_streams().await?;
    let wider = holds.iter().find(|(held, _)| acted == Acted::Before && schedule::covers(held, stream));
    Ok(match wider {
        Some((wider, _)) => Told::Refused(format!("{stream} is held with {wider}; {}", release_first(worker, wider))),
        None => told(acted, stream),
    })
}

/// Keeps a batch that was cut from being sent.
pub async fn hold_batch(worker: &Worker, number: &str, by: By<'_>) -> Result<Told, StageError> {
    let (id, _) = match batch_within(&worker.ledger, number).await? {
        Ok(found) => found,
        Err(wrong) => return Ok(Told::Refused(wrong)),
    };
    Ok(told(worker.ledger.hold_batch(id, &by.act(worker, "hold", None)?).await?, number))
}

/// Lets a held batch be sent: the release to printing of a production batch, to destruction of a recycling
/// batch.
pub async fn release_batch(worker: &Worker, number: &str, by: By<'_>) -> Result<Told, StageError> {
    let (id, _) = match batch_within(&worker.ledger, number).await? {
        Ok(found) => found,
        Err(wrong) => return Ok(Told::Refused(wrong)),
    };
    Ok(told(worker.ledger.release_batch(id, &by.act(worker, "release", None)?).await?, number))
}

/// What a second person is asked for: to cancel a batch, to let a production batch be printed, and to let a
/// recycling batch close accounts and destroy plastic. What is no longer possible is not asked for: the act
/// itself says why.
pub fn needs_second<'a>(what: OfBatch, batch: &'a BatchRecord, reason: &'a str) -> Option<Wanted<'a>> {
    let (act, possible): (Act, &[&str]) = match what {
        OfBatch::Cancel => (Act::CancelBatch, &["cut", "held"]),
        OfBatch::Release => (BatchKind::named(&batch.kind)?.release?, &["held"]),
    };
    possible.contains(&batch.state.as_str()).then(|| Wanted {
        act,
        subject: &batch.number,
        request: json!({ "reason": reason }),
        count: batch.cards,
        bank: &batch.bank,
        area: &batch.region,
        reason,
    })
}

/// Ends a batch that is not sent yet: its cards wait again, its number and its file's number stay used.
pub async fn cancel_batch(worker: &Worker, number: &str, by: By<'_>) -> Result<Told, StageError> {
    let (id, batch) = match batch_within(&worker.ledger, number).await? {
        Ok(found) => found,
        Err(wrong) => return Ok(Told::Refused(wrong)),
    };
    let act = by.act(worker, "cancel", None)?;
    let again_on = again_on(worker, &batch, by.at);
    let kind = kind_of(&batch)?;
    Ok(told(worker.ledger.cancel_batch(id, kind, again_on, &act).await?, number))
}

/// Divides a batch that is not sent yet into two, under new numbers; a held batch gives held parts.
pub async fn split_batch(worker: &Worker, number: &str, division: &Division, by: By<'_>) -> Result<Told, StageError> {
    let (id, _) = match batch_within(&worker.ledger, number).await? {
        Ok(found) => found,
        Err(wrong) => return Ok(Told::Refused(wrong)),
    };
    let act = by.act(worker, "split", None)?;
    let mut tries = 0;
    let acted = loop {
        tries += 1;
        match try_split(worker, number, division, &act).await {
            // Another batch took the numbers; nothing was written.
            Err(error) if error.is_passing() && tries < PASSING_FAULT_TRIES => {}
            other => break other?,
        }
    };
    let made = worker.ledger.batch_acts(id).await?.into_iter().rfind(|k| k.what == "split");
    let made: Vec<String> =
        made.and_then(|k| k.result).map_or_else(Vec::new, |r| r.split(", ").map(str::to_owned).collect());
    Ok(match acted {
        Told::Done(_) => Told::Done(made),
        Told::Before(_) => Told::Before(made),
        refused => refused,
    })
}

async fn try_split(
    worker: &Worker,
    number: &str,
    division: &Division,
    act: &NewBatchAction,
) -> Result<Told, StageError> {
    let (id, batch) = match batch_within(&worker.ledger, number).await? {
        Ok(found) => found,
        Err(wrong) => return Ok(Told::Refused(wrong)),
    };
    let parts = match batch.state.as_str() {
        "cut" | "held" => match parts(worker, id, &batch, division, act.at).await? {
            Ok(parts) => parts,
            Err(wrong) => return Ok(Told::Refused(wrong)),
        },
        // The ledger says what became of it.
        _ => Vec::new(),
    };
    let again_on = again_on(worker, &batch, act.at);
    Ok(told(worker.ledger.split_batch(id, kind_of(&batch)?, &parts, again_on, act).await?, number))
}

/// What the next batch of a stream would be now.
pub async fn preview_cut(worker: &Worker, stream: &str, at: Timestamp) -> Result<Result<Preview, String>, StageError> {
    let candidate = match forced(worker, stream, at).await? {
        Ok(candidate) => candidate,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let cards = candidate.batch_cards();
    let portions = batches_of(candidate.stream.kind)?.portions(worker, &candidate, cards).await?;
    let sections = portions.into_iter().map(|(slice, n)| (slice.region, n)).collect();
    let batch = next_numbers(worker, &candidate, at).await?.batch;
    Ok(Ok(Preview { stream: stream.into(), batch, cards, sections }))
}

/// Cuts the next batch of a stream now, whatever the cut-off, under the number its preview showed.
pub async fn cut_now(worker: &Worker, stream: &str, number: &str, by: By<'_>) -> Result<Told, StageError> {
    if let Some((id, _)) = worker.ledger.batch(number).await? {
        let acts = worker.ledger.batch_acts(id).await?;
        let same = acts.iter().any(|k| k.what == "cut" && k.stream.as_deref() == Some(stream));
        return Ok(if same { Told::Before(vec![number.into()]) } else { other_number(number) });
    }
    let due = match forced(worker, stream, by.at).await? {
        Ok(due) => due,
        Err(wrong) => return Ok(Told::Refused(wrong)),
    };
    if next_numbers(worker, &due, by.at).await?.batch != number {
        return Ok(other_number(number));
    }
    let Some(lease) = worker.lease(&due.stream.kind.work(), by.at).await? else {
        return Ok(Told::Refused(format!("another scheduler is cutting {stream} now; look at the plan again")));
    };
    // Under the lease nobody else takes of the bureau's capacity.
    let due = match forced(worker, stream, by.at).await? {
        Ok(due) => due,
        Err(wrong) => {
            worker.ledger.give_back(&lease).await?;
            return Ok(Told::Refused(wrong));
        }
    };
    let action = by.act(worker, "cut", Some(stream))?;
    let settled = batches_of(due.stream.kind)?.cut(worker, due.unit(), lease, action, by.at).await;
    match settled {
        // Somebody else took the number meanwhile; nothing was written.
        Err(error) if error.is_passing() => Ok(other_number(number)),
        Err(error) => Err(error),
        Ok(()) if worker.ledger.batch(number).await?.is_some() => Ok(Told::Done(vec![number.into()])),
        Ok(()) => Ok(Told::Refused(format!("no card of {stream} can be carried now; the plan of batches says why"))),
    }
}

fn kind_of(batch: &BatchRecord) -> Result<&'static dyn AnyKind, StageError> {
    let named = BatchKind::named(&batch.kind);
    batches_of(named.ok_or_else(|| StageError::Shape(format!("{} is no kind of batch", batch.kind)))?)
}

/// The stream as if it were due.
async fn forced<'s>(
    worker: &'s Worker,
    stream: &str,
    at: Timestamp,
) -> Result<Result<WaitingStream<'s>, String>, StageError> {
    let kind = match stream_within(worker, stream) {
        Ok(kind) => kind,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let waiting = batches_of(kind)?.waiting(&worker.ledger).await?;
    let found = schedule::cut_now(worker, kind, waiting, stream, at).await?;
    Ok(match found {
        None => Err(format!("nothing waits in {stream}; the plan of batches shows what does")),
        Some(c) => match &c.held_by {
            Some(held) => Err(format!("{stream} is held with {held}; {}", release_first(worker, held))),
            None if c.take == 0 => Err(format!("{} has no capacity left today; cut tomorrow", c.partner.profile.code)),
            None => Ok(c),
        },
    })
}

async fn next_numbers(worker: &Worker, c: &WaitingStream<'_>, at: Timestamp) -> Result<cutting::Numbers, StageError> {
    cutting::numbers(worker, c.stream.kind, &c.partner.profile.code, at).await
}

/// By when cards that wait again are in a batch: as long as the partner's batches may wait, and two days.
fn again_on(worker: &Worker, batch: &BatchRecord, at: Timestamp) -> jiff::civil::Date {
    let days = worker.partners.get(&batch.partner).map_or(0, |p| p.profile.batch.max_age_days);
    worker.working_days_after(local_date(at), days + 2)
}

fn other_number(number: &str) -> Told {
    Told::Refused(format!("{number} is not the next number of this stream any more; preview it again with --dry-run"))
}

fn told(acted: Acted, what: &str) -> Told {
    match acted {
        Acted::Done => Told::Done(vec![what.into()]),
        Acted::Before => Told::Before(vec![what.into()]),
        Acted::Sending => Told::Refused(format!(
            "{what} is being sent: its file may lie at the partner already; once it is sent, ask the partner to put it aside"
        )),
        Acted::Stands(state) => Told::Refused(match state.as_str() {
            "cancelled" => {
                format!("{what} was ended before; its record says by whom and what came of it")
            }
            "cut" => format!("{what} is cut and not held"),
            _ => format!(
                "{what} is {state}: its file is at the partner; ask the partner to put it aside, and wait for its answer"
            ),
        }),
    }
}
