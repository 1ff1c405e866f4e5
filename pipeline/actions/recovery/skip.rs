//! A partner's stream that goes on past numbers that never came.
//!
//! A file whose number is ahead waits for the missing one; a partner that lost it cannot send it. Two
//! persons then let the stream go on: each number passed over is kept as a file nobody received, with a
//! case, so that somebody asks for what it said. Nothing is passed over unless a later file waits.

use cardline_core::domain::staff::DualControl;
use cardline_core::file_formats::{FileKind, PartnerKind};
use serde::Serialize;
use serde_json::json;

use super::refusal::{RecoveryError, RecoveryRefusal};
use crate::actions::dual_control::Wanted;
use crate::actions::outcome::{Instruction, Outcome};
use crate::actions::recovery::skipped::SkippedNumbers;
use crate::exchange::{Partner, inbox};
use crate::limits::SKIPPED_NUMBERS_MAX;
use crate::step::{StageError, Worker};
use crate::store::Stamp;
use crate::time::local_date;

/// Numbers that are missing from a stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Missing {
    pub partner: String,
    pub kind: String,
    /// The number the stream waits for.
    pub first: i64,
    /// The last one that is missing: the file after it is there.
    pub last: i64,
    /// The bank whose stream it is; empty for a bureau's.
    #[serde(skip)]
    pub bank: String,
}

impl Missing {
    /// The stream and its numbers, as an approval names them.
    pub fn subject(&self) -> String {
        format!("{} {} {} to {}", self.partner, self.kind, self.first, self.last)
    }

    fn count(&self) -> i64 {
        self.last - self.first + 1
    }
}

/// Streams of files from partners in which a later file waits for a missing one.
pub async fn all_missing(worker: &Worker) -> Result<Vec<Missing>, StageError> {
    let mut found = Vec::new();
    for partner in worker.partners.all() {
        found.extend(missing_of(worker, partner).await?);
    }
    Ok(found)
}

/// What is missing from a partner's streams, if who asks sees them.
pub async fn missing_of(worker: &Worker, partner: &Partner) -> Result<Vec<Missing>, StageError> {
    let mut found = Vec::new();
    if refuse_beyond(worker, partner).is_err() {
        return Ok(found);
    }
    for kind in FileKind::ALL.into_iter().filter(|kind| !kind.is_request()) {
        if partner.profile.file(kind).is_some() {
            found.extend(missing(worker, partner, kind).await?);
        }
    }
    Ok(found)
}

async fn missing(worker: &Worker, partner: &Partner, kind: FileKind) -> Result<Option<Missing>, StageError> {
    let code = &partner.profile.code;
    let waiting = inbox::waiting(partner, kind).map_err(|e| StageError::file(partner.from().display(), e))?;
    let Some((next, _)) = waiting.into_iter().next() else { return Ok(None) };
    let first = worker.ledger.next_sequence(code, kind.name(), "in").await?;
    let bank = bank_of(partner).to_owned();
    let missing = Missing { partner: code.clone(), kind: kind.name().into(), first, last: next - 1, bank };
    Ok((next > first).then_some(missing))
}

/// What is missing from one stream, within the scope of who acts, when it is to go on with a number.
pub async fn to_skip(worker: &Worker, partner: &str, kind: &str, go_on_with: i64) -> Result<Missing, RecoveryError> {
    let found = stream(worker, partner, kind);
    let (known, of_kind) =
        found.ok_or_else(|| RecoveryRefusal::NoSuchStream { partner: partner.into(), kind: kind.into() })?;
    refuse_beyond(worker, known)?;
    let missing = missing(worker, known, of_kind).await?.ok_or(RecoveryRefusal::NothingMissing)?;
    let number = missing.last + 1;
    if number != go_on_with {
        return Err(RecoveryRefusal::OtherFileWaits { number, asked: go_on_with }.into());
    }
    if missing.count() > SKIPPED_NUMBERS_MAX {
        return Err(RecoveryRefusal::TooManyMissing { count: missing.count() }.into());
    }
    Ok(missing)
}

/// Asked before anything of a partner's files is told: a bank's belong to who sees the bank, a bureau's to who sees
/// everything.
pub(crate) fn refuse_beyond(worker: &Worker, partner: &Partner) -> Result<(), RecoveryRefusal> {
    match worker.ledger.viewer() {
        Some(viewer) if !viewer.scope.covers(bank_of(partner), "") => {
            Err(RecoveryRefusal::Beyond(Box::new(viewer.beyond(&partner.profile.code))))
        }
        _ => Ok(()),
    }
}

fn bank_of(partner: &Partner) -> &str {
    if partner.profile.kind == PartnerKind::Bank { &partner.profile.code } else { "" }
}

fn stream<'s>(worker: &'s Worker, partner: &str, kind: &str) -> Option<(&'s Partner, FileKind)> {
    let partner = worker.partners.get(partner)?;
    let kind = FileKind::ALL.into_iter().find(|k| k.name() == kind && !k.is_request())?;
    partner.profile.file(kind).map(|_| (partner, kind))
}

/// What a second person is asked for.
pub fn wanted<'a>(missing: &'a Missing, subject: &'a str, reason: &'a str) -> Wanted<'a> {
    Wanted {
        action: DualControl::NewSequence,
        subject,
        request: json!({ "what": "skip", "partner": missing.partner, "kind": missing.kind,
            "go_on_with": missing.last + 1, "reason": reason }),
        count: missing.count(),
        bank: &missing.bank,
        area: "",
        reason,
    }
}

/// Lets a stream go on with a number. The same again changes nothing.
pub async fn skip(
    worker: &Worker,
    partner: &str,
    kind: &str,
    go_on_with: i64,
    by: Instruction<'_>,
) -> Result<Outcome, RecoveryError> {
    if let Some((known, _)) = stream(worker, partner, kind) {
        refuse_beyond(worker, known)?;
    }
    let name = format!("{partner} {kind} {go_on_with}");
    if worker.ledger.was_skipped_to(partner, kind, go_on_with).await? {
        return Ok(Outcome::Before(vec![name]));
    }
    let Some(lease) = worker.lease(&format!("exchange/in/{partner}/{kind}"), by.at).await? else {
        return Err(RecoveryRefusal::BeingRead { partner: partner.into(), kind: kind.into() }.into());
    };
    // Looked at under the lease: the missing file may have come.
    let missing = match to_skip(worker, partner, kind, go_on_with).await {
        Ok(missing) => missing,
        Err(refused @ RecoveryError::Refused(_)) => {
            worker.ledger.give_back(&lease).await?;
            return Err(refused);
        }
        Err(failed) => return Err(failed),
    };
    let due_on = worker.working_days_after(local_date(by.at), 5);
    let (subject, reason) = (missing.subject(), worker.keys.encrypt(by.reason.as_bytes())?);
    let Missing { partner, kind, first, last, .. } = &missing;
    let skipped = SkippedNumbers {
        partner,
        kind,
        first: *first,
        last: *last,
        due_on,
        reason,
        approval: by.approval,
        subject: &subject,
    };
    let why = Stamp { at: by.at, actor: by.actor, reason: "passed over: the file never came" };
    worker.ledger.skip_numbers(&lease, &skipped, why).await?;
    Ok(Outcome::Done(vec![name]))
}
