//! The object store: frozen files and photos, so that any worker can go on with any of them.
//!
//! Frozen files are encrypted; their key is their digest. Photos that arrive with applications are put
//! there by the authority's upload service and are read by object key; renditions are ours, encrypted.
//! A key comes from outside: whatever it says, nothing outside the store is read.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use sha2::{Digest, Sha256};

use crate::crash::{self, DurableAct};
use crate::crypto::key_error::KeyError;
use crate::crypto::keys::Keys;
use crate::hex::hex;

/// What can go wrong with an object.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    #[error("object store: {0}")]
    Store(#[from] object_store::Error),
    #[error("object store folder: {0}; make it readable, or set CARDLINE_DATA to where it is")]
    Folder(std::io::Error),
    #[error("an upload's key is none an object can have: relative, of plain parts, at most 1,024 bytes")]
    Key,
    #[error("object {key}: {source}")]
    Encrypted { key: String, source: KeyError },
    #[error("object {key} is not what was stored: its digest differs; restore it or render the file again")]
    Changed { key: String },
}

/// Longest object key, in bytes (that of S3), and longest part of one (that of file systems).
const KEY_BYTES_MAX: usize = 1_024;
const KEY_PART_BYTES_MAX: usize = 255;

/// The store and the keys its encrypted objects need.
#[derive(Clone)]
pub struct Objects {
    /// None where there is no folder yet and nothing is to be made.
    store: Option<Arc<LocalFileSystem>>,
    /// The folder, without any link in its path.
    root: PathBuf,
    keys: Keys,
}

/// What lies under the key of an upload.
pub enum Fetched {
    Found(Bytes),
    TooLarge,
    /// Nothing, or nothing that can be read: it may come later.
    Missing,
    /// What can never be an upload, and why.
    Refused(&'static str),
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Key of what is stored under a digest.
pub fn key_of(kind: &str, digest: &str) -> String {
    format!("{kind}/{}/{digest}", digest.get(..2).unwrap_or("00"))
}

impl Objects {
    /// A local folder, made if it is not there.
    pub fn in_folder(folder: &Path, keys: Keys) -> Result<Objects, ObjectError> {
        std::fs::create_dir_all(folder).map_err(ObjectError::Folder)?;
        Objects::of_folder(folder, keys)
    }

    /// An existing local folder, for read-only commands.
    pub fn of_folder(folder: &Path, keys: Keys) -> Result<Objects, ObjectError> {
        match folder.canonicalize() {
            Ok(root) => {
                let store = LocalFileSystem::new_with_prefix(&root)?.with_fsync(true);
                Ok(Objects { store: Some(Arc::new(store)), root, keys })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Objects { store: None, root: folder.into(), keys }),
            Err(error) => Err(ObjectError::Folder(error)),
        }
    }

    fn store(&self) -> Result<&LocalFileSystem, ObjectError> {
        self.store.as_deref().ok_or_else(|| ObjectError::Folder(ErrorKind::NotFound.into()))
    }

    /// Stores bytes, encrypted, under their own digest; the same bytes again are the same object. Returns the digest.
    pub async fn put(&self, kind: &str, plain: &[u8]) -> Result<String, ObjectError> {
        let digest = sha256(plain);
        let key = Key::from(key_of(kind, &digest));
        let encrypted =
            self.keys.encrypt_large(plain).map_err(|source| ObjectError::Encrypted { key: key.to_string(), source })?;
        crash::before(DurableAct::Store);
        self.store()?.put(&key, Bytes::from(encrypted).into()).await?;
        crash::after(DurableAct::Store);
        Ok(digest)
    }

    /// Reads and decrypts what was stored under a digest, and checks that it still is that.
    pub async fn get(&self, kind: &str, digest: &str) -> Result<Vec<u8>, ObjectError> {
        let key = Key::from(key_of(kind, digest));
        let encrypted = self.store()?.get(&key).await?.bytes().await?;
        let plain = self
            .keys
            .decrypt_large(&encrypted)
            .map_err(|source| ObjectError::Encrypted { key: key.to_string(), source })?;
        if sha256(&plain) == digest { Ok(plain) } else { Err(ObjectError::Changed { key: key.to_string() }) }
    }

    /// Stores bytes that are encrypted already under a name of ours, unless something lies there; what lies there
    /// afterwards is given back. Of two workers that come at once both get the same.
    pub async fn keep_first(&self, kind: &str, name: &str, bytes: Vec<u8>) -> Result<Vec<u8>, ObjectError> {
        let key = Key::from(key_of(kind, name));
        crash::before(DurableAct::Store);
        let put = self.store()?.put_opts(&key, Bytes::from(bytes.clone()).into(), PutMode::Create.into()).await;
        crash::after(DurableAct::Store);
        match put {
            Ok(_) => Ok(bytes),
            Err(object_store::Error::AlreadyExists { .. }) => {
                Ok(self.store()?.get(&key).await?.bytes().await?.to_vec())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What [`Objects::keep_first`] kept under a name.
    pub async fn kept(&self, kind: &str, name: &str) -> Result<Option<Vec<u8>>, ObjectError> {
        let key = Key::from(key_of(kind, name));
        match self.store()?.get(&key).await {
            Ok(found) => Ok(Some(found.bytes().await?.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes what was stored under a digest; nothing there is as good.
    pub async fn remove(&self, kind: &str, digest: &str) -> Result<(), ObjectError> {
        self.removed(&Key::from(key_of(kind, digest))).await
    }

    /// Whether anything is stored under a digest.
    pub async fn has(&self, kind: &str, digest: &str) -> Result<bool, ObjectError> {
        let key = Key::from(key_of(kind, digest));
        // Nothing was ever stored where there is no folder.
        let Some(store) = self.store.as_deref() else { return Ok(false) };
        match store.head(&key).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the object of a key, such as an upload; nothing there is as good.
    pub async fn remove_key(&self, key: &str) -> Result<(), ObjectError> {
        match upload_key(key) {
            Some(key) => self.removed(&key).await,
            None => Ok(()),
        }
    }

    async fn removed(&self, key: &Key) -> Result<(), ObjectError> {
        crash::before(DurableAct::Remove);
        match self.store()?.delete(key).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        crash::after(DurableAct::Remove);
        Ok(())
    }

    /// Reads an object as it was uploaded, at most `most` bytes of it. What is wrong with one object is
    /// reported as such; an error means that the store itself cannot be read.
    pub async fn fetch(&self, object: &str, most: usize) -> Result<Fetched, ObjectError> {
        let Some(key) = upload_key(object) else {
            return Ok(Fetched::Refused("the key is none an upload can have"));
        };
        let Some(path) = self.plain_file(&key).await? else {
            return Ok(Fetched::Missing);
        };
        if let Err(refused) = path {
            return Ok(Fetched::Refused(refused));
        }
        match self.store()?.get(&key).await {
            Ok(found) if found.meta.size > most as u64 => Ok(Fetched::TooLarge),
            Ok(found) => Ok(found.bytes().await.map_or(Fetched::Missing, Fetched::Found)),
            Err(_) => Ok(Fetched::Missing),
        }
    }

    /// Whether a plain file inside the store lies under a key, links followed; `None` where nothing does
    /// that can be read. A pipe or a device would keep its reader waiting forever.
    async fn plain_file(&self, key: &Key) -> Result<Option<Result<(), &'static str>>, ObjectError> {
        let path = self.store()?.path_to_filesystem(key)?;
        let real = match tokio::fs::canonicalize(&path).await {
            Ok(real) => real,
            Err(error) => {
                // A store that is gone is no fault of its objects.
                tokio::fs::metadata(&self.root).await.map_err(ObjectError::Folder)?;
                let refused = error.kind() == ErrorKind::InvalidFilename;
                return Ok(refused.then_some(Err("the key is none an upload can have")));
            }
        };
        if !real.starts_with(&self.root) {
            return Ok(Some(Err("the key leads out of the store by a link")));
        }
        match tokio::fs::metadata(&real).await {
            Ok(found) if found.is_file() => Ok(Some(Ok(()))),
            Ok(_) => Ok(Some(Err("the object is a folder or no plain file"))),
            Err(_) => Ok(None),
        }
    }

    /// Stores an object as it is, under the key it is known by (the upload service's side).
    pub async fn upload(&self, key: &str, bytes: Vec<u8>) -> Result<(), ObjectError> {
        let key = upload_key(key).ok_or(ObjectError::Key)?;
        self.store()?.put(&key, Bytes::from(bytes).into()).await?;
        Ok(())
    }
}

/// The key of an upload as the store names it; `None` for what would lead elsewhere or nowhere.
fn upload_key(object: &str) -> Option<Key> {
    let odd = |c: char| c.is_control() || matches!(c, '\\' | '\u{fffd}');
    let fits = object.len() <= KEY_BYTES_MAX && object.split('/').all(|part| part.len() <= KEY_PART_BYTES_MAX);
    if !fits || object.is_empty() || object.starts_with('/') || object.ends_with('/') || object.contains(odd) {
        return None;
    }
    Key::parse(object).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fetched(objects: &Objects, key: &str) -> String {
        match objects.fetch(key, 100).await.unwrap() {
            Fetched::Found(bytes) => format!("{} bytes", bytes.len()),
            Fetched::TooLarge => "too large".into(),
            Fetched::Missing => "missing".into(),
            Fetched::Refused(why) => why.into(),
        }
    }

    #[tokio::test]
    async fn nothing_outside_the_store_is_read_whatever_a_key_says() {
        let folder = tempfile::tempdir().unwrap();
        let (root, outside) = (folder.path().join("objects"), folder.path().join("outside.jpg"));
        std::fs::write(&outside, b"secret").unwrap();
        let objects = Objects::in_folder(&root, Keys::make(&folder.path().join("keys")).unwrap()).unwrap();
        objects.upload("photos/1.jpg", vec![7; 20]).await.unwrap();
        objects.upload("photos/odd %2e#1?.jpg", vec![7; 21]).await.unwrap();
        objects.upload("photos/large.jpg", vec![7; 101]).await.unwrap();
        std::os::unix::fs::symlink(&outside, root.join("photos/out.jpg")).unwrap();
        std::os::unix::fs::symlink(folder.path(), root.join("up")).unwrap();
        std::os::unix::fs::symlink(root.join("photos/1.jpg"), root.join("photos/in.jpg")).unwrap();
        std::os::unix::fs::symlink("nowhere", root.join("photos/dangling.jpg")).unwrap();
        let socket = std::os::unix::net::UnixListener::bind(root.join("photos/socket")).unwrap();
        let long = format!("photos/{}.jpg", "x".repeat(252));
        let deep = "d/".repeat(600) + "1.jpg";
        const KEY: &str = "the key is none an upload can have";
        const LINK: &str = "the key leads out of the store by a link";
        const FOLDER: &str = "the object is a folder or no plain file";
        for (key, expected) in [
            ("photos/1.jpg", "20 bytes"),
            ("photos/odd %2e#1?.jpg", "21 bytes"),
            ("photos/in.jpg", "20 bytes"),
            ("photos/large.jpg", "too large"),
            ("photos/2.jpg", "missing"),
            ("photos/1.jpg/2.jpg", "missing"),
            ("photos/dangling.jpg", "missing"),
            ("%2e%2e/outside.jpg", "missing"),
            ("photos/out.jpg", LINK),
            ("up/outside.jpg", LINK),
            ("photos", FOLDER),
            ("photos/socket", FOLDER),
            ("photos/", KEY),
            ("", KEY),
            ("/", KEY),
            ("/photos/1.jpg", KEY),
            ("/etc/passwd", KEY),
            ("../outside.jpg", KEY),
            ("photos/../../outside.jpg", KEY),
            ("photos/./1.jpg", KEY),
            ("photos//1.jpg", KEY),
            ("..\\outside.jpg", KEY),
            ("photos/1.jpg\0", KEY),
            ("photos/1.jpg\u{fffd}", KEY),
            ("photos/\u{1b}[2J", KEY),
            (&long, KEY),
            (&deep, KEY),
        ] {
            assert_eq!(fetched(&objects, key).await, expected, "{key:?}");
        }
        drop(socket);
        std::fs::remove_dir_all(&root).unwrap();
        assert!(matches!(objects.fetch("photos/1.jpg", 100).await, Err(ObjectError::Folder(_))));
    }
}
