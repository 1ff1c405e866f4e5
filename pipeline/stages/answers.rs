//! What every incoming file has in common: complete, trusted, not a repeat, next in its stream.

use cardline_core::layouts::{FileFault, FileKind, Parsed};
use jiff::Timestamp;

use super::reconcile::is_about_lost;
use super::{StageError, Station};
use crate::exchange::Partner;
use crate::exchange::inbox::{self, Incoming};
use crate::ledger::{Lease, ReceivedFile, Why};
use crate::time::local_date;

/// The next file of a kind to be looked at, under its lease, or what was wrong with it.
pub struct Next<'s> {
    pub lease: Lease,
    pub incoming: Incoming<'s>,
    pub trust: Trust,
}

/// What a look at a file says before its rows are matched.
pub enum Trust {
    /// Parsed whole and next in its stream.
    Parsed(Parsed),
    /// These bytes were applied before.
    Repeat,
    /// Cannot be read, or belongs to nothing; every fault is listed.
    Refused(Vec<FileFault>),
    /// The number of another file with other bytes: a person decides.
    Held(Vec<FileFault>),
}

/// A file matched whole: its batch, its rows, and what they say; or its state and what was wrong.
pub type Matched<T> = Result<(i64, usize, T), (&'static str, Vec<FileFault>)>;

/// Finds the next file of a kind from any partner.
pub async fn next<'s>(station: &'s Station, kind: FileKind, now: Timestamp) -> Result<Option<Next<'s>>, StageError> {
    let expecting = station.partners.all().filter(|partner| partner.profile.file(kind).is_some());
    for partner in expecting {
        while let Some(next) = take(station, partner, kind, now).await? {
            if let Trust::Parsed(parsed) = &next.trust
                && is_about_lost(station, parsed).await?
            {
                settle_lost(station, &next.lease, &next.incoming, now).await?;
                continue;
            }
            return Ok(Some(next));
        }
    }
    Ok(None)
}

/// Takes the first file of a partner's stream under the stream's lease.
async fn take<'s>(
    station: &'s Station,
    partner: &'s Partner,
    kind: FileKind,
    now: Timestamp,
) -> Result<Option<Next<'s>>, StageError> {
    if first(station, partner, kind).await?.is_none() {
        return Ok(None);
    }
    let stream = format!("exchange/in/{}/{}", partner.profile.code, kind.name());
    let Some(lease) = station.lease(&stream, now).await? else { return Ok(None) };
    // Looked at again: whoever had the lease may have archived the file that was seen, and, meeting ours,
    // leave the one after it to us.
    while let Some(file) = first(station, partner, kind).await? {
        let read = inbox::read(partner, file.sequence, &file.name).map_err(|e| StageError::file(&file.name, e))?;
        if let Some(incoming) = read {
            let trust = trust(station, &incoming, file.expected).await?;
            return Ok(Some(Next { lease, incoming, trust }));
        }
    }
    station.ledger.give_back(&lease).await?;
    Ok(None)
}

/// A complete file whose turn it is, and the number its stream expects.
struct First {
    sequence: i64,
    name: String,
    expected: i64,
}

/// The file with the lowest number. A number ahead of its stream is left where it lies until the missing
/// one comes.
async fn first(station: &Station, partner: &Partner, kind: FileKind) -> Result<Option<First>, StageError> {
    let waiting = inbox::waiting(partner, kind).map_err(|e| StageError::file(partner.from().display(), e))?;
    let Some((sequence, name)) = waiting.into_iter().next() else { return Ok(None) };
    let code = &partner.profile.code;
    let expected = station.ledger.next_sequence(code, kind.name(), "in").await?;
    if sequence > expected {
        tracing::debug!(partner = %code, kind = kind.name(), sequence, expected, "a file waits for the one before it");
        return Ok(None);
    }
    Ok(Some(First { sequence, name, expected }))
}

async fn trust(station: &Station, incoming: &Incoming<'_>, expected: i64) -> Result<Trust, StageError> {
    if station.ledger.was_applied(&incoming.partner.profile.code, &incoming.sha256).await? {
        return Ok(Trust::Repeat);
    }
    if !incoming.faults.is_empty() {
        return Ok(Trust::Refused(incoming.faults.clone()));
    }
    if incoming.sequence < expected {
        let code = cardline_core::layouts::FaultCode::FileControl;
        return Ok(Trust::Held(vec![inbox::fault(code, "this number was used before, with other bytes")]));
    }
    Ok(look(incoming))
}

/// Settles an answer about a batch that a restore lost: it takes its place in the stream, with a case.
async fn settle_lost(
    station: &Station,
    lease: &Lease,
    incoming: &Incoming<'_>,
    now: Timestamp,
) -> Result<(), StageError> {
    let due_on = station.working_days_after(local_date(now), 5);
    let reason = "about a batch that was sent before the database was restored";
    let (actor, why_reason) = (actor(incoming), reason);
    let why = Why { at: now, actor: &actor, reason: why_reason };
    let file = received(incoming, "held", 0, None, due_on, Some(reason.into()));
    let file = ReceivedFile { sequence: Some(incoming.sequence), ..file };
    station.ledger.settle_unapplied(lease, &file, why).await?;
    inbox::archive(incoming, "held").map_err(|e| StageError::file(incoming.path.display(), e))?;
    Ok(())
}

fn look(incoming: &Incoming<'_>) -> Trust {
    match incoming.spec.parse(&incoming.bytes) {
        Err(faults) => Trust::Refused(faults),
        Ok(parsed) => {
            let control = |field: &str| parsed.control.get(field).cloned().unwrap_or_default();
            if control("sequence").parse::<i64>().ok() == Some(incoming.sequence) {
                Trust::Parsed(parsed)
            } else {
                let fault = inbox::fault(
                    cardline_core::layouts::FaultCode::FileControl,
                    "the number in the file is not the one in its name",
                );
                Trust::Refused(vec![fault])
            }
        }
    }
}

/// A file as it is registered.
pub fn received<'f>(
    incoming: &'f Incoming<'_>,
    state: &'static str,
    rows: usize,
    batch: Option<i64>,
    due_on: jiff::civil::Date,
    reason: Option<String>,
) -> ReceivedFile<'f> {
    ReceivedFile {
        partner: &incoming.partner.profile.code,
        kind: incoming.spec.kind.name(),
        sequence: (state == "applied").then_some(incoming.sequence),
        name: &incoming.name,
        state,
        rows: rows as i64,
        bytes: incoming.bytes.len() as i64,
        sha256: &incoming.sha256,
        batch,
        due_on,
        reason,
    }
}

/// Settles a file that has no effect, tells the partner why, and archives it.
pub async fn settle_without_effect(
    station: &Station,
    lease: &Lease,
    incoming: &Incoming<'_>,
    state: &'static str,
    faults: &[FileFault],
    now: Timestamp,
) -> Result<(), StageError> {
    let today = local_date(now);
    let due_on = station.working_days_after(today, 5);
    let reason = faults
        .first()
        .map(|f| format!("{} in line {}, and {} more: {}", f.code.code(), f.line, faults.len() - 1, f.message));
    let actor = format!("partner:{}", incoming.partner.profile.code);
    let why = Why { at: now, actor: &actor, reason: reason.as_deref().unwrap_or("these bytes were applied before") };
    if !faults.is_empty() {
        inbox::report(incoming, faults)?;
    }
    station.ledger.settle_unapplied(lease, &received(incoming, state, 0, None, due_on, reason.clone()), why).await?;
    inbox::archive(incoming, state).map_err(|e| StageError::file(incoming.path.display(), e))?;
    tracing::info!(partner = %incoming.partner.profile.code, file = %incoming.name, state, "file without effect");
    Ok(())
}

/// Archives a file whose effect is settled.
pub fn archive(incoming: &Incoming<'_>) -> Result<(), StageError> {
    inbox::archive(incoming, "applied").map_err(|e| StageError::file(incoming.path.display(), e))?;
    Ok(())
}

/// The actor of everything a partner's file does.
pub fn actor(incoming: &Incoming<'_>) -> String {
    format!("partner:{}", incoming.partner.profile.code)
}

/// The batch a parsed answer is about: its request's number in the same partner's stream, and the
/// batch number beside it. Never matched by number alone.
pub async fn batch_asked(
    station: &Station,
    incoming: &Incoming<'_>,
    parsed: &Parsed,
    request_kind: FileKind,
) -> Result<Option<i64>, StageError> {
    let request = parsed.control.get("request").and_then(|r| r.parse().ok()).unwrap_or(0);
    let found = station.ledger.batch_of_request(&incoming.partner.profile.code, request_kind.name(), request).await?;
    Ok(found.and_then(|(batch, number, _)| (parsed.control.get("batch") == Some(&number)).then_some(batch)))
}

/// The fault of an answer to something we did not ask.
pub fn unknown_batch() -> FileFault {
    inbox::fault(
        cardline_core::layouts::FaultCode::FileControl,
        "no request of ours has this number and batch; check both",
    )
}

/// State and faults of a file that cannot be matched.
pub fn without_effect(trust: &Trust) -> (&'static str, Vec<FileFault>) {
    match trust {
        Trust::Repeat | Trust::Parsed(_) => ("repeated", Vec::new()),
        Trust::Refused(faults) => ("refused", faults.clone()),
        Trust::Held(faults) => ("held", faults.clone()),
    }
}
