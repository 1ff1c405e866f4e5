//! What needs two persons: asked for by one, given by another, carried out once.
//!
//! A command that needs a second person calls [`second_person`] with exactly what it would do. The first
//! time this asks; once it was given, the same call tells the approval's number, which the settling
//! transaction uses up with [`crate::ledger::use_approval`]. A changed request has another digest, so an
//! old approval does not cover it. Most acts are carried out by [`carry_out`] as soon as they are given;
//! an act that hands something to its maker waits for the maker's own command.
//!
//! To wire another act: a variant of `Act` (`core::domain::staff`, with who may give it), a call of
//! [`second_person`] in its command, an arm of `effect`, `use_approval` in the settling transaction, and
//! a statement in law 14.

use cardline_core::domain::staff::Act;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::batch_acts::{self, By, Told};
use super::{StageError, Station, quarantine, reconcile, skip};
use crate::ledger::{ApprovalRecord, LedgerError, NewApproval, Viewer, Why};
use crate::objects::sha256;

/// What somebody wants to do.
pub struct Wanted<'a> {
    pub act: Act,
    /// What it is about, in the open; no personal data.
    pub subject: &'a str,
    /// Exactly what will be done; also all that carrying it out takes. Kept sealed.
    pub request: Value,
    /// Cards, messages or lines it touches.
    pub count: i64,
    /// Bank and area it lies in; empty: more than one.
    pub bank: &'a str,
    pub area: &'a str,
    /// The maker's own words; kept sealed.
    pub reason: &'a str,
}

impl Wanted<'_> {
    /// The digest of exactly this.
    pub fn digest(&self) -> String {
        let whole = json!([self.act.code(), self.subject, self.request, self.count, self.bank, self.area, self.reason]);
        sha256(whole.to_string().as_bytes())
    }
}

/// Whether it may be done now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Second {
    /// There are no users yet, so nobody can be told from anybody else.
    NotNeeded,
    /// A second person gave it; the number to use up.
    Given(i64),
    /// It waits for a second person. `maker` asked for it.
    Asked { id: i64, maker: String },
    /// It was given to `maker`, who carries it out.
    GivenTo { id: i64, maker: String },
}

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

/// Whether the user who asks may do it now; asks for a second person where nobody did.
pub async fn second_person(station: &Station, wanted: &Wanted<'_>, now: Timestamp) -> Result<Second, StageError> {
    let Some(maker) = station.ledger.viewer() else { return Ok(Second::NotNeeded) };
    let digest = wanted.digest();
    if let Some(open) = station.ledger.open_approval(&digest, now).await? {
        let ApprovalRecord { id, maker: asked_by, state, .. } = open;
        return Ok(match (state.as_str(), asked_by == maker.name) {
            ("given", true) => Second::Given(id),
            ("given", false) => Second::GivenTo { id, maker: asked_by },
            _ => Second::Asked { id, maker: asked_by },
        });
    }
    let new = NewApproval {
        act: wanted.act,
        subject: wanted.subject.into(),
        digest,
        request: station.keys.seal(wanted.request.to_string().as_bytes())?,
        count: wanted.count,
        bank: wanted.bank.into(),
        area: wanted.area.into(),
        reason: station.keys.seal(wanted.reason.as_bytes())?,
    };
    let why = Why { at: now, actor: &maker.name, reason: "asked for a second person" };
    let id = station.ledger.ask_approval(new, why).await?;
    Ok(Second::Asked { id, maker: maker.name.clone() })
}

/// A second person refuses what was asked for, or what was given and cannot be carried out.
pub async fn refuse(station: &Station, id: i64, approver: &Viewer, now: Timestamp) -> Result<(), ApprovalFault> {
    let record = decidable(station, id, approver, &["asked", "given"], now).await?;
    let from = if record.state == "given" { "given" } else { "asked" };
    let why = Why { at: now, actor: &approver.name, reason: "a second person did not agree" };
    Ok(station.ledger.decide_approval(id, from, "refused", why).await?)
}

/// A second person gives what was asked for, and it is carried out. Stopped in between, the same again
/// goes on; done, it changes nothing.
pub async fn give(station: &mut Station, id: i64, approver: &Viewer, now: Timestamp) -> Result<Carried, ApprovalFault> {
    let record = station.ledger.approval(id).await?.ok_or(ApprovalFault::None(id))?;
    let record =
        if record.approver.as_deref() == Some(&approver.name) && matches!(record.state.as_str(), "given" | "used") {
            record
        } else {
            let asked = decidable(station, id, approver, &["asked"], now).await?;
            let why = Why { at: now, actor: &approver.name, reason: "a second person agreed" };
            station.ledger.decide_approval(id, "asked", "given", why).await?;
            asked
        };
    carry_out(station, &record, now).await
}

/// The approval, when this person may decide it now.
async fn decidable(
    station: &Station,
    id: i64,
    approver: &Viewer,
    states: &[&str],
    now: Timestamp,
) -> Result<ApprovalRecord, ApprovalFault> {
    let record = station.ledger.approval(id).await?.ok_or(ApprovalFault::None(id))?;
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
pub async fn carry_out(
    station: &mut Station,
    record: &ApprovalRecord,
    now: Timestamp,
) -> Result<Carried, ApprovalFault> {
    let act = known(record)?;
    if act.is_collected() {
        return Ok(Carried::ByMaker);
    }
    let Some(maker) = station.ledger.enabled_user(&record.maker).await? else {
        return Err(ApprovalFault::MakerLeft { id: record.id, maker: record.maker.clone() });
    };
    let approver = station.ledger.clone();
    station.ledger = approver.seen_by(maker);
    let done = effect(station, act, record, now).await;
    station.ledger = approver;
    done.map(|()| Carried::Out)
}

async fn effect(station: &Station, act: Act, record: &ApprovalRecord, now: Timestamp) -> Result<(), ApprovalFault> {
    let request = opened(station, &record.request)?;
    match act {
        Act::BulkDiscard => match quarantine::discard_approved(station, record, &request, now).await? {
            quarantine::Told::Done(_) => Ok(()),
            _ => Err(ApprovalFault::Changed(record.id)),
        },
        Act::ReleaseBatch | Act::DestroyPlastic | Act::CancelBatch => {
            on_batch(station, act, record, &request, now).await
        }
        Act::NewSequence => on_sequence(station, record, &request, now).await,
        // Asked for by commands of another version, or carried out by their maker.
        Act::BulkExport | Act::ReplaceTable => Err(ApprovalFault::Unknown { id: record.id, act: record.act.clone() }),
    }
}

/// Carries out an act on a batch, for its maker.
async fn on_batch(
    station: &Station,
    act: Act,
    record: &ApprovalRecord,
    request: &Value,
    now: Timestamp,
) -> Result<(), ApprovalFault> {
    let reason = request["reason"].as_str().unwrap_or_default();
    let by = By { actor: &record.maker, reason, at: now, approval: Some(record.id) };
    let told = match act {
        Act::CancelBatch => batch_acts::cancel_batch(station, &record.subject, by).await?,
        _ => batch_acts::release_batch(station, &record.subject, by).await?,
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
    station: &Station,
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
        let survey = reconcile::survey(station).await?;
        let same = reconcile::wanted(&survey, &record.subject, by.reason).request == *request;
        let halted = survey.halt.as_ref().is_some_and(|halt| halt.subject() == record.subject);
        if !same || !halted {
            return Err(ApprovalFault::Changed(record.id));
        }
        reconcile::accept(station, survey, by).await?;
        return Ok(());
    }
    let go_on_with = request["go_on_with"].as_i64().unwrap_or_default();
    match skip::skip(station, text("partner"), text("kind"), go_on_with, by).await? {
        Told::Done(_) => Ok(()),
        Told::Before(_) | Told::Refused(_) => Err(ApprovalFault::Changed(record.id)),
    }
}

/// The sealed request, opened.
fn opened(station: &Station, sealed: &[u8]) -> Result<Value, StageError> {
    let bytes = station.keys.open_record(sealed)?;
    serde_json::from_slice(&bytes).map_err(|error| StageError::Shape(format!("the request of an approval: {error}")))
}
