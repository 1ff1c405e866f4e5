//! Publishing a frozen file: `.part`, flush, rename that refuses to overwrite, marker last.

use std::path::Path;

use cardline_core::file_formats::{Mode, marker};

use super::transport::plain_files::{keep_names, place_bytes};
use super::transport::{Place, Published, Transport, TransportError};
use crate::crypto::objects::sha256;

/// Places a file under its final name at a partner's, then its marker. Never overwrites; what an earlier try left
/// there is gone on with.
pub async fn publish(
    transport: &dyn Transport,
    name: &str,
    bytes: &[u8],
    marker_name: Option<&str>,
    mode: Mode,
) -> Result<Published, TransportError> {
    let published = transport.put_if_absent(Place::To, name, bytes, mode).await?;
    if let Some(marker_name) = marker_name {
        let text = marker(bytes.len() as u64, &sha256(bytes));
        // An older marker can only be our own of the same file.
        transport.put_if_absent(Place::To, marker_name, text.as_bytes(), mode).await?;
    }
    Ok(published)
}

/// Places a file under its final name in a local folder, then its marker, both with these rights whatever
/// the process's mask is. Never overwrites.
pub fn place(
    folder: &Path,
    name: &str,
    bytes: &[u8],
    marker_name: Option<&str>,
    mode: Mode,
) -> Result<Published, TransportError> {
    let published = place_bytes(&folder.join(name), bytes, mode)?;
    if let Some(marker_name) = marker_name {
        let text = marker(bytes.len() as u64, &sha256(bytes));
        // An older marker can only be our own of the same file.
        place_bytes(&folder.join(marker_name), text.as_bytes(), mode)?;
    }
    keep_names(folder)?;
    Ok(published)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

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
            Err(TransportError::OtherBytes { .. })
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
                    Err(TransportError::OtherBytes { .. })
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
