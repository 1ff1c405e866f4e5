//! A folder on our side, which the partner's transfer program reaches.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use cardline_core::file_formats::Mode;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::plain_files::{entries, keep_names, open_plain, place_bytes, remove_one};
use super::{Entry, Place, Published, Transport, TransportError, is_plain_name};

/// The folders of one partner below one of ours. Everything here blocks, and gives way to other tasks meanwhile.
pub(super) struct FolderTransport {
    folder: PathBuf,
}

impl FolderTransport {
    pub(super) fn new(folder: &Path) -> FolderTransport {
        FolderTransport { folder: folder.into() }
    }

    fn at(&self, place: Place, name: &str) -> Result<PathBuf, TransportError> {
        if is_plain_name(name) { Ok(folder_of(&self.folder, place).join(name)) } else { Err(TransportError::Name) }
    }
}

/// Where a folder of a partner lies below `folder`.
pub(in crate::exchange) fn folder_of(folder: &Path, place: Place) -> PathBuf {
    match place {
        Place::To => folder.join("to"),
        Place::From => folder.join("from"),
        Place::Archive => folder.join("from").join("archive"),
    }
}

fn read(path: &Path, most: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match open_plain(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?.take(most + 1).read_to_end(&mut bytes)?,
    };
    Ok(Some(bytes))
}

fn blocking<'a, T: Send + 'a>(
    work: impl FnOnce() -> Result<T, TransportError> + Send + 'a,
) -> BoxFuture<'a, Result<T, TransportError>> {
    async move { tokio::task::block_in_place(work) }.boxed()
}

impl Transport for FolderTransport {
    fn begin_anew(&self) -> BoxFuture<'_, ()> {
        std::future::ready(()).boxed()
    }

    fn list(&self, place: Place) -> BoxFuture<'_, Result<Vec<Entry>, TransportError>> {
        let folder = folder_of(&self.folder, place);
        let archive = folder_of(&self.folder, Place::Archive);
        blocking(move || {
            let mut lying = entries(&folder).map_err(TransportError::io(&folder))?;
            lying.retain(|entry| folder.join(&entry.name) != archive);
            Ok(lying)
        })
    }

    fn get<'a>(
        &'a self,
        place: Place,
        name: &'a str,
        most: u64,
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, TransportError>> {
        blocking(move || {
            let path = self.at(place, name)?;
            read(&path, most).map_err(TransportError::io(&path))
        })
    }

    fn put_if_absent<'a>(
        &'a self,
        place: Place,
        name: &'a str,
        bytes: &'a [u8],
        mode: Mode,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        blocking(move || {
            let published = place_bytes(&self.at(place, name)?, bytes, mode)?;
            keep_names(&folder_of(&self.folder, place))?;
            Ok(published)
        })
    }

    fn remove<'a>(&'a self, place: Place, name: &'a str) -> BoxFuture<'a, Result<(), TransportError>> {
        blocking(move || {
            let path = self.at(place, name)?;
            remove_one(&path).map_err(TransportError::io(&path))
        })
    }

    fn archive<'a>(&'a self, name: &'a str, archived: &'a str) -> BoxFuture<'a, Result<(), TransportError>> {
        blocking(move || {
            let (from, to) = (self.at(Place::From, name)?, self.at(Place::Archive, archived)?);
            match std::fs::rename(&from, &to) {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                moved => moved.map_err(TransportError::io(&from)),
            }
        })
    }
}
