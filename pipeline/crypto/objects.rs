//! The object store: frozen files and photos, so that any worker can go on with any of them.
//!
//! Frozen files are encrypted; their key is their digest. Photos that arrive with applications are put
//! there by the authority's upload service and are read by object key; renditions are ours, encrypted.
//! A key comes from outside: whatever it says, nothing outside the store is read.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use object_store::path::Path as Key;
use object_store::{GetResult, ObjectStore, ObjectStoreExt, PutMode, UpdateVersion};
use sha2::{Digest, Sha256};

pub use super::object_error::ObjectError;
use super::object_folder::ObjectFolder;
use super::object_service::{is_of_one, open, why};
use crate::config::Bucket;
use crate::crash::{self, DurableAct};
use crate::crypto::keys::Keys;
use crate::hex::hex;
use crate::limits::OBJECT_ANSWER_SECONDS;

/// Where the watermark lies among the objects; what a service lets us see is asked there.
pub const WATERMARKS: &str = "watermarks";
/// Kinds of objects that are ours: no upload is one of them.
const OURS: [&str; 5] = ["envelopes", "files", "photos-chip", "photos-print", WATERMARKS];
/// How often a change is begun anew after another one was quicker.
const CHANGES_TRIED: u64 = 20;
/// Longest object key, in bytes (that of S3, less what a prefix may take), and longest part of one (that of file
/// systems).
const KEY_BYTES_MAX: usize = 900;
const KEY_PART_BYTES_MAX: usize = 255;

/// The store and the keys its encrypted objects need.
#[derive(Clone)]
pub struct Objects {
    place: Place,
    keys: Keys,
}

#[derive(Clone)]
enum Place {
    /// No folder yet, and nothing is to be made.
    Nowhere,
    Folder(ObjectFolder),
    Service(Arc<dyn ObjectStore>),
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
        Ok(Objects { place: ObjectFolder::open(folder)?.map_or(Place::Nowhere, Place::Folder), keys })
    }

    /// A bucket of a service, shared by workers on several machines. Nothing is asked of it yet.
    pub fn in_bucket(bucket: &Bucket, keys: Keys) -> Result<Objects, ObjectError> {
        Ok(Objects { place: Place::Service(open(bucket)?), keys })
    }

    fn store(&self) -> Result<&dyn ObjectStore, ObjectError> {
        match &self.place {
            Place::Nowhere => Err(ObjectError::Folder(ErrorKind::NotFound.into())),
            Place::Folder(folder) => Ok(&*folder.store),
            Place::Service(service) => Ok(&**service),
        }
    }

    /// What an error of the store is: of a service nothing is told that could name an object.
    fn failed(&self, error: object_store::Error) -> ObjectError {
        match &self.place {
            Place::Service(_) => ObjectError::Service { why: why(&error) },
            Place::Folder(_) | Place::Nowhere => ObjectError::Store(error),
        }
    }

    /// What lies under a name of ours; `None` where nothing does.
    async fn lying(&self, key: &Key) -> Result<Option<GetResult>, ObjectError> {
        match self.store()?.get(key).await {
            Ok(found) => Ok(Some(found)),
            Err(object_store::Error::NotFound { .. }) => self.reach().await.map(|()| None),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// The bytes of what is to lie under a name of ours.
    async fn bytes_of(&self, key: &Key) -> Result<Bytes, ObjectError> {
        let found = self.lying(key).await?.ok_or_else(|| ObjectError::Missing { key: key.to_string() })?;
        self.whole(found).await
    }

    /// The bytes of what was found, within a bounded time.
    async fn whole(&self, found: GetResult) -> Result<Bytes, ObjectError> {
        let bound = Duration::from_secs(OBJECT_ANSWER_SECONDS);
        match tokio::time::timeout(bound, found.bytes()).await {
            Ok(bytes) => bytes.map_err(|error| self.failed(error)),
            Err(_) => Err(ObjectError::Service { why: format!("no answer within {OBJECT_ANSWER_SECONDS} s") }),
        }
    }

    /// Fails when a service does not let us look into its bucket. One that does not know us, or has lost the bucket,
    /// says of every object that it is not there: that is believed only after this.
    pub async fn reach(&self) -> Result<(), ObjectError> {
        let Place::Service(service) = &self.place else { return Ok(()) };
        match service.list(Some(&Key::from(WATERMARKS))).next().await {
            Some(Err(error)) => Err(ObjectError::Service { why: why(&error) }),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// Whether workers on several machines have the same objects.
    pub fn is_shared(&self) -> bool {
        matches!(self.place, Place::Service(_))
    }

    /// Stores bytes, encrypted, under their own digest; the same bytes again are the same object. Returns the digest.
    pub async fn put(&self, kind: &str, plain: &[u8]) -> Result<String, ObjectError> {
        let digest = sha256(plain);
        self.put_under(kind, &digest, plain).await?;
        Ok(digest)
    }

    /// As [`Objects::put`], of bytes whose digest is known.
    pub async fn put_under(&self, kind: &str, digest: &str, plain: &[u8]) -> Result<(), ObjectError> {
        let key = Key::from(key_of(kind, digest));
        let encrypted =
            self.keys.encrypt_large(plain).map_err(|source| ObjectError::Encrypted { key: key.to_string(), source })?;
        crash::before(DurableAct::Store);
        self.store()?.put(&key, Bytes::from(encrypted).into()).await.map_err(|error| self.failed(error))?;
        crash::after(DurableAct::Store);
        Ok(())
    }

    /// Reads and decrypts what was stored under a digest, and checks that it still is that.
    pub async fn get(&self, kind: &str, digest: &str) -> Result<Vec<u8>, ObjectError> {
        let key = Key::from(key_of(kind, digest));
        let encrypted = self.bytes_of(&key).await?;
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
            Err(object_store::Error::AlreadyExists { .. }) => Ok(self.bytes_of(&key).await?.to_vec()),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Changes what a service keeps under a name of ours: `next` is given what lies there, and says what is to lie
    /// there, if anything else. Of two that change it at once, one looks again.
    ///
    /// # Errors
    /// The service fails, or does not keep to its own word of what lies there.
    pub async fn change(
        &self,
        kind: &str,
        name: &str,
        next: impl Fn(Option<&[u8]>) -> Option<Vec<u8>> + Send,
    ) -> Result<(), ObjectError> {
        let (key, store) = (Key::from(key_of(kind, name)), self.store()?);
        for tried in 0..CHANGES_TRIED {
            // Those that were slower do not all come again at once.
            tokio::time::sleep(Duration::from_millis(tried * u64::from(rand::random::<u8>()) / 4)).await;
            let (lying, mode) = match self.lying(&key).await? {
                Some(found) => {
                    let version =
                        UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
                    (Some(self.whole(found).await?), PutMode::Update(version))
                }
                None => (None, PutMode::Create),
            };
            let Some(bytes) = next(lying.as_deref()) else { return Ok(()) };
            match store.put_opts(&key, Bytes::from(bytes).into(), mode.into()).await {
                Ok(_) => return Ok(()),
                Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Err(ObjectError::Service { why: "it never takes a change of what it said lies there (If-Match)".into() })
    }

    /// Fails when a service puts over what lies there although it was told not to. Places a probe and removes it.
    pub async fn keeps_conditions(&self) -> Result<(), ObjectError> {
        let Place::Service(service) = &self.place else { return Ok(()) };
        let key = Key::from(format!("{WATERMARKS}/probe-{:08x}", rand::random::<u32>()));
        let put = async |mode: PutMode| service.put_opts(&key, Bytes::from_static(b"probe").into(), mode.into()).await;
        put(PutMode::Create).await.map_err(|error| self.failed(error))?;
        let again = put(PutMode::Create).await;
        let other = UpdateVersion { e_tag: Some("\"0\"".into()), version: None };
        let changed = put(PutMode::Update(other)).await;
        service.delete(&key).await.map_err(|error| self.failed(error))?;
        match (again, changed) {
            (Ok(_), _) => Err(ObjectError::Service { why: "it puts over what lies there (If-None-Match)".into() }),
            (_, Ok(_)) => Err(ObjectError::Service { why: "it changes what others changed before (If-Match)".into() }),
            (Err(_), Err(_)) => Ok(()),
        }
    }

    /// What lies under a name of ours as it is: kept by [`Objects::keep_first`], or changed by [`Objects::change`].
    pub async fn kept(&self, kind: &str, name: &str) -> Result<Option<Vec<u8>>, ObjectError> {
        let key = Key::from(key_of(kind, name));
        match self.lying(&key).await? {
            Some(found) => Ok(Some(self.whole(found).await?.to_vec())),
            None => Ok(None),
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
        if matches!(self.place, Place::Nowhere) {
            return Ok(false);
        }
        match self.store()?.head(&key).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => self.reach().await.map(|()| false),
            Err(error) => Err(self.failed(error)),
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
            Ok(()) => {}
            Err(object_store::Error::NotFound { .. }) => self.reach().await?,
            Err(error) => return Err(self.failed(error)),
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
        if let Place::Folder(folder) = &self.place {
            match folder.plain_file(&key).await? {
                None => return Ok(Fetched::Missing),
                Some(Err(refused)) => return Ok(Fetched::Refused(refused)),
                Some(Ok(())) => {}
            }
        }
        match (self.store()?.get(&key).await, self.is_shared()) {
            (Ok(found), _) if found.meta.size > most as u64 => Ok(Fetched::TooLarge),
            (Ok(found), true) => Ok(Fetched::Found(self.whole(found).await?)),
            (Ok(found), false) => Ok(self.whole(found).await.map_or(Fetched::Missing, Fetched::Found)),
            (Err(object_store::Error::NotFound { .. }), true) => self.reach().await.map(|()| Fetched::Missing),
            // Of this one alone: archived, or under a name the service does not take.
            (Err(error), true) if is_of_one(&error) => {
                self.reach().await.map(|()| Fetched::Refused("the service does not give the object out"))
            }
            (Err(error), true) => Err(self.failed(error)),
            (Err(_), false) => Ok(Fetched::Missing),
        }
    }

    /// Stores an object as it is, under the key it is known by (the upload service's side).
    pub async fn upload(&self, key: &str, bytes: Vec<u8>) -> Result<(), ObjectError> {
        let key = upload_key(key).ok_or(ObjectError::Key)?;
        self.store()?.put(&key, Bytes::from(bytes).into()).await.map_err(|error| self.failed(error))?;
        Ok(())
    }
}

/// The key of an upload as the store names it; `None` for what would lead elsewhere or nowhere.
fn upload_key(object: &str) -> Option<Key> {
    let odd = |c: char| c.is_control() || matches!(c, '\\' | '\u{fffd}');
    let fits = object.len() <= KEY_BYTES_MAX && object.split('/').all(|part| part.len() <= KEY_PART_BYTES_MAX);
    if OURS.contains(&object.split('/').next().unwrap_or_default()) {
        return None;
    }
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
