//! What is destroyed here and may still lie on a partner's server: a note a file, beside the partner's folders, until
//! it is removed there. Whoever destroys waits for no server.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::files::FileRecord;
use super::inbox::{REPORT, about, archived_name};
use super::partners::Partner;
use super::transport::plain_files::{keep_names, names, place_bytes, remove_one};
use super::transport::{Place, TransportError};

/// How a line of a note begins.
const TO: &str = "to ";
const ARCHIVE: &str = "archive ";
const REPORTS: &str = "reports ";

/// Where the note about a file lies.
pub fn path(partner: &Partner, file: i64) -> PathBuf {
    partner.clearing().join(file.to_string())
}

/// Notes that a file is to be removed from the partner's server. Again, it changes nothing.
///
/// # Errors
/// The folder of notes cannot be written.
pub fn ask(partner: &Partner, file: &FileRecord) -> Result<(), TransportError> {
    let mut lines = String::new();
    if file.direction == "out" {
        let name = partner.profile.sent_name(&file.name);
        let marker = partner.profile.sent_marker(&file.kind, &name);
        [Some(name), marker].into_iter().flatten().for_each(|name| lines += &format!("{TO}{name}\n"));
    } else {
        // One that was on hold until a person refused it lies where it was put.
        for state in [file.state.as_str(), "held"] {
            lines += &format!("{ARCHIVE}{}\n", archived_name(&file.name, state, &file.sha256));
        }
        lines += &format!("{REPORTS}{}\n", about(&file.name, &file.sha256));
    }
    let folder = partner.clearing();
    std::fs::create_dir_all(&folder).map_err(TransportError::io(&folder))?;
    place_bytes(&path(partner, file.id), lines.as_bytes(), partner.profile.mode)?;
    keep_names(&folder)
}

/// The notes that wait for the partner's server.
///
/// # Errors
/// The folder of notes cannot be read.
pub fn asked(partner: &Partner) -> std::io::Result<Vec<String>> {
    let mut names = names(&partner.clearing())?;
    names.retain(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    Ok(names)
}

/// Removes from the server what a note names, then the note.
///
/// # Errors
/// The server fails, or the note cannot be read.
pub async fn clear(partner: &Partner, note: &str) -> Result<(), TransportError> {
    let at = partner.clearing().join(note);
    let text = match tokio::fs::read_to_string(&at).await {
        // Another worker cleared it since it was listed.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        text => text.map_err(TransportError::io(&at))?,
    };
    for line in text.lines() {
        if let Some(name) = line.strip_prefix(TO) {
            partner.transport.remove(Place::To, name).await?;
        } else if let Some(name) = line.strip_prefix(ARCHIVE).filter(|_| partner.keeps_archive()) {
            partner.transport.remove(Place::Archive, name).await?;
        } else if let Some(about) = line.strip_prefix(REPORTS) {
            let lying = partner.transport.list(Place::To).await?;
            for entry in lying.iter().filter(|entry| entry.name.starts_with(about) && entry.name.contains(REPORT)) {
                partner.transport.remove(Place::To, &entry.name).await?;
            }
        }
    }
    remove_one(&at).map_err(TransportError::io(&at))
}
