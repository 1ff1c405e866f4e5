//! What needs two persons: asked for by one, given by another, carried out once.
//!
//! A command that needs a second person calls [`second_person`] with exactly what it would do. The first
//! time this asks; once it was given, the same call returns the approval's number, which the settling
//! transaction uses up with [`crate::people::approvals::use_approval`]. A changed request has another digest, so an
//! old approval does not cover it. Most actions are carried out by [`carry_out`] as soon as they are given;
//! an action that hands something to its maker waits for the maker's own command.
//!
//! To wire another action: a variant of `DualControl` (`core::domain::staff`, with who may give it), a call of
//! [`second_person`] in its command, an arm of `effect`, `use_approval` in the settling transaction, and
//! a statement in law 14.

use cardline_core::domain::staff::{DualControl, Role};
use cardline_core::state_machines::decision::Decision;
use jiff::Timestamp;
use serde_json::Value;

use super::batches::cancel::cancel_batch;
use super::batches::hold::release_batch;
use super::batches::refusal::BatchRefusal;
use super::cases::decide::decide;
use super::cases::refusal::CaseRefusal;
use super::erase::{EraseRefusal, erase};
use super::outcome::{ActionError, Instruction, Outcome};
use super::pickup::reassign::reassign_approved;
use super::pickup::refusal::PickupRefusal;
use super::pickup::windows::close_approved;
use super::quarantine::operations;
use super::quarantine::refusal::QuarantineRefusal;
use super::recovery::refusal::RecoveryRefusal;
use super::recovery::{after_restore, skip};
use super::render_anew;
use super::resend::ResendRefusal;
use crate::people::approvals::ApprovalRecord;
use crate::step::{StageError, Worker};
use crate::store::{Principal, Stamp};

/// Why an approval cannot be decided or carried out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ApprovalRefusal {
    /// None of this number waits for a decision within the scope of who asks.
    NotOpen { id: i64 },
    /// Whoever asked for it must not decide it.
    OwnRequest { id: i64 },
    /// The role may not decide this.
    Role { id: i64, action: DualControl, role: Role },
    /// Whoever asked for it is no enabled user any more.
    MakerLeft { id: i64, maker: String },
    /// What was asked for is no longer what would be done now, or cannot be done now.
    Changed { id: i64, because: Option<Box<Because>> },
    /// Asked for by another version of this program.
    Unknown { id: i64, action: String },
}

/// The refusal of an action that was approved before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Because {
    Batch(BatchRefusal),
    Quarantine(QuarantineRefusal),
    Recovery(RecoveryRefusal),
    Erase(EraseRefusal),
    Case(CaseRefusal),
    Pickup(PickupRefusal),
    File(ResendRefusal),
}

/// Why an approval was not decided or carried out.
pub type ApprovalError = ActionError<ApprovalRefusal>;

impl From<ApprovalRefusal> for ApprovalError {
    fn from(refusal: ApprovalRefusal) -> ApprovalError {
        ActionError::Refused(refusal)
    }
}

/// What became of an approval that was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carried {
    /// It is done.
    Out,
    /// It was done before; what had been left of it then is done now.
    Before,
    /// The maker carries it out, by the same command again.
    ByMaker,
}

/// A second person refuses what was asked for, or what was given and cannot be carried out.
pub async fn refuse(worker: &Worker, id: i64, approver: &Principal, now: Timestamp) -> Result<(), ApprovalError> {
    let record = decidable(worker, id, approver, &["asked", "given"], now).await?;
    let from = if record.state == "given" { "given" } else { "asked" };
    let why = Stamp { at: now, actor: &approver.name, reason: "a second person did not agree" };
    Ok(worker.ledger.decide_approval(id, from, "refused", why).await?)
}

/// A second person gives what was asked for, and it is carried out. Stopped in between, the same again
/// goes on; done, it changes nothing. What cannot be carried out stays given, and is listed so, until it is refused or
/// its time is over.
pub async fn give(
    worker: &mut Worker,
    id: i64,
    approver: &Principal,
    now: Timestamp,
) -> Result<Carried, ApprovalError> {
    let record = worker.ledger.approval(id).await?.ok_or(ApprovalRefusal::NotOpen { id })?;
    let record =
        if record.approver.as_deref() == Some(&approver.name) && matches!(record.state.as_str(), "given" | "used") {
            record
        } else {
            let asked = decidable(worker, id, approver, &["asked"], now).await?;
            let why = Stamp { at: now, actor: &approver.name, reason: "a second person agreed" };
            worker.ledger.decide_approval(id, "asked", "given", why).await?;
            asked
        };
    let was_used = record.state == "used";
    let carried = carry_out(worker, &record, now).await?;
    Ok(if was_used { Carried::Before } else { carried })
}

/// The approval, when this person may decide it now.
async fn decidable(
    worker: &Worker,
    id: i64,
    approver: &Principal,
    states: &[&str],
    now: Timestamp,
) -> Result<ApprovalRecord, ApprovalError> {
    let record = worker.ledger.approval(id).await?.ok_or(ApprovalRefusal::NotOpen { id })?;
    if !states.contains(&record.state.as_str()) || record.is_over(now) {
        return Err(ApprovalRefusal::NotOpen { id }.into());
    }
    if record.maker == approver.name {
        return Err(ApprovalRefusal::OwnRequest { id }.into());
    }
    let action = known(&record)?;
    if !action.approvers().contains(&approver.role) {
        return Err(ApprovalRefusal::Role { id, action, role: approver.role }.into());
    }
    Ok(record)
}

fn known(record: &ApprovalRecord) -> Result<DualControl, ApprovalRefusal> {
    DualControl::of(&record.act).ok_or_else(|| ApprovalRefusal::Unknown { id: record.id, action: record.act.clone() })
}

/// Carries out what was given, on behalf of its maker and within the maker's scope. Again after that it
/// changes nothing.
pub async fn carry_out(worker: &mut Worker, record: &ApprovalRecord, now: Timestamp) -> Result<Carried, ApprovalError> {
    let action = known(record)?;
    if action.is_collected() {
        return Ok(Carried::ByMaker);
    }
    let Some(maker) = worker.ledger.enabled_user(&record.maker).await? else {
        return Err(ApprovalRefusal::MakerLeft { id: record.id, maker: record.maker.clone() }.into());
    };
    let approver = worker.ledger.clone();
    worker.ledger = approver.seen_by(maker);
    let done = effect(worker, action, record, now).await;
    worker.ledger = approver;
    done.map(|()| Carried::Out)
}

async fn effect(
    worker: &Worker,
    action: DualControl,
    record: &ApprovalRecord,
    now: Timestamp,
) -> Result<(), ApprovalError> {
    let request = opened(worker, &record.request)?;
    match action {
        DualControl::BulkDiscard => {
            let discarded = operations::discard_approved(worker, record, &request, now).await;
            carried(record, discarded.map(|_| Outcome::Done(Vec::new())), Because::Quarantine)
        }
        DualControl::ReleaseBatch | DualControl::DestroyPlastic | DualControl::CancelBatch => {
            on_batch(worker, action, record, &request, now).await
        }
        DualControl::ErasePerson => {
            let ground = request["ground"].as_str().unwrap_or_default();
            let ended = erase(worker, &record.subject, ground, by_maker(record, &request, now)).await;
            carried(record, ended, Because::Erase)
        }
        DualControl::DecideCase => on_case(worker, record, &request, now).await,
        DualControl::CloseWindows => {
            let closed = close_approved(worker, &request, by_maker(record, &request, now)).await;
            carried(record, closed, Because::Pickup)
        }
        DualControl::ReassignPoint => {
            let moved = reassign_approved(worker, &request, by_maker(record, &request, now)).await;
            carried(record, moved, Because::Pickup)
        }
        DualControl::NewSequence => on_sequence(worker, record, &request, now).await,
        // Asked for by commands of another version, or carried out by their maker.
        DualControl::BulkExport | DualControl::ReplaceTable => {
            Err(ApprovalRefusal::Unknown { id: record.id, action: record.act.clone() }.into())
        }
    }
}

/// What was asked for, as its maker does it.
fn by_maker<'a>(record: &'a ApprovalRecord, request: &'a Value, at: Timestamp) -> Instruction<'a> {
    let reason = request["reason"].as_str().unwrap_or_default();
    Instruction { actor: &record.maker, reason, at, approval: Some(record.id) }
}

/// Decides a case, for its maker.
async fn on_case(
    worker: &Worker,
    record: &ApprovalRecord,
    request: &Value,
    now: Timestamp,
) -> Result<(), ApprovalError> {
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    let case = record.subject.strip_prefix("case ").and_then(|number| number.parse().ok());
    let (Some(case), Some(decision)) = (case, Decision::of(text("word"))) else {
        return Err(ApprovalRefusal::Unknown { id: record.id, action: record.act.clone() }.into());
    };
    carried(record, decide(worker, case, decision, by_maker(record, request, now)).await, Because::Case)
}

/// Carries out an action on a batch, for its maker.
async fn on_batch(
    worker: &Worker,
    action: DualControl,
    record: &ApprovalRecord,
    request: &Value,
    now: Timestamp,
) -> Result<(), ApprovalError> {
    let by = by_maker(record, request, now);
    let ended = match action {
        DualControl::CancelBatch => cancel_batch(worker, &record.subject, by).await,
        _ => release_batch(worker, &record.subject, by).await,
    };
    carried(record, ended, Because::Batch)
}

/// How the action that was asked for ended: one that is refused now is not what was approved.
fn carried<R>(
    record: &ApprovalRecord,
    ended: Result<Outcome, ActionError<R>>,
    because: impl Fn(R) -> Because,
) -> Result<(), ApprovalError> {
    let id = record.id;
    match ended {
        Ok(Outcome::Done(_)) => Ok(()),
        // Stopped after the action and before the answer: the approval is used.
        Ok(Outcome::Before(_)) if record.state == "used" => Ok(()),
        Ok(Outcome::Before(_)) => Err(ApprovalRefusal::Changed { id, because: None }.into()),
        Err(ActionError::Refused(refusal)) => {
            Err(ApprovalRefusal::Changed { id, because: Some(Box::new(because(refusal))) }.into())
        }
        Err(ActionError::Failed(error)) => Err(error.into()),
    }
}

/// Lets streams go on with other numbers, for the maker: one stream past what never came, all of them after a
/// restore, or ours with a batch that is rendered anew.
async fn on_sequence(
    worker: &Worker,
    record: &ApprovalRecord,
    request: &Value,
    now: Timestamp,
) -> Result<(), ApprovalError> {
    let text = |key: &str| request[key].as_str().unwrap_or_default();
    let by = by_maker(record, request, now);
    if record.state == "used" {
        // Stopped after the action and before the answer.
        return Ok(());
    }
    if text("what") == "accept" {
        let survey = after_restore::survey(worker).await?;
        let same = after_restore::wanted(&survey, &record.subject, by.reason).request == *request;
        let halted = survey.halt.as_ref().is_some_and(|halt| halt.subject() == record.subject);
        if !same || !halted {
            return Err(ApprovalRefusal::Changed { id: record.id, because: None }.into());
        }
        let accepted = after_restore::accept(worker, survey, by).await;
        return carried(record, accepted.map(|_| Outcome::Done(Vec::new())), Because::Recovery);
    }
    if text("what") == render_anew::WHAT {
        return carried(record, render_anew::render_approved(worker, request, by).await, Because::File);
    }
    let go_on_with = request["go_on_with"].as_i64().unwrap_or_default();
    let ended = skip::skip(worker, text("partner"), text("kind"), go_on_with, by).await;
    carried(record, ended, Because::Recovery)
}

/// The encrypted request, opened.
fn opened(worker: &Worker, encrypted: &[u8]) -> Result<Value, StageError> {
    let bytes = worker.keys.decrypt(encrypted)?;
    serde_json::from_slice(&bytes).map_err(|error| StageError::Shape(format!("the request of an approval: {error}")))
}
