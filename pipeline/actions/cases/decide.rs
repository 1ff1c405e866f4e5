//! Deciding a case.

use cardline_core::domain::staff::DualControl;
use cardline_core::state_machines::decision::Decision;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::moves::DecisionDates;
use super::offers::OfferedWord;
use super::refusal::{CaseError, CaseRefusal};
use super::rows::{CaseAct, DecisionResult, NewDecision, subject};
use crate::actions::dual_control::{Second, Wanted, second_person};
use crate::actions::outcome::{Instruction, Outcome};
use crate::cases::case_list::CaseRecord;
use crate::step::Worker;
use crate::time::local_date;

/// What a decision would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecisionPreview {
    pub case: i64,
    #[serde(flatten)]
    pub word: OfferedWord,
    pub application_id: Option<String>,
    pub file: Option<String>,
    /// Whether the same was decided before, so that nothing would change.
    pub done_before: bool,
}

/// What a decision would do; refused where the decision itself would be.
pub async fn preview(worker: &Worker, id: i64, decision: Decision, actor: &str) -> Result<DecisionPreview, CaseError> {
    let case = found(worker, id).await?;
    preview_of(worker, &case, decision, actor).await
}

async fn preview_of(
    worker: &Worker,
    case: &CaseRecord,
    decision: Decision,
    actor: &str,
) -> Result<DecisionPreview, CaseError> {
    let id = case.id;
    let done_before = match worker.ledger.decided_of(id).await? {
        Some(before) => is_same(id, before, decision, actor)?,
        None => false,
    };
    let words = worker.ledger.words_of(case).await?;
    let named = words.iter().find(|word| word.word == decision.word()).cloned();
    let word = match named {
        Some(word) => word,
        None if done_before => {
            let (word, does) = (decision.word(), decision.does());
            OfferedWord { word, does, to: None, second_person: decision.is_final() }
        }
        None if words.is_empty() => return Err(CaseRefusal::Overtaken { id }.into()),
        None => {
            let offered = words.iter().filter_map(|word| Decision::of(word.word)).collect();
            return Err(CaseRefusal::NotOffered { id, word: decision.word(), offered }.into());
        }
    };
    let (application_id, file) = (case.application_id.clone(), case.file_name.clone());
    Ok(DecisionPreview { case: id, word, application_id, file, done_before })
}

/// Asks for a second person where the decision needs one.
pub async fn asks_second(
    worker: &Worker,
    id: i64,
    decision: Decision,
    by: Instruction<'_>,
) -> Result<Second, CaseError> {
    let case = found(worker, id).await?;
    let preview = preview_of(worker, &case, decision, by.actor).await?;
    if preview.done_before || !decision.is_final() {
        return Ok(Second::NotNeeded);
    }
    let wanted = Wanted {
        action: DualControl::DecideCase,
        subject: &subject(id),
        request: json!({ "word": decision.word(), "reason": by.reason }),
        count: case.cards,
        bank: &case.bank,
        area: &case.region,
        reason: by.reason,
    };
    Ok(second_person(worker, &wanted, by.at).await?)
}

/// Decides a case. The same decision of the same person again changes nothing.
pub async fn decide(worker: &Worker, id: i64, decision: Decision, by: Instruction<'_>) -> Result<Outcome, CaseError> {
    let case = found(worker, id).await?;
    let reason = worker.keys.encrypt(by.reason.as_bytes())?;
    let new = NewDecision { case: id, decision, actor: by.actor, at: by.at, reason, approval: by.approval };
    let what = vec![subject(id), decision.word().to_owned()];
    match worker.ledger.decide_case(&new, &dates(worker, &case, by.at)).await? {
        DecisionResult::Done => Ok(Outcome::Done(what)),
        DecisionResult::Decided(before) => is_same(id, before, decision, by.actor).map(|_| Outcome::Before(what)),
        DecisionResult::Absent => Err(CaseRefusal::NoSuchCase { id }.into()),
        DecisionResult::Overtaken => Err(CaseRefusal::Overtaken { id }.into()),
        DecisionResult::NotOffered(offered) => {
            Err(CaseRefusal::NotOffered { id, word: decision.word(), offered }.into())
        }
        DecisionResult::NeedsSecond => Err(CaseRefusal::NeedsSecond { id }.into()),
    }
}

async fn found(worker: &Worker, id: i64) -> Result<CaseRecord, CaseError> {
    Ok(worker.ledger.case_record(id).await?.ok_or(CaseRefusal::NoSuchCase { id })?)
}

/// True where the same person decided the same before; whoever comes second is told who was first.
fn is_same(id: i64, before: CaseAct, decision: Decision, actor: &str) -> Result<bool, CaseError> {
    if before.actor == actor && before.word == decision.word() {
        return Ok(true);
    }
    let at = Timestamp::from_microsecond(before.at).unwrap_or_default();
    Err(CaseRefusal::Decided { id, by: before.actor, word: before.word, at }.into())
}

/// The days that follow a decision, by the policy of the card's region.
fn dates(worker: &Worker, case: &CaseRecord, at: Timestamp) -> DecisionDates {
    let today = local_date(at);
    let policy = worker.policy.of(&case.region, today);
    DecisionDates {
        again_on: worker.working_days_after(today, policy.case_working_days),
        remade_on: worker.working_days_after(today, policy.chase_working_days),
        closed_on: worker.working_days_after(today, policy.recycle_working_days),
    }
}
