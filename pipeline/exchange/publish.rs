//! Publishing a frozen file: `.part`, flush, rename that refuses to overwrite, marker last.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use cardline_core::file_formats::{Mode, marker};

use super::open_plain;
use crate::crash::{self, DurableAct};
use crate::crypto::objects::sha256;

/// What a publication found.
#[derive(Debug, PartialEq, Eq)]
pub enum Published {
    /// Placed now.
    Now,
    /// The same bytes already lay there: an earlier try got that far.
    Before,
}

/// Why a file could not be placed; the frozen bytes stay and it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("placing {path}: {source}; it is tried again")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("{path} exists with other bytes than those frozen; nothing was overwritten, a person decides")]
    OtherBytes { path: PathBuf },
}

/// Places a file under its final name in a local folder, then its marker, both with these rights whatever
/// the process's mask is. Never overwrites.
pub fn place(
    folder: &Path,
    name: &str,
    bytes: &[u8],
    marker_name: Option<&str>,
    mode: Mode,
) -> Result<Published, PublishError> {
    let path = folder.join(name);
    let published = place_bytes(folder, name, bytes, mode)?;
    if let Some(marker_name) = marker_name {
        let text = marker(bytes.len() as u64, &sha256(bytes));
        // An older marker can only be our own of the same file.
        place_bytes(folder, marker_name, text.as_bytes(), mode)?;
    }
    std::fs::File::open(folder).and_then(|f| f.sync_all()).map_err(|source| PublishError::Folder { path, source })?;
    Ok(published)
}

fn place_bytes(folder: &Path, name: &str, bytes: &[u8], mode: Mode) -> Result<Published, PublishError> {
    let path = folder.join(name);
    let failed = |source| PublishError::Folder { path: path.clone(), source };
    if path.symlink_metadata().is_ok() {
        return same(&path, bytes);
    }
    let mut part = tempfile::Builder::new().prefix(name).suffix(".part").tempfile_in(folder).map_err(failed)?;
    let rights = std::fs::Permissions::from_mode(mode.bits());
    part.write_all(bytes)
        .and_then(|()| part.as_file().set_permissions(rights))
        .and_then(|()| part.as_file().sync_all())
        .map_err(failed)?;
    crash::before(DurableAct::Place);
    match part.persist_noclobber(&path) {
        Ok(_) => {
            crash::after(DurableAct::Place);
            Ok(Published::Now)
        }
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => same(&path, bytes),
        Err(error) => Err(failed(error.error)),
    }
}

/// What lies there is read only where it can be ours: a plain file of that size, never a pipe or a link.
fn same(path: &Path, bytes: &[u8]) -> Result<Published, PublishError> {
    let failed = |source| PublishError::Folder { path: path.into(), source };
    let other = || PublishError::OtherBytes { path: path.into() };
    let found = path.symlink_metadata().map_err(failed)?;
    if !found.is_file() || found.len() != bytes.len() as u64 {
        return Err(other());
    }
    let mut lying = Vec::with_capacity(bytes.len());
    let file = open_plain(path).map_err(failed)?;
    file.take(bytes.len() as u64 + 1).read_to_end(&mut lying).map_err(failed)?;
    if lying == bytes { Ok(Published::Before) } else { Err(other()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_placed_once_with_its_marker_last() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(place(folder.path(), "a.txt", b"rows", Some("a.txt.ok"), Mode::default()).unwrap(), Published::Now);
        assert_eq!(
            place(folder.path(), "a.txt", b"rows", Some("a.txt.ok"), Mode::default()).unwrap(),
            Published::Before
        );
        let marker = std::fs::read(folder.path().join("a.txt.ok")).unwrap();
        assert!(String::from_utf8(marker).unwrap().starts_with("4 "));
        for placed in std::fs::read_dir(folder.path()).unwrap() {
            let rights = placed.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(rights & 0o7777, 0o640, "its group may fetch it");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no .part is left");
    }

    #[test]
    fn other_bytes_are_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), b"theirs").unwrap();
        assert!(matches!(
            place(folder.path(), "a.txt", b"ours", None, Mode::default()),
            Err(PublishError::OtherBytes { .. })
        ));
        assert_eq!(std::fs::read(folder.path().join("a.txt")).unwrap(), b"theirs");
    }

    #[test]
    fn a_pipe_a_link_or_a_huge_file_under_the_name_is_never_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        std::fs::write(at("ours"), b"ours").unwrap();
        std::os::unix::fs::symlink(at("ours"), at("link")).unwrap();
        std::os::unix::fs::symlink("nowhere", at("dangling")).unwrap();
        std::fs::File::create(at("huge")).unwrap().set_len(1 << 40).unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        for name in ["pipe", "link", "dangling", "huge", "folder"] {
            assert!(
                matches!(
                    place(folder.path(), name, b"ours", None, Mode::default()),
                    Err(PublishError::OtherBytes { .. })
                ),
                "{name}"
            );
        }
    }

    #[test]
    fn a_missing_marker_is_added_after_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), b"rows").unwrap();
        assert_eq!(
            place(folder.path(), "a.txt", b"rows", Some("a.txt.ok"), Mode::default()).unwrap(),
            Published::Before
        );
        assert!(folder.path().join("a.txt.ok").exists());
    }
}
