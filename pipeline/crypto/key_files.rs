//! The files of a folder of keys.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::key_error::KeyError;

pub(super) const MASTER: &str = "master.key";
pub(super) const DATA: &str = "data.key";

pub(super) fn read(path: &Path) -> Result<Vec<u8>, KeyError> {
    std::fs::read(path).map_err(|source| of_file(path, source))
}

/// Reads the master key. One that others of the machine can read opens nothing.
pub(super) fn read_master(path: &Path) -> Result<Vec<u8>, KeyError> {
    let failed = |source| of_file(path, source);
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Open { path: path.into(), mode });
    }
    let mut key = Vec::new();
    file.read_to_end(&mut key).map_err(failed)?;
    Ok(key)
}

fn of_file(path: &Path, source: std::io::Error) -> KeyError {
    match source.kind() {
        std::io::ErrorKind::NotFound => KeyError::Missing { path: path.into() },
        _ => KeyError::File { path: path.into(), source },
    }
}

pub(super) fn of_length(path: &Path, key: Vec<u8>, bytes: usize) -> Result<Vec<u8>, KeyError> {
    if key.len() == bytes { Ok(key) } else { Err(KeyError::Length { path: path.into(), found: key.len(), bytes }) }
}

/// Writes a key that is not there yet. Of two workers that start at once the first one's stays.
pub(super) fn place(path: &Path, key: &[u8]) -> Result<(), KeyError> {
    let failed = |source| KeyError::File { path: path.into(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    // Its mode is 600 from the beginning.
    let mut part = tempfile::Builder::new().prefix(".key").tempfile_in(folder).map_err(failed)?;
    part.write_all(key).and_then(|()| part.as_file().sync_all()).map_err(failed)?;
    match part.persist_noclobber(path) {
        Err(error) if error.error.kind() != std::io::ErrorKind::AlreadyExists => return Err(failed(error.error)),
        _ => {}
    }
    // The ledger will name it: it must outlive a power cut.
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}
