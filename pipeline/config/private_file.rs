//! A file with a secret, which only its owner may read.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Longest such file, bytes: more is neither a password nor a private key.
const BYTES_MAX: u64 = 16_384;

/// Why it cannot be used. Carries no part of it.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFileError {
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{}: is no file with a secret", .0.display())]
    NoSecret(PathBuf),
    #[error("{}: others may read it; run chmod 600 on it", .0.display())]
    Open(PathBuf),
}

/// The first line; `None` where there is no file.
pub fn first_line(path: &Path) -> Result<Option<String>, PrivateFileError> {
    Ok(text(path)?.map(|text| text.lines().next().unwrap_or_default().to_owned()))
}

/// All of it; `None` where there is no file.
pub fn text(path: &Path) -> Result<Option<String>, PrivateFileError> {
    let failed = |source| PrivateFileError::Read { path: path.into(), source };
    let about = match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        about => about.map_err(failed)?,
    };
    if !about.is_file() || about.len() > BYTES_MAX {
        return Err(PrivateFileError::NoSecret(path.into()));
    }
    if about.permissions().mode() & 0o077 != 0 {
        return Err(PrivateFileError::Open(path.into()));
    }
    std::fs::read_to_string(path).map(Some).map_err(failed)
}
