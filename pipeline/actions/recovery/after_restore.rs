//! After a restore: what partners and the archive have that the ledger lost, and what a person accepts.
//!
//! Survey and acceptance are one path. Accepted means: every number that was seen is behind us; what a lost
//! file carried is not sent again; answers that lie in the archive are read again, in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cardline_core::domain::card_number;
use cardline_core::domain::staff::DualControl;
use cardline_core::file_formats::{EnvelopeKind, FileKind, FileSpec, Parsed};
use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;

use super::refusal::{RecoveryError, RecoveryRefusal};
use crate::actions::dual_control::Wanted;
use crate::actions::outcome::Instruction;
use crate::batching::cut_batch::CARD_NUMBERS;
use crate::crypto::objects::sha256;
use crate::exchange::Partner;
use crate::exchange::publish::place;
use crate::exchange::transport::Place;
use crate::route::production::cut::pan_key;
use crate::route::production::read_cards;
use crate::step::reached::{Accepted, Halt, LostFile};
use crate::step::{StageError, Worker};
use crate::store::Stamp;
use crate::store::counters::stream_counter;
use crate::time::local_date;

/// The name of a file that a partner took away.
const NOT_FOUND: &str = "(not found at the partner)";

/// A file of ours is read whole.
const EVERY_BYTE: u64 = i64::MAX as u64;

/// An answer that lies in the archive and was applied by a history that is gone.
#[derive(Clone, Debug, Serialize)]
pub struct LostAnswer {
    pub partner: String,
    pub kind: String,
    pub sequence: i64,
    pub name: String,
    #[serde(skip)]
    path: PathBuf,
}

/// A counter that stands below what was seen.
#[derive(Clone, Debug, Serialize)]
pub struct Behind {
    pub counter: String,
    pub ours: i64,
    pub seen: i64,
}

/// Everything outside that the ledger does not know.
#[derive(Debug, Serialize)]
pub struct Survey {
    pub halt: Option<Halt>,
    pub files: Vec<LostFile>,
    /// Partners whose server could not be asked what lies there: what was sent to them is known by the counters only.
    pub unseen: Vec<String>,
    pub answers: Vec<LostAnswer>,
    pub counters: Vec<Behind>,
    /// Sessions that ended when a restore was found; none where it is no restore.
    pub sessions_ended: Option<i64>,
    /// After a restore: everybody who is a user again, as they were, for the administrator to confirm.
    pub users: Vec<RestoredUser>,
}

/// A user of the restored database.
#[derive(Debug, Serialize)]
pub struct RestoredUser {
    pub name: String,
    pub role: String,
    pub bank: String,
    pub area: String,
    pub state: String,
}

/// Looks at every partner's folder, the archive and the watermark. Changes nothing.
pub async fn survey(worker: &Worker) -> Result<Survey, StageError> {
    let known = worker.ledger.files().await?;
    let reached = worker.ledger.reached().await?;
    let sent: BTreeSet<(&str, &str, i64)> = known
        .iter()
        .filter(|f| f.direction == "out")
        .filter_map(|f| Some((f.partner.as_str(), f.kind.as_str(), f.sequence?)))
        .collect();
    let applied: BTreeSet<(&str, &str)> =
        known.iter().filter(|f| f.direction == "in").map(|f| (f.partner.as_str(), f.sha256.as_str())).collect();
    let came: BTreeSet<(&str, &str)> =
        known.iter().filter(|f| f.direction == "in").map(|f| (f.partner.as_str(), f.name.as_str())).collect();
    let (mut files, mut answers, mut unseen) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen = worker.watermark(&reached.identity).await?.map(|mark| mark.counters).unwrap_or_default();
    for partner in worker.partners.all() {
        let code = partner.profile.code.as_str();
        let lying = match partner.transport.list(Place::To).await {
            Ok(lying) => lying,
            // A folder of ours that cannot be read is our own trouble; a server that is away must not keep all halted.
            Err(error) if error.is_of_server() => {
                tracing::warn!(partner = code, "{error}");
                unseen.push(code.to_owned());
                Vec::new()
            }
            Err(error) => return Err(error.into()),
        };
        for (spec, sequence, name) in of_profile(partner, lying.into_iter().map(|entry| entry.name)) {
            if spec.kind.is_request() && !sent.contains(&(code, spec.kind.name(), sequence)) {
                if partner.profile.envelope.out != EnvelopeKind::None {
                    // It is encrypted to the partner: that its number was used is all we can read.
                    raise(&mut seen, &stream_counter(code, spec.kind.name(), "out"), sequence + 1);
                    continue;
                }
                let Some(bytes) = partner.transport.get(Place::To, &name, EVERY_BYTE).await? else { continue };
                let (lost, numbers) = lost_file(worker, partner, spec, (sequence, &name), bytes)?;
                raise(&mut seen, &stream_counter(code, spec.kind.name(), "out"), sequence + 1);
                numbers.into_iter().for_each(|(counter, next)| raise(&mut seen, &counter, next));
                files.push(lost);
            }
        }
        for (spec, sequence, name) in of_profile(partner, names(&partner.archive())?) {
            let path = partner.archive().join(&name);
            let bytes = std::fs::read(&path).map_err(|e| StageError::file(path.display(), e))?;
            // The ledger has the digest of what was in an envelope, and the archive the envelope.
            let is_sealed = partner.profile.envelope.incoming != EnvelopeKind::None;
            let is_known = applied.contains(&(code, sha256(&bytes).as_str()))
                || is_sealed && came.contains(&(code, name.as_str()));
            if !spec.kind.is_request() && !is_known {
                let kind = spec.kind.name().to_owned();
                answers.push(LostAnswer { partner: code.into(), kind, sequence, name, path });
            }
        }
    }
    files.extend(fetched(&seen, &reached.counters, &files));
    // What came in is counted again as the archive is read again.
    seen.retain(|counter, _| !(counter.starts_with("file/") && counter.ends_with("/in")));
    let counters = seen.into_iter().filter_map(|(counter, seen)| {
        let ours = reached.counters.get(&counter).copied().unwrap_or(1);
        (ours < seen).then_some(Behind { counter, ours, seen })
    });
    let (halt, counters) = (worker.ledger.halt().await?, counters.collect());
    let sessions_ended = worker.ledger.open_restore().await?;
    let mut users = Vec::new();
    if sessions_ended.is_some() {
        let found = worker.ledger.users(jiff::Timestamp::UNIX_EPOCH).await?;
        users.extend(found.into_iter().map(|user| RestoredUser {
            name: user.name,
            role: user.role,
            bank: user.bank,
            area: user.area,
            state: user.state,
        }));
    }
    Ok(Survey { halt, files, unseen, answers, counters, sessions_ended, users })
}

/// What a second person is asked for: that every stream goes on past exactly what was found.
pub fn wanted<'a>(survey: &'a Survey, subject: &'a str, reason: &'a str) -> Wanted<'a> {
    Wanted {
        action: DualControl::NewSequence,
        subject,
        request: json!({ "what": "accept", "found": sha256(json!(survey).to_string().as_bytes()), "reason": reason }),
        count: survey.files.len() as i64,
        bank: "",
        area: "",
        reason,
    }
}

/// Accepts what a survey found and lets everything go on. Run again after it was killed, it does the rest.
pub async fn accept(worker: &Worker, survey: Survey, by: Instruction<'_>) -> Result<Survey, RecoveryError> {
    let now = by.at;
    let halt = survey.halt.as_ref().ok_or(RecoveryRefusal::NothingHalted)?;
    if worker.ledger.counts_transactions_anew().await? {
        return Err(RecoveryRefusal::TransactionsCountedAnew.into());
    }
    // First, because it has no effect while everything is halted.
    for answer in &survey.answers {
        read_again(worker, answer)?;
    }
    let counters: BTreeMap<String, i64> = survey.counters.iter().map(|b| (b.counter.clone(), b.seen)).collect();
    let why = Stamp { at: now, actor: by.actor, reason: "accepted after a restore" };
    let accepted = Accepted {
        lost: &survey.files,
        counters: &counters,
        due_on: worker.working_days_after(local_date(now), 5),
        reason: worker.keys.encrypt(by.reason.as_bytes())?,
        approval: by.approval,
    };
    worker.ledger.accept(halt, &accepted, why).await?;
    worker.begin_watermark(&worker.ledger.reached().await?).await?;
    Ok(survey)
}

/// Names in a folder of ours.
fn names(folder: &Path) -> Result<Vec<String>, StageError> {
    let failed = |e| StageError::file(folder.display(), e);
    let entries = std::fs::read_dir(folder).map_err(failed)?.collect::<std::io::Result<Vec<_>>>().map_err(failed)?;
    Ok(entries.into_iter().filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

/// Files of a partner's profile among these names, by stream and number.
fn of_profile(partner: &Partner, names: impl IntoIterator<Item = String>) -> Vec<(&FileSpec, i64, String)> {
    let named = |name: String| {
        let plain = name.strip_suffix(partner.profile.envelope.out.suffix()).unwrap_or(&name);
        let plain = plain.strip_suffix(partner.profile.envelope.incoming.suffix()).unwrap_or(plain);
        let known = partner.profile.files.iter().find_map(|spec| Some((spec, spec.recognise(plain)?)));
        known.map(|(spec, parts)| (spec, parts.sequence as i64, name))
    };
    let mut found: Vec<_> = names.into_iter().filter_map(named).collect();
    found.sort_by(|a, b| (a.0.kind.name(), a.1).cmp(&(b.0.kind.name(), b.1)));
    found
}

/// A file the partner has, what it carried, and the counters it used.
fn lost_file(
    worker: &Worker,
    partner: &Partner,
    spec: &FileSpec,
    (sequence, name): (i64, &str),
    bytes: Vec<u8>,
) -> Result<(LostFile, Vec<(String, i64)>), StageError> {
    let digest = sha256(&bytes);
    let size = bytes.len() as i64;
    let records = if spec.kind == FileKind::Personalization { read_cards(&bytes)? } else { bytes };
    let parsed = spec
        .parse(&records)
        .and_then(Parsed::sound)
        .map_err(|_| StageError::Shape(format!("{name}: our own file cannot be read; restore it from the partner")))?;
    let batch = parsed.control.get("batch").cloned().unwrap_or_default();
    let cells = |field: &str| -> Vec<String> { parsed.rows.iter().filter_map(|row| spec.value(row, field)).collect() };
    let mut keys = cells(spec.kind.key());
    let mut numbers: Vec<(String, i64)> = batch_counter(&batch).into_iter().collect();
    if spec.kind == FileKind::Personalization {
        keys = keys.iter().map(|pan| pan_key(worker, pan)).collect();
        let ordered = cells("card_number");
        let serials = ordered.iter().filter_map(|number| card_number::serial(number));
        numbers.extend(serials.map(|serial| (CARD_NUMBERS.into(), serial as i64 + 1)));
    }
    let lost = LostFile {
        partner: partner.profile.code.clone(),
        kind: spec.kind.name().into(),
        sequence,
        name: name.into(),
        batch,
        rows: parsed.rows.len() as i64,
        bytes: size,
        sha256: digest,
        keys,
    };
    Ok((lost, numbers))
}

/// The counter a batch number was taken from, and where it must stand: `A20260105-0001` is the first of its day.
fn batch_counter(batch: &str) -> Option<(String, i64)> {
    let (head, number) = batch.split_once('-')?;
    let day = Date::strptime("%Y%m%d", head.get(1..)?).ok()?;
    Some((format!("batch/{}/{day}", head.get(..1)?), number.parse::<i64>().ok()? + 1))
}

/// Numbers that were given out and whose files the partner has taken away: nobody here knows what they carried.
fn fetched(seen: &BTreeMap<String, i64>, ours: &BTreeMap<String, i64>, listed: &[LostFile]) -> Vec<LostFile> {
    let mut found = Vec::new();
    for (counter, next) in seen {
        let parts: Vec<&str> = counter.split('/').collect();
        let ["file", partner, kind, "out"] = parts[..] else { continue };
        let is_listed = |n: &i64| listed.iter().any(|f| f.partner == partner && f.kind == kind && f.sequence == *n);
        let first = ours.get(counter).copied().unwrap_or(1);
        found.extend((first..*next).filter(|n| !is_listed(n)).map(|sequence| LostFile {
            partner: partner.into(),
            kind: kind.into(),
            sequence,
            name: NOT_FOUND.into(),
            batch: String::new(),
            rows: 0,
            bytes: 0,
            sha256: "0".repeat(64),
            keys: Vec::new(),
        }));
    }
    found
}

fn raise(counters: &mut BTreeMap<String, i64>, counter: &str, next: i64) {
    let at = counters.entry(counter.into()).or_insert(next);
    *at = (*at).max(next);
}

/// Places an archived answer where it first lay, with its marker, so that it is read in its turn.
fn read_again(worker: &Worker, answer: &LostAnswer) -> Result<(), StageError> {
    let Some(partner) = worker.partners.get(&answer.partner) else { return Ok(()) };
    let bytes = std::fs::read(&answer.path).map_err(|e| StageError::file(answer.path.display(), e))?;
    let marker_name = partner.profile.recognise(&answer.name).and_then(|(spec, _)| spec.marker_name(&answer.name));
    place(&partner.from(), &answer.name, &bytes, marker_name.as_deref(), partner.profile.mode)?;
    std::fs::remove_file(&answer.path).map_err(|e| StageError::file(answer.path.display(), e))
}
