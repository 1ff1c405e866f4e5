//! A partner's desk in the world: reads what we placed for it, writes answers under its own numbers,
//! and has the first faults: late, repeated, truncated and contradictory files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cardline::crypto::objects::sha256;
use cardline::step::StageError;
use cardline_core::file_formats::{FileKind, Parsed, Profile, marker, parse_marker};
use jiff::civil::Date;

use super::rng::Rng;

/// Counts of what happened in the world, by what.
pub type Tally = BTreeMap<String, u64>;

/// Adds one to a count.
pub fn count(tally: &mut Tally, what: &str) {
    *tally.entry(what.into()).or_default() += 1;
}

/// An answer to be written on a day.
pub struct Pending {
    pub due: Date,
    pub kind: FileKind,
    pub region: String,
    pub control: BTreeMap<String, String>,
    pub rows: Vec<Vec<String>>,
    /// What the partner wants to remember once the whole file lies there.
    pub about: Vec<String>,
}

/// A file that was written short and is written again, whole, under the same name.
struct Again {
    on: Date,
    name: String,
    bytes: Vec<u8>,
    about: Vec<String>,
}

/// The desk: which requests it saw, which numbers it used, what it still has to write.
#[derive(Default)]
pub struct Desk {
    seen: BTreeSet<String>,
    sequences: BTreeMap<&'static str, u64>,
    pending: Vec<Pending>,
    again: Vec<Again>,
}

/// A request as the partner read it.
pub struct Request {
    pub kind: FileKind,
    pub name: String,
    pub parsed: Parsed,
}

impl Desk {
    /// Requests placed since the last look: complete ones, each once.
    pub fn new_requests(&mut self, profile: &Profile, to: &Path) -> Result<Vec<Request>, StageError> {
        let mut found = Vec::new();
        let mut names: Vec<String> = std::fs::read_dir(to)
            .map_err(|e| StageError::file(to.display(), e))?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        for name in names {
            if self.seen.contains(&name) {
                continue;
            }
            let Some(spec) = profile.files.iter().find(|f| f.kind.is_request() && f.recognise(&name).is_some()) else {
                continue;
            };
            let Some(marker_name) = spec.marker_name(&name) else { continue };
            if !to.join(&marker_name).exists() {
                continue;
            }
            let read = |n: &str| std::fs::read(to.join(n)).map_err(|e| StageError::file(to.join(n).display(), e));
            let (bytes, mark) = (read(&name)?, read(&marker_name)?);
            let whole = parse_marker(&mark).is_ok_and(|m| m.is_of(bytes.len() as u64, &sha256(&bytes)));
            if !whole {
                return Err(StageError::Shape(format!("{name}: its marker does not agree with it")));
            }
            let records = if spec.kind == FileKind::Personalization {
                cardline::route::production::read_cards(&bytes)?
            } else {
                bytes
            };
            let parsed = spec.parse(&records).and_then(Parsed::sound).map_err(|faults| {
                StageError::Shape(format!(
                    "{name}: the partner cannot read it: {}",
                    faults.first().map_or("", |f| f.message.as_str())
                ))
            })?;
            self.seen.insert(name.clone());
            found.push(Request { kind: spec.kind, name, parsed });
        }
        Ok(found)
    }

    /// Plans an answer for a day.
    pub fn plan(&mut self, pending: Pending) {
        self.pending.push(pending);
    }

    /// Writes everything due; returns what is now known to us for certain.
    pub fn write_due(
        &mut self,
        profile: &Profile,
        from: &Path,
        today: Date,
        rng: Rng,
        faults: bool,
        tally: &mut Tally,
    ) -> Result<Vec<String>, StageError> {
        let mut told = Vec::new();
        for again in std::mem::take(&mut self.again) {
            if again.on <= today {
                place(from, profile, &again.name, &again.bytes, &again.bytes)?;
                told.extend(again.about);
            } else {
                self.again.push(again);
            }
        }
        let (due, later): (Vec<Pending>, Vec<Pending>) =
            std::mem::take(&mut self.pending).into_iter().partition(|p| p.due <= today);
        self.pending = later;
        for mut pending in due {
            let Some(spec) = profile.file(pending.kind) else { continue };
            let sequence = self.sequences.entry(pending.kind.name()).or_default();
            *sequence += 1;
            pending.control.insert("sequence".into(), sequence.to_string());
            pending.control.insert("count".into(), pending.rows.len().to_string());
            let name = spec.file_name(today, *sequence, &pending.region)?;
            let mut bytes = Vec::new();
            spec.render(&pending.control, &pending.rows, &mut bytes)
                .map_err(|fault| StageError::Render { file: name.clone(), fault })?;
            if faults && rng.chance("truncated", &name, 300) {
                count(tally, "partner files truncated, sent whole the next day");
                let half = bytes.len() / 2;
                place(from, profile, &name, &bytes[..half], &bytes)?;
                let about = std::mem::take(&mut pending.about);
                self.again.push(Again { on: next_day(today), name, bytes, about });
            } else {
                place(from, profile, &name, &bytes, &bytes)?;
                if faults && rng.chance("repeated", &name, 400) {
                    count(tally, "partner files sent twice");
                    self.again.push(Again { on: next_day(today), name, bytes, about: Vec::new() });
                }
            }
            told.append(&mut pending.about);
        }
        Ok(told)
    }
}

/// The day after.
pub fn next_day(day: Date) -> Date {
    day.saturating_add(jiff::Span::new().days(1))
}

/// Writes a file and, last, the marker of what it should be. Written aside and renamed: a process
/// killed in between leaves nothing that looks whole.
fn place(from: &Path, profile: &Profile, name: &str, bytes: &[u8], whole: &[u8]) -> Result<(), StageError> {
    let failed = |e| StageError::file(from.join(name).display(), e);
    let marker_name = profile.recognise(name).and_then(|(spec, _)| spec.marker_name(name));
    let part = from.join(format!(".{name}.part"));
    std::fs::write(&part, bytes).map_err(failed)?;
    std::fs::rename(&part, from.join(name)).map_err(failed)?;
    if let Some(marker_name) = marker_name {
        std::fs::write(&part, marker(whole.len() as u64, &sha256(whole))).map_err(failed)?;
        std::fs::rename(&part, from.join(marker_name)).map_err(failed)?;
    }
    Ok(())
}
