//! A decision in the ledger: its record, what it moves, and the cases it settles, in one transaction.

use cardline_core::state_machines::CASE;
use cardline_core::state_machines::decision::Decision;
use jiff::Timestamp;

use super::moves::{DecisionDates, move_card, refuse_file};
use super::offers::{CaseCard, card_of, is_open, offered};
use crate::cases::case_list::{CaseRecord, case_within};
use crate::cases::deliveries::carton_goes_on;
use crate::cases::desk::overtake_cases;
use crate::people::approvals::use_approval;
use crate::store::row_macs::{catalog, counts};
use crate::store::transition::{Along, Transition, move_one};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, row};

row! {
    /// What was decided of a case.
    pub struct CaseAct {
        at: i64,
        actor: String,
        word: String,
        /// Encrypted.
        reason: Vec<u8>,
    }
}

/// A decision about to be recorded. `reason` is encrypted: it is a person's own words.
pub(super) struct NewDecision<'d> {
    pub case: i64,
    pub decision: Decision,
    pub actor: &'d str,
    pub at: Timestamp,
    pub reason: Vec<u8>,
    pub approval: Option<i64>,
}

/// What became of a decision.
pub(super) enum DecisionResult {
    Done,
    /// No such case is seen by who acts.
    Absent,
    /// Somebody decided it before.
    Decided(CaseAct),
    Overtaken,
    NotOffered(Vec<Decision>),
    NeedsSecond,
}

impl Ledger {
    /// What was decided of a case, if it was.
    pub async fn decided_of(&self, case: i64) -> Result<Option<CaseAct>, LedgerError> {
        decided(&mut self.read().await?, case).await
    }

    /// Decides a case, once.
    pub(super) async fn decide_case(
        &self,
        new: &NewDecision<'_>,
        dates: &DecisionDates,
    ) -> Result<DecisionResult, LedgerError> {
        let mut tx = self.begin().await?;
        // Two who decide one case queue here; SQLite has one writer.
        tx.run("UPDATE desk_case SET owner = owner WHERE id = $1", args![new.case]).await?;
        let Some(case) = case_within(&mut tx, new.case).await? else { return Ok(DecisionResult::Absent) };
        if let Some(before) = decided(&mut tx, new.case).await? {
            return Ok(DecisionResult::Decided(before));
        }
        if !is_open(&case) {
            return Ok(DecisionResult::Overtaken);
        }
        let card = card_of(&mut tx, &case).await?;
        let words = offered(&case, card.as_ref());
        if !words.contains(&new.decision) {
            return Ok(DecisionResult::NotOffered(words));
        }
        if new.decision.is_final() && new.approval.is_none() && tx.user().is_some() {
            return Ok(DecisionResult::NeedsSecond);
        }
        let why = Stamp { at: new.at, actor: new.actor, reason: new.decision.reason() };
        if let Some(approval) = new.approval {
            use_approval(&mut tx, approval, &subject(new.case), why).await?;
        }
        carry_out(&mut tx, &case, card.as_ref(), new.decision, dates, why).await?;
        record(&mut tx, new).await?;
        tx.commit().await?;
        Ok(DecisionResult::Done)
    }
}

/// What an approval of a decision is about.
pub(super) fn subject(case: i64) -> String {
    format!("case {case}")
}

async fn decided(tx: &mut Tx, case: i64) -> Result<Option<CaseAct>, LedgerError> {
    tx.row("SELECT at, actor, word, reason FROM case_act WHERE desk_case = $1", args![case]).await
}

async fn carry_out(
    tx: &mut Tx,
    case: &CaseRecord,
    card: Option<&CaseCard>,
    decision: Decision,
    dates: &DecisionDates,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    if let Some((card, on_hold)) = card.and_then(|card| Some((card, card.on_hold()?))) {
        move_card(tx, card, &on_hold, decision, dates, why).await?;
    } else if let (Decision::RefuseFile, Some(file)) = (decision, case.file) {
        refuse_file(tx, file, why).await?;
    } else if let Some(shipment) = case.shipment {
        carton_goes_on(tx, shipment).await?;
    }
    let along = Along { owner: Some("nobody"), ..Along::default() };
    move_one(tx, case.id, Transition::between(&CASE, &case.state, "decided")?, along, why).await?;
    if decision == Decision::Noted {
        return Ok(());
    }
    // The same card or file was asked about more than once: this decides it.
    let others = tx
        .rows::<(i64,)>(
            "SELECT id FROM desk_case WHERE state IN ('open', 'escalated') AND id <> $1
                AND (application = $2 OR (application IS NULL AND $2 IS NULL AND file = $3)) ORDER BY id",
            args![case.id, case.application, case.file],
        )
        .await?;
    overtake_cases(tx, &others, Stamp { reason: "decided with another case", ..why }).await
}

async fn record(tx: &mut Tx, new: &NewDecision<'_>) -> Result<(), LedgerError> {
    let user = tx.user();
    let id = tx
        .run_returning::<(i64,)>(
            "INSERT INTO case_act (at, actor, desk_case, word, reason, approval, by_user) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
            args![new.at, new.actor, new.case, new.decision.word(), new.reason.clone(), new.approval, user],
        )
        .await?;
    let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("case act id".into()))?;
    tx.cover_one(&catalog::CASE_ACT, id).await?;
    tx.count_one(&counts::CASE_ACTS).await
}
