//! Which files of a partner's server are settled here and not yet put away there: a note each, beside the partner's
//! folders. It says under which name the file is put away, and of which bytes that is true.
//!
//! A note that is lost costs a second fetch, which is recognised as a repeat; one that is left over is of the same
//! bytes or of none.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::partners::Partner;
use super::transport::plain_files;

/// What is noted of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettledNote {
    pub sha256: String,
    /// Its name in the partner's archive.
    pub archived: String,
}

fn path(partner: &Partner, name: &str) -> PathBuf {
    partner.settled().join(name)
}

/// Notes that a file is settled.
///
/// # Errors
/// The folder of notes cannot be written.
pub fn write(partner: &Partner, name: &str, note: &SettledNote) -> std::io::Result<()> {
    std::fs::create_dir_all(partner.settled())?;
    std::fs::write(path(partner, name), format!("{} {}\n", note.sha256, note.archived))
}

/// What is noted of a file of that name; nothing where the note is half written.
///
/// # Errors
/// It is there and cannot be read.
pub fn read(partner: &Partner, name: &str) -> std::io::Result<Option<SettledNote>> {
    let text = match std::fs::read_to_string(path(partner, name)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let words = text.strip_suffix('\n').and_then(|line| line.split_once(' '));
    Ok(words.map(|(sha256, archived)| SettledNote { sha256: sha256.to_owned(), archived: archived.to_owned() }))
}

/// Removes the note of a file that was put away.
///
/// # Errors
/// It is there and cannot be removed.
pub fn remove(partner: &Partner, name: &str) -> std::io::Result<()> {
    match std::fs::remove_file(path(partner, name)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Names that have a note.
///
/// # Errors
/// The folder of notes cannot be read.
pub fn names(partner: &Partner) -> std::io::Result<Vec<String>> {
    plain_files::names(&partner.settled())
}
