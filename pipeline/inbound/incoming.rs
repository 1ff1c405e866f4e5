//! What every incoming file has in common: complete, trusted, not a repeat, next in its stream.

use cardline_core::domain::personal_text::looks_personal;
use cardline_core::file_formats::{Direction, FileFault, FileKind, Parsed};
use jiff::Timestamp;
use jiff::civil::Date;

use super::doubts::tell_partner;
use crate::exchange::Partner;
use crate::exchange::files::ReceivedFile;
use crate::exchange::inbox::{self, InboxError, Incoming};
use crate::exchange::strays::{Stray, strays};
use crate::limits::{PARTNER_FILES_PER_LOOK, STRAY_NAME_BYTES_MAX};
use crate::step::set_aside::in_its_place;
use crate::step::{Claim, StageError, Unit, Worker};
use crate::store::{Lease, Stamp};
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

/// Something in a partner's folder.
pub struct InboundFile {
    partner: String,
    what: Lying,
}

enum Lying {
    /// A complete file, with its number.
    File(i64, String),
    /// One that will not be read, and why.
    Stray(String, Stray),
    /// The folder itself, where it cannot be listed.
    Folder,
}

impl Unit for InboundFile {
    fn partner(&self) -> Option<&str> {
        Some(&self.partner)
    }

    fn name(&self) -> Option<String> {
        Some(match &self.what {
            Lying::File(_, name) => format!("from/{name}"),
            Lying::Stray(name, _) => format!("from/{}", shown(name)),
            Lying::Folder => "from".into(),
        })
    }

    /// The files of a partner.
    fn turn(&self) -> Option<String> {
        Some(self.partner.clone())
    }
}

/// Complete files of a kind, partner by partner, each partner's in the order of their numbers; with the first
/// kind of a partner what lies there and will not be read.
pub fn units(worker: &Worker, kind: FileKind, now: Timestamp) -> Vec<InboundFile> {
    let expecting = worker.partners.all().filter(|partner| partner.profile.file(kind).is_some());
    let of = |partner: &Partner| {
        let unit = |what| InboundFile { partner: partner.profile.code.clone(), what };
        let strays = if is_first(partner, kind) { strays(partner, now) } else { Ok(Vec::new()) };
        let files = inbox::waiting(partner, kind);
        // Looked at again when it is claimed, which says why; what can be read is read.
        let folder = (files.is_err() || strays.is_err()).then_some(Lying::Folder);
        let files = files.unwrap_or_default().into_iter().map(|(number, name)| Lying::File(number, name));
        let strays = strays.unwrap_or_default().into_iter().map(|(name, stray)| Lying::Stray(name, stray));
        let files = files.take(PARTNER_FILES_PER_LOOK).chain(strays.take(PARTNER_FILES_PER_LOOK));
        files.chain(folder).map(unit).collect::<Vec<_>>()
    };
    expecting.flat_map(of).collect()
}

/// Takes a file under its stream's lease and looks whether it can be trusted. A number ahead of its stream
/// is left where it lies until the missing one comes.
pub async fn claim<'s>(
    worker: &'s Worker,
    unit: &InboundFile,
    kind: FileKind,
    now: Timestamp,
) -> Result<Claim<Next<'s>>, StageError> {
    let Some(partner) = worker.partners.get(&unit.partner) else { return Ok(Claim::Settled) };
    let (sequence, name) = match &unit.what {
        Lying::File(sequence, name) => (sequence, name),
        Lying::Stray(name, stray) => {
            let path = format!("{}/{}", partner.from().display(), shown(name));
            return Err(StageError::Stray { path, stray: *stray });
        }
        Lying::Folder => {
            let looked = inbox::waiting(partner, kind).and_then(|_| strays(partner, now));
            looked.map_err(|e| StageError::exchange(&partner.from(), e))?;
            return Ok(Claim::Settled);
        }
    };
    let code = &partner.profile.code;
    let expected = async || worker.ledger.next_sequence(code, kind.name(), "in").await;
    if *sequence > expected().await? {
        tracing::debug!(partner = %code, kind = kind.name(), sequence, "a file waits for the one before it");
        return Ok(Claim::Nothing);
    }
    let Some(lease) = worker.lease(&format!("exchange/in/{code}/{}", kind.name()), now).await? else {
        return Ok(Claim::Busy);
    };
    let path = partner.from().join(name);
    // Whoever had the lease may have archived the file that was listed.
    let previous = worker.ledger.digest_before(code, kind.name(), "in", Some(*sequence)).await?;
    let read = inbox::read(&*worker.envelope_keys, partner, *sequence, name, previous.as_deref());
    let read = read.map_err(|error| match error {
        InboxError::Io(error) => StageError::exchange(&path, error),
        InboxError::Key(error) => error.into(),
    })?;
    let Some(incoming) = read else { return done(worker, &lease).await };
    if let Some(state) = left_over(worker, &incoming).await? {
        archive(&incoming, &state)?;
        return done(worker, &lease).await;
    }
    let trust = trust(worker, &incoming, expected().await?).await?;
    if let Trust::Parsed(parsed) = &trust
        && is_about_lost(worker, parsed).await?
    {
        settle_lost(worker, &lease, &incoming, now).await?;
        return Ok(Claim::Settled);
    }
    Ok(Claim::Taken(Next { lease, incoming, trust }))
}

/// A name that is none of ours may hold anything; what could be a person's stays out of our tables.
pub fn shown(name: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    if name.len() <= STRAY_NAME_BYTES_MAX && name.chars().all(is_plain) && !looks_personal(name) {
        return name.to_owned();
    }
    format!("a name that is not shown, {}", in_its_place(name))
}

/// Whether a kind is the first that comes from a partner.
fn is_first(partner: &Partner, kind: FileKind) -> bool {
    partner.profile.files.iter().find(|file| file.direction == Direction::In).is_some_and(|file| file.kind == kind)
}

async fn done<T>(worker: &Worker, lease: &Lease) -> Result<Claim<T>, StageError> {
    worker.ledger.give_back(lease).await?;
    Ok(Claim::Settled)
}

/// The state a file was settled in, if it only could not be archived then: it has had its effect, and is no
/// repeat of the partner's.
async fn left_over(worker: &Worker, incoming: &Incoming<'_>) -> Result<Option<String>, StageError> {
    let code = &incoming.partner.profile.code;
    let settled = worker.ledger.settled_states(code, &incoming.name, &incoming.sha256).await?;
    let archived = |state: &String| inbox::is_archived(incoming, state);
    Ok(settled.into_iter().find(|state| !archived(state)))
}

async fn trust(worker: &Worker, incoming: &Incoming<'_>, expected: i64) -> Result<Trust, StageError> {
    if worker.ledger.was_applied(&incoming.partner.profile.code, &incoming.sha256).await? {
        return Ok(Trust::Repeat);
    }
    if !incoming.faults.is_empty() {
        return Ok(Trust::Refused(incoming.faults.clone()));
    }
    if let Some(doubt) = &incoming.doubt {
        return Ok(Trust::Held(vec![doubt.clone()]));
    }
    if incoming.sequence < expected {
        let code = cardline_core::file_formats::FaultCode::FileControl;
        return Ok(Trust::Held(vec![inbox::fault(code, "this number was used before, with other bytes")]));
    }
    Ok(look(incoming))
}

/// Settles an answer about a batch that a restore lost: it takes its place in the stream, with a case.
async fn settle_lost(
    worker: &Worker,
    lease: &Lease,
    incoming: &Incoming<'_>,
    now: Timestamp,
) -> Result<(), StageError> {
    let due_on = worker.working_days_after(local_date(now), 5);
    let reason = "about a batch that was sent before the database was restored";
    let actor = actor(incoming);
    let why = Stamp { at: now, actor: &actor, reason };
    let held = unapplied(incoming, "held", due_on);
    let file = ReceivedFile { sequence: Some(incoming.sequence), reason: Some(reason.into()), ..held };
    worker.ledger.settle_unapplied(lease, &file, why).await?;
    archive(incoming, "held")
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
                    cardline_core::file_formats::FaultCode::FileControl,
                    "the number in the file is not the one in its name",
                );
                Trust::Refused(vec![fault])
            }
        }
    }
}

/// A file that has its effect, as it is registered.
pub fn applied<'f>(
    incoming: &'f Incoming<'_>,
    rows: usize,
    batch: i64,
    today: Date,
    untold: Option<Date>,
) -> ReceivedFile<'f> {
    ReceivedFile {
        sequence: Some(incoming.sequence),
        rows: rows as i64,
        batch: Some(batch),
        untold,
        ..unapplied(incoming, "applied", today)
    }
}

/// A file without effect, as it is registered: it takes no number of its stream.
fn unapplied<'f>(incoming: &'f Incoming<'_>, state: &'static str, due_on: Date) -> ReceivedFile<'f> {
    ReceivedFile {
        partner: &incoming.partner.profile.code,
        kind: incoming.spec.kind.name(),
        sequence: None,
        name: &incoming.name,
        state,
        rows: 0,
        bytes: incoming.bytes.len() as i64,
        sha256: &incoming.sha256,
        batch: None,
        due_on,
        reason: None,
        untold: None,
    }
}

/// Settles a file that has no effect, tells the partner why, and archives it.
pub async fn settle_without_effect(
    worker: &Worker,
    lease: &Lease,
    incoming: &Incoming<'_>,
    state: &'static str,
    faults: &[FileFault],
    now: Timestamp,
) -> Result<(), StageError> {
    let today = local_date(now);
    let due_on = worker.working_days_after(today, 5);
    let reason = faults
        .first()
        .map(|f| format!("{} in line {}, and {} more: {}", f.code.code(), f.line, faults.len() - 1, f.message));
    let actor = actor(incoming);
    let why = Stamp { at: now, actor: &actor, reason: reason.as_deref().unwrap_or("these bytes were applied before") };
    let untold = tell_partner(incoming, faults, due_on);
    let file = ReceivedFile { untold, reason: reason.clone(), ..unapplied(incoming, state, due_on) };
    worker.ledger.settle_unapplied(lease, &file, why).await?;
    tracing::info!(partner = %incoming.partner.profile.code, file = %incoming.name, state, "file without effect");
    archive(incoming, state)
}

/// Archives a file whose effect is settled.
pub fn archive(incoming: &Incoming<'_>, state: &str) -> Result<(), StageError> {
    inbox::archive(incoming, state).map_err(|e| StageError::exchange(&incoming.path, e))?;
    Ok(())
}

/// The actor of everything a partner's file does.
pub fn actor(incoming: &Incoming<'_>) -> String {
    format!("partner:{}", incoming.partner.profile.code)
}

/// The batch a parsed answer is about: its request's number in the same partner's stream, and the
/// batch number beside it. Never matched by number alone.
pub async fn batch_asked(
    worker: &Worker,
    incoming: &Incoming<'_>,
    parsed: &Parsed,
    request_kind: FileKind,
) -> Result<Option<i64>, StageError> {
    let request = parsed.control.get("request").and_then(|r| r.parse().ok()).unwrap_or(0);
    let found = worker.ledger.batch_of_request(&incoming.partner.profile.code, request_kind.name(), request).await?;
    Ok(found.and_then(|(batch, number, _)| (parsed.control.get("batch") == Some(&number)).then_some(batch)))
}

/// The fault of an answer to something we did not ask.
pub fn unknown_batch() -> FileFault {
    inbox::fault(
        cardline_core::file_formats::FaultCode::FileControl,
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

/// Whether an answer is about a batch that was sent by a history that is gone.
async fn is_about_lost(worker: &Worker, parsed: &Parsed) -> Result<bool, StageError> {
    let Some(batch) = parsed.control.get("batch") else { return Ok(false) };
    Ok(worker.ledger.sent_before("batch").await?.contains(batch))
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_strange_name_is_shown_only_where_it_can_be_nobodys() {
        assert_eq!(shown("readme-2.txt"), "readme-2.txt");
        for name in ["\u{738b}\u{4e94}.txt", "110101199003070003.txt", "a b.txt", "a\nb", &"n".repeat(200)] {
            let shown = shown(name);
            assert!(shown.starts_with("a name that is not shown") && !shown.contains(name), "{shown}");
        }
    }
}
