//! Plain files in a folder of ours: opened, placed, removed.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use cardline_core::file_formats::Mode;
use rustix::fs::OFlags;

use super::{Entry, Published, TransportError};
use crate::crash::{self, DurableAct};

/// Opens a plain file. A link is not followed, and a pipe or a device never waited for.
pub(in crate::exchange) fn open_plain(path: &Path) -> std::io::Result<File> {
    let file = File::options()
        .read(true)
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
        .open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(std::io::Error::new(ErrorKind::InvalidInput, "this is no plain file; move it away"))
}

/// Everything in a folder. The time of a file's change, not of its content: transfer programs set that to the
/// sender's.
pub(in crate::exchange) fn entries(folder: &Path) -> std::io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = match entry.metadata() {
            // It was taken away since it was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            about => about?,
        };
        let name = entry.file_name().to_string_lossy().into_owned();
        found.push(Entry { name, bytes: about.len(), is_plain: about.is_file(), changed: Some(about.ctime()) });
    }
    Ok(found)
}

/// Names of what is in a folder, in order; none where there is no folder.
pub(in crate::exchange) fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<std::io::Result<Vec<String>>>()?;
    names.sort();
    Ok(names)
}

/// Places bytes under a path: whole or not at all, and nothing where something lies. Its name
/// lasts once the folder's names were kept ([`keep_names`]).
pub(in crate::exchange) fn place_bytes(path: &Path, bytes: &[u8], mode: Mode) -> Result<Published, TransportError> {
    let failed = TransportError::io(path);
    if path.symlink_metadata().is_ok() {
        return same(path, bytes);
    }
    let (folder, name) = (path.parent().unwrap_or(path), path.file_name().unwrap_or_default());
    let mut part = tempfile::Builder::new().prefix(name).suffix(".part").tempfile_in(folder).map_err(&failed)?;
    let rights = std::fs::Permissions::from_mode(mode.bits());
    part.write_all(bytes)
        .and_then(|()| part.as_file().set_permissions(rights))
        .and_then(|()| part.as_file().sync_all())
        .map_err(&failed)?;
    crash::before(DurableAct::Place);
    match part.persist_noclobber(path) {
        Ok(_) => {
            crash::after(DurableAct::Place);
            Ok(Published::Now)
        }
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => same(path, bytes),
        Err(error) => Err(failed(error.error)),
    }
}

/// What lies there is read only where it can be ours: a plain file of that size, never a pipe or a link.
fn same(path: &Path, bytes: &[u8]) -> Result<Published, TransportError> {
    let failed = TransportError::io(path);
    let other = || TransportError::OtherBytes { path: path.display().to_string() };
    let found = path.symlink_metadata().map_err(&failed)?;
    if !found.is_file() || found.len() != bytes.len() as u64 {
        return Err(other());
    }
    let mut lying = Vec::with_capacity(bytes.len());
    let file = open_plain(path).map_err(&failed)?;
    file.take(bytes.len() as u64 + 1).read_to_end(&mut lying).map_err(&failed)?;
    if lying == bytes { Ok(Published::Before) } else { Err(other()) }
}

/// Makes the names in a folder last through a power cut.
pub(in crate::exchange) fn keep_names(folder: &Path) -> Result<(), TransportError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(TransportError::io(folder))
}

/// Removes a file; nothing there is as good.
pub(in crate::exchange) fn remove_one(path: &Path) -> std::io::Result<()> {
    crash::before(DurableAct::Remove);
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        other => other?,
    }
    crash::after(DurableAct::Remove);
    Ok(())
}
