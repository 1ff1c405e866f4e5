//! A file with one secret line, which only its owner may read.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Longest such file, bytes: more is no line with a secret.
const BYTES_MAX: u64 = 4096;

/// Why its line cannot be used. Carries no part of it.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFileError {
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{}: is no file with one line", .0.display())]
    NoLine(PathBuf),
    #[error("{}: others may read it; run chmod 600 on it", .0.display())]
    Open(PathBuf),
}

/// The first line; `None` where there is no file.
pub fn first_line(path: &Path) -> Result<Option<String>, PrivateFileError> {
    let failed = |source| PrivateFileError::Read { path: path.into(), source };
    let about = match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        about => about.map_err(failed)?,
    };
    if !about.is_file() || about.len() > BYTES_MAX {
        return Err(PrivateFileError::NoLine(path.into()));
    }
    if about.permissions().mode() & 0o077 != 0 {
        return Err(PrivateFileError::Open(path.into()));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    Ok(Some(text.lines().next().unwrap_or_default().to_owned()))
}
