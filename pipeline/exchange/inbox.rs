//! Files a partner placed for us: complete ones only, in the order of their numbers.

use std::io::Read;
use std::path::{Path, PathBuf};

use cardline_core::domain::visible::inert;
use cardline_core::file_formats::{EnvelopeKind, FaultCode, FileFault, FileKind, FileSpec, parse_marker};

use super::envelopes::{Asked, Opening, opened};
use super::partners::Partner;
use super::publish::place;
use super::settled_notes::{self, SettledNote};
use super::transport::TransportError;
use super::transport::plain_files::{names, open_plain, remove_one};
use crate::crash::{self, DurableAct};
use crate::crypto::envelope_keys::{EnvelopeKeyError, EnvelopeKeys};
use crate::crypto::objects::sha256;
use crate::limits::{PARTNER_FILE_BYTES_MAX, PARTNER_MARKER_BYTES_MAX};

/// How the names of our error reports end.
pub(super) const REPORT: &str = ".errors.csv";

/// A complete file as it lies in the partner's folder.
pub struct Incoming<'p> {
    pub partner: &'p Partner,
    pub spec: &'p FileSpec,
    pub name: String,
    pub path: PathBuf,
    /// The number in its name.
    pub sequence: i64,
    /// What it holds: of a file in an envelope that was opened, the file itself.
    pub bytes: Vec<u8>,
    pub sha256: String,
    /// The digest of what lies there.
    pub lying_sha256: String,
    /// Why a person decides about it, whatever it says.
    pub doubt: Option<FileFault>,
    /// Why it cannot be trusted as it lies there; empty when size and digest agree with the marker.
    pub faults: Vec<FileFault>,
}

/// Names of complete files of one kind, by their number. A file without its marker is still being
/// written and is left alone; a link or a folder is never followed.
pub fn waiting(partner: &Partner, kind: FileKind) -> std::io::Result<Vec<(i64, String)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(partner.from())? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if !entry.file_type()?.is_file() {
            continue;
        }
        let Some((spec, parts)) = partner.profile.recognise(&name) else {
            continue;
        };
        let complete = spec.marker_name(&name).is_none_or(|marker| partner.from().join(marker).is_file());
        if spec.kind == kind && complete {
            found.push((parts.sequence as i64, name));
        }
    }
    found.sort();
    Ok(found)
}

fn read_bounded(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_plain(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a complete file, bounded, compares it with its marker, and opens its envelope. `None`: another worker settled
/// and archived it since it was listed. `previous` is the digest of the file before it in its stream.
///
/// # Errors
/// It cannot be read, or our keys cannot.
pub fn read<'p>(
    keys: &dyn EnvelopeKeys,
    partner: &'p Partner,
    sequence: i64,
    name: &str,
    previous: Option<&str>,
) -> Result<Option<Incoming<'p>>, InboxError> {
    let Some(lying) = read_lying(partner, sequence, name)? else { return Ok(None) };
    if partner.profile.envelope.incoming == EnvelopeKind::None || !lying.faults.is_empty() {
        return Ok(Some(lying));
    }
    let asked = Asked { spec: lying.spec, sequence, previous };
    let faulty = |why: String| FileFault { message: why, ..fault(FaultCode::FileEnvelope, "") };
    Ok(Some(match opened(keys, partner, name, lying.bytes.clone(), Some(&asked))? {
        Opening::Content(bytes) => Incoming { sha256: sha256(&bytes), bytes, ..lying },
        Opening::Refused(why) => Incoming { faults: vec![faulty(why)], ..lying },
        Opening::Doubtful(why) => Incoming { doubt: Some(faulty(why)), ..lying },
    }))
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Key(#[from] EnvelopeKeyError),
}

fn read_lying<'p>(partner: &'p Partner, sequence: i64, name: &str) -> std::io::Result<Option<Incoming<'p>>> {
    let Some((spec, _)) = partner.profile.recognise(name) else {
        return Ok(None);
    };
    let path = partner.from().join(name);
    let Some(bytes) = unless_gone(read_bounded(&path, PARTNER_FILE_BYTES_MAX))? else {
        return Ok(None);
    };
    let digest = sha256(&bytes);
    let mut faults = Vec::new();
    if bytes.len() as u64 > PARTNER_FILE_BYTES_MAX {
        faults.push(fault(FaultCode::FileTruncated, "larger than a partner's file may be; split it"));
    }
    if let Some(marker_name) = spec.marker_name(name) {
        let marker = read_bounded(&partner.from().join(&marker_name), PARTNER_MARKER_BYTES_MAX);
        let Some(marker) = unless_gone(marker)? else {
            return Ok(None);
        };
        match parse_marker(&marker) {
            Err(wrong) => faults.push(wrong),
            Ok(marker) if !marker.is_of(bytes.len() as u64, &digest) => {
                faults.push(fault(
                    FaultCode::FileTruncated,
                    "size or digest differ from the marker; send the file again",
                ));
            }
            Ok(_) => {}
        }
    }
    let (sha256, lying_sha256, doubt) = (digest.clone(), digest, None);
    Ok(Some(Incoming { partner, spec, name: name.into(), path, sequence, bytes, sha256, lying_sha256, doubt, faults }))
}

/// A fault of the file as a whole.
pub fn fault(code: FaultCode, message: &str) -> FileFault {
    FileFault { line: 0, column: 0, field: String::new(), code, message: message.into() }
}

/// Moves a settled file into the archive and drops its marker. A crash
/// before this only means that the file is recognised as a repeat and archived next time.
pub fn archive(incoming: &Incoming<'_>, state: &str) -> std::io::Result<PathBuf> {
    let folder = incoming.partner.archive();
    std::fs::create_dir_all(&folder)?;
    let archived = archived_name(&incoming.name, state, &incoming.sha256);
    if incoming.partner.has_server() {
        // On the server it still lies where it lay.
        let note = SettledNote { sha256: incoming.lying_sha256.clone(), archived: archived.clone() };
        settled_notes::write(incoming.partner, &incoming.name, &note)?;
    }
    let to = folder.join(archived);
    // The marker goes last: a marker without its file is nothing, a file without marker is unfinished.
    // Another worker may have found it settled already, and have archived it.
    crash::before(DurableAct::Archive);
    unless_gone(std::fs::rename(&incoming.path, &to))?;
    crash::after(DurableAct::Archive);
    if let Some(marker) = incoming.spec.marker_name(&incoming.name) {
        unless_gone(std::fs::remove_file(incoming.partner.from().join(marker)))?;
    }
    Ok(to)
}

/// Whether a settled file lies in the archive already.
pub fn is_archived(incoming: &Incoming<'_>, state: &str) -> bool {
    archived(&incoming.partner.archive(), &incoming.name, state, &incoming.sha256).is_file()
}

fn report_of(faults: &[FileFault]) -> String {
    let mut text = String::from("line,column,field,code,message\n");
    for f in faults {
        // People open it in a spreadsheet: no cell of it is a formula, and none steers what shows it.
        let (field, message) = (inert(&f.field).replace([',', '"'], " "), inert(&f.message).replace('"', "'"));
        text.push_str(&format!("{},{},{field},{},\"{message}\"\n", f.line, f.column, f.code.code()));
    }
    text
}

/// What a file system says of a file that another worker may have moved.
fn unless_gone<T>(result: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Places an error report the partner can act on: line, column, field, code, what to do. The same file may
/// come again and be refused for another reason: then its report has a name of its own.
pub fn report(incoming: &Incoming<'_>, faults: &[FileFault]) -> Result<(), TransportError> {
    let (partner, text) = (incoming.partner, report_of(faults));
    // What the partner's charset lacks is sent as it is: better a strange sign than no report.
    let bytes = partner.profile.charset.encode(&text).unwrap_or_else(|_| text.into_bytes());
    let (to, mode) = (partner.reports(), partner.profile.mode);
    let about = about(&incoming.name, &incoming.sha256);
    match place(&to, &format!("{about}{REPORT}"), &bytes, None, mode) {
        Err(TransportError::OtherBytes { .. }) => {
            let name = named_apart(&format!("{about}{REPORT}"), &bytes);
            place(&to, &name, &bytes, None, mode).map(|_| ())
        }
        placed => placed.map(|_| ()),
    }
}

/// The name of a report beside which one with other bytes lies.
pub fn named_apart(report: &str, bytes: &[u8]) -> String {
    let about = report.strip_suffix(REPORT).unwrap_or(report);
    format!("{about}.{}{REPORT}", sha256(bytes).get(..8).unwrap_or_default())
}

/// How the names of reports about a file begin.
pub(super) fn about(name: &str, sha256: &str) -> String {
    format!("{name}.{}", sha256.get(..8).unwrap_or_default())
}

/// Reports that wait to be sealed or carried to the partner's server, in order of name.
pub fn reports(partner: &Partner) -> std::io::Result<Vec<String>> {
    let mut names = names(&partner.reports())?;
    names.retain(|name| name.ends_with(REPORT));
    Ok(names)
}

/// A report lies at the partner's and is not needed here any more; nor is its envelope, which goes last: the same
/// report would be sealed anew without it.
pub fn carried(partner: &Partner, report: &str) -> std::io::Result<()> {
    remove_one(&partner.reports().join(report))?;
    remove_one(&partner.reports().join(partner.profile.sent_name(report)))
}

/// Where a settled file lies in the archive. One that was on hold until a person refused it lies where it was put.
pub fn archived(folder: &Path, name: &str, state: &str, sha256: &str) -> PathBuf {
    let path = folder.join(archived_name(name, state, sha256));
    let on_hold = folder.join(archived_name(name, "held", sha256));
    if state == "refused" && !path.is_file() && on_hold.is_file() { on_hold } else { path }
}

/// The name of a settled file in the archive: an applied one keeps its own.
pub(super) fn archived_name(name: &str, state: &str, sha256: &str) -> String {
    if state == "applied" { name.to_owned() } else { format!("{name}.{state}.{}", sha256.get(..8).unwrap_or_default()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_of_an_error_report_is_a_formula_or_steers_what_shows_it() {
        let named =
            |field: &str, message: &str| FileFault { field: field.into(), ..fault(FaultCode::FileControl, message) };
        let told = report_of(&[named("=cmd,x", "+1\u{202e}\n\"2\""), named("region", "not ours")]);
        let code = FaultCode::FileControl.code();
        let rows = format!("0,0,'=cmd x,{code},\"'+1\\u{{202e}}\\u{{a}}'2'\"\n0,0,region,{code},\"not ours\"\n");
        assert_eq!(told, format!("line,column,field,code,message\n{rows}"));
    }
}
