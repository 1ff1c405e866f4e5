//! What needs two persons: asked for by one, given by another, carried out once.
//!
//! A command that needs a second person calls [`second_person`] with exactly what it would do. The first
//! time this asks; once it was given, the same call tells the approval's number, which the settling
//! transaction uses up with [`crate::people::approvals::use_approval`]. A changed request has another digest, so an
//! old approval does not cover it. Most acts are carried out by [`carry_out`] as soon as they are given;
//! an act that hands something to its maker waits for the maker's own command.
//!
//! To wire another act: a variant of `Act` (`core::domain::staff`, with who may give it), a call of
//! [`second_person`] in its command, an arm of `effect`, `use_approval` in the settling transaction, and
//! a statement in law 14.

use cardline_core::domain::staff::Act;
use jiff::Timestamp;
use serde_json::Value;

use super::batches::acts;
use super::batches::acts::{By, Told};
use super::quarantine::operations;
use super::recovery::{after_restore, skip};
use crate::people::approvals::ApprovalRecord;
use crate::step::{StageError, Worker};
use crate::store::{LedgerError, Principal, Why};

/// Why an approval cannot be decided or carried out.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalFault {
    #[error("no approval {0} waits for a decision; look at the list of all approvals")]
    None(i64),
    #[error("you asked for approval {0} yourself: somebody else must decide it")]
    OwnRequest(i64),
    #[error("a {role} may not decide approval {id} ({act})")]
    Role { id: i64, act: &'static str, role: &'static str },
    #[error("approval {id} was asked for by {maker}, who is no enabled user any more: refuse it")]
    MakerLeft { id: i64, maker: String },
    #[error(
        "approval {0}: what was asked for is no longer what would be done now; refuse it, and let it be asked for anew"
    )]
    Changed(i64),
    #[error("approval {id}: this program does not know how to carry out {act}")]
    Unknown { id: i64, act: String },
    #[error(transparent)]
    Stage(#[from] StageError),
}

impl From<LedgerError> for ApprovalFault {
    fn from(error: LedgerError) -> ApprovalFault {
        ApprovalFault::Stage(error.into())
    }
}

/// What became of an approval that was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carried {
    /// It is done.
    Out,
    /// The maker carries it out, by the same command again.
    ByMaker,
}

/// A second person refuses what was asked for, or what was given and cannot be carried out.
pub async fn refuse(worker: &Worker, id: i64, approver: &Principal, now: Timestamp) -> Result<(), ApprovalFault> {
    let record = decidable(worker, id, approver, &["asked", "given"], now).await?;
    let from = if record.state == "given" { "given" } else { "asked" };
    let why = Why { at: now, actor: &approver.name, reason: "a second person did not agree" };
    Ok(worker.ledger.decide_approval(id, from, "refused", why).await?)
}

/// A second person gives what was asked for, and it is carried out. Stopped in between, the same again
/// goes on; done, it changes nothing.
pub async fn give(
    worker: &mut Worker,
    id: i64,
    approver: &Principal,
    now: Timestamp,
) -> Result<Carried, ApprovalFault> {
    let record = worker.ledger.approval(id).await?.ok_or(ApprovalFault::None(id))?;
    let record =
        if record.approver.as_deref() == Some(&approver.name) && matches!(record.state.as_str(), "given" | "used") {
            record
        } else {
            let asked = decidable(worker, id, approver, &["asked"], now).await?;
            let why = Why { at: now, actor: &approver.name, reason: "a second person agreed" };
            worker.ledger.decide_approval(id, "asked", "given", why).await?;
            asked
        };
    carry_out(worker, &record, now).await
}

/// The approval, when this person may decide it now.
async fn decidable(
    worker: &Worker,
    id: i64,
    approver: &Principal,
    states: &[&str],
    now: Timestamp,
) -> Result<ApprovalRecord, ApprovalFault> {
    let record = worker.ledger.approval(id).await?.ok_or(ApprovalFault::None(id))?;
    if !states.contains(&record.state.as_str()) || record.is_over(now) {
        return Err(ApprovalFault::None(id));
    }
    if record.maker == approver.name {
        return Err(ApprovalFault::OwnRequest(id));
    }
    let act = known(&record)?;
    if !act.approvers().contains(&approver.role) {
        return Err(ApprovalFault::Role { id, act: act.code(), role: approver.role.code() });
    }
    Ok(record)
}

fn known(record: &ApprovalRecord) -> Result<Act, ApprovalFault> {
    Act::of(&record.act).ok_or_else(|| ApprovalFault::Unknown { id: record.id, act: record.act.clone() })
}

/// Carries out what was given, on behalf of its maker and within the maker's scope. Again after that it
/// changes nothing.
pub async fn carry_out(worker: &mut Worker, record: &ApprovalRecord, now: Timestamp) -> Result<Carried, ApprovalFault> {
    let act = known(record)?;
    if act.is_collected() {
        return Ok(Carried::ByMaker);
    }
    let Some(maker) = worker.ledger.enabled_user(&record.maker).await? else {
        return Err(ApprovalFault::MakerLeft { id: record.id, maker: record.maker.clone() });
    };
    let approver = worker.ledger.clone();
    worker.ledger = approver.seen_by(maker);
    let done = effect(worker, act, record, now).await;
    worker.ledger = approver;
    done.map(|()| Carried::Out)
}

async fn effect(worker: &Worker, act: Act, record: &ApprovalRecord, now: Timestamp) -> Result<(), ApprovalFault> {
    let request = opened(worker, &record.request)?;
    match act {
        Act::BulkDiscard => match operations::discard_approved(worker, record, &request, now).await? {
            operations::Told::Done(_) => Ok(()),
            _ => Err(ApprovalFault::Changed(record.id)),
        },
        Act::ReleaseBatch | Act::DestroyPlastic | Act::CancelBatch => {
            on_batch(worker, act, record, &request, now).await
        }
        Act::NewSequence => on_sequence(worker, record, &request, now).await,
        // Asked for by commands of another version, or carried out by their maker.
        Act::BulkExport | Act::ReplaceTable => Err(ApprovalFault::Unknown { id: record.id, act: record.act.clone() }),
    }
}

/// Carries out an act on a batch, for its maker.
async fn on_batch(
    worker: &Worker,
    act: Act,
    record: &ApprovalRecord,
    request: &Value,
    now: Timestamp,
) -> Result<(), ApprovalFault> {
    let reason = request["reason"].as_str().unwrap_or_default();
    let by = By { actor: &record.maker, reason, at: now, approval: Some(record.id) };
    let told = match act {
        Act::CancelBatch => acts::cancel_batch(worker, &record.subject, by).await?,
        _ => acts::release_batch(worker, &record.subject, by).await?,
    };
    match told {
        Told::Done(_) => Ok(()),
        // Stopped after the act and before the answer: the approval is used.
        Told::Before(_) if record.state == "used" => Ok(()),
        Told::Before(_) | Told::Refused(_) => Err(ApprovalFault::Changed(record.id)),
    }
}

/// Lets streams go on with other numbers, for the maker: one stream past what never came, or all of them
/// after a restore.
async fn on_sequence(
    worker: &Worker,
    record: &ApprovalRecord,
    request: &Value,
    now: Timestamp,
) -> Result<(), ApprovalFault> {
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    let by = By { actor: &record.maker, reason: text("reason"), at: now, approval: Some(record.id) };
    if record.state == "used" {
        // Stopped after the act and before the answer.
        return Ok(());
    }
    if text("what") == "accept" {
        let survey = after_restore::survey(worker).await?;
        let same = after_restore::wanted(&survey, &record.subject, by.reason).request == *request;
        let halted = survey.halt.as_ref().is_some_and(|halt| halt.subject() == record.subject);
        if !same || !halted {
            return Err(ApprovalFault::Changed(record.id));
        }
        after_restore::accept(worker, survey, by).await?;
        return Ok(());
    }
    let go_on_with = request["go_on_with"].as_i64().unwrap_or_default();
    match skip::skip(worker, text("partner"), text("kind"), go_on_with, by).await? {
        Told::Done(_) => Ok(()),
        Told::Before(_) | Told::Refused(_) => Err(ApprovalFault::Changed(record.id)),
    }
}

/// The encrypted request, opened.
fn opened(worker: &Worker, encrypted: &[u8]) -> Result<Value, StageError> {
    let bytes = worker.keys.decrypt(encrypted)?;
    serde_json::from_slice(&bytes).map_err(|error| StageError::Shape(format!("the request of an approval: {error}")))
}
