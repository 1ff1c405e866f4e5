//! Encrypting of personal data, and the keyed hashes that stand for it in the open.
//!
//! A record is compressed with a shared dictionary and encrypted under a key of its own; that key is
//! wrapped by the data key and stored with the record, so that destroying one wrapped key erases one
//! person's record everywhere. The data key is wrapped by the master key behind [`KeyStore`].
//! The file store here is for development; production keys sit in an HSM or KMS behind the trait.
//!
//! Keys belong to one ledger: other keys make other hashes, and one person would be two. What tells keys
//! apart without giving them away is a [`KeyCheck`]. Keys are made only by [`Keys::make`], and only where
//! both are missing; who calls it has seen that the ledger has no use for others.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// Shared compression dictionary; its number is written into every record, so it can be replaced.
const DICTIONARY: &[u8] = include_bytes!("../../schemas/sealed/dictionary.v1");
/// Of zstd: half the time of level 1, to seal and each time a record is opened, for a quarter more bytes.
const COMPRESSION_LEVEL: i32 = -1;
const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 12;
/// A 32-byte key and the 16 bytes of its tag.
const WRAPPED_KEY_BYTES: usize = 48;
const HEAD_BYTES: usize = 1 + NONCE_BYTES + WRAPPED_KEY_BYTES + NONCE_BYTES;
/// A encrypted record never opens to more than this: a message, twice over.
const OPENED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The keyed hash's key version, written before every hash.
const HASH_KEY_VERSION: u8 = 1;
/// Enough that no two keys meet.
const CHECK_BYTES: usize = 16;
/// A wrapped data key with its nonce.
const WRAPPED_BYTES: usize = NONCE_BYTES + WRAPPED_KEY_BYTES;
const MASTER: &str = "master.key";
const DATA: &str = "data.key";

/// What can go wrong with keys and encrypted records. Carries no content.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("key file {path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error(
        "the key {path} is missing, and this ledger has its keys: no others are made. Is the volume mounted, \
         and is this the right data folder? Otherwise restore the folder of keys from its backup"
    )]
    Missing { path: PathBuf },
    #[error(
        "key file {path} has {found} bytes instead of {bytes}: it was cut short or is another file; restore it from its backup"
    )]
    Length { path: PathBuf, found: usize, bytes: usize },
    #[error("{folder}: master.key and data.key were exchanged; give each its own name again")]
    Exchanged { folder: PathBuf },
    #[error(
        "the {key} in {path} is not that of this ledger, and nothing was done: other keys would take one person for \
         two. Is this the right data folder, and the right database? Otherwise restore the folder of keys from the \
         backup of this ledger's"
    )]
    Foreign { key: &'static str, path: PathBuf },
    #[error(
        "the data key in {path} does not open under the master key beside it: one of the two is another ledger's or \
         was changed; restore both from their backup"
    )]
    Apart { path: PathBuf },
    #[error("a sealed record cannot be opened: it was changed, or another key sealed it")]
    Encrypted,
    #[error("compression: {0}")]
    Compression(std::io::Error),
}

/// What tells the keys of one ledger from all others: a keyed hash of a constant under each of them. It
/// stands in the ledger in the open; no key follows from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyCheck {
    pub master: [u8; CHECK_BYTES],
    pub data: [u8; CHECK_BYTES],
    pub hashing: [u8; CHECK_BYTES],
}

/// Where the master key lives. It never leaves the store; only wrapping is asked of it.
pub trait KeyStore {
    /// Wraps a data key.
    fn wrap(&self, key: &[u8; 32]) -> Result<Vec<u8>, KeyError>;
    /// Opens a wrapped data key.
    fn unwrap(&self, wrapped: &[u8]) -> Result<[u8; 32], KeyError>;
    /// A keyed hash of a constant under the master key: see [`KeyCheck`].
    fn check(&self) -> [u8; CHECK_BYTES];
}

/// Development store: the master key in a file only its owner may read.
pub struct FileKeyStore {
    master: Aes256Gcm,
    check: [u8; CHECK_BYTES],
}

impl FileKeyStore {
    fn of(master: &[u8; 32]) -> FileKeyStore {
        FileKeyStore { master: cipher(master), check: check("master", master) }
    }
}

impl KeyStore for FileKeyStore {
    fn wrap(&self, key: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
        let nonce = random::<NONCE_BYTES>();
        let encrypted = self.master.encrypt(&Nonce::from(nonce), &key[..]).map_err(|_| KeyError::Encrypted)?;
        Ok([&nonce[..], &encrypted].concat())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<[u8; 32], KeyError> {
        let (nonce, encrypted) = wrapped.split_at_checked(NONCE_BYTES).ok_or(KeyError::Encrypted)?;
        let key = self.master.decrypt(&nonce_of(nonce), encrypted).map_err(|_| KeyError::Encrypted)?;
        if key.len() == 32 { Ok(fixed(&key)) } else { Err(KeyError::Encrypted) }
    }

    fn check(&self) -> [u8; CHECK_BYTES] {
        self.check
    }
}

/// Seals and opens records, and hashes what must be compared without being readable.
#[derive(Clone)]
pub struct Keys {
    data: Aes256Gcm,
    hash: [u8; 32],
    check: KeyCheck,
    is_passing: bool,
}

impl Keys {
    /// Opens the keys of a folder. Makes nothing.
    pub fn open(folder: &Path) -> Result<Keys, KeyError> {
        Keys::open_like(folder, None)
    }

    /// Opens the keys of a folder when they are those of the ledger that keeps this check.
    pub fn open_of(folder: &Path, ledger: &KeyCheck) -> Result<Keys, KeyError> {
        Keys::open_like(folder, Some(ledger))
    }

    fn open_like(folder: &Path, ledger: Option<&KeyCheck>) -> Result<Keys, KeyError> {
        let (master_path, data_path) = (folder.join(MASTER), folder.join(DATA));
        let (master, wrapped) = (read(&master_path)?, read(&data_path)?);
        if (master.len(), wrapped.len()) == (WRAPPED_BYTES, 32) {
            return Err(KeyError::Exchanged { folder: folder.into() });
        }
        let store = FileKeyStore::of(&fixed(&of_length(&master_path, master, 32)?));
        let wrapped = of_length(&data_path, wrapped, WRAPPED_BYTES)?;
        let data = store.unwrap(&wrapped);
        if ledger.is_some_and(|ledger| ledger.master != store.check()) {
            // A data key that opens under it came with it.
            let (key, path) = if data.is_ok() { ("pair of keys", folder.into()) } else { ("master key", master_path) };
            return Err(KeyError::Foreign { key, path });
        }
        let Ok(data) = data else {
            let foreign = KeyError::Foreign { key: "data key", path: data_path.clone() };
            return Err(if ledger.is_some() { foreign } else { KeyError::Apart { path: data_path } });
        };
        let keys = Keys::of(&store, &data);
        match ledger {
            Some(ledger) if *ledger != keys.check => Err(KeyError::Foreign { key: "data key", path: data_path }),
            _ => Ok(keys),
        }
    }

    /// Makes the keys of a folder that has none, and opens them. A key that is there without the other is
    /// left as it is, unless it is a master key that no data key was made for yet.
    pub fn make(folder: &Path) -> Result<Keys, KeyError> {
        std::fs::create_dir_all(folder).map_err(|source| KeyError::File { path: folder.into(), source })?;
        let (master_path, data_path) = (folder.join(MASTER), folder.join(DATA));
        if !data_path.exists() {
            place(&master_path, &random::<32>())?;
            let master = of_length(&master_path, read(&master_path)?, 32)?;
            place(&data_path, &FileKeyStore::of(&fixed(&master)).wrap(&random::<32>())?)?;
        }
        Keys::open(folder)
    }

    /// Keys that are kept nowhere: for a ledger that has none yet and is only looked at.
    pub fn passing() -> Keys {
        Keys { is_passing: true, ..Keys::of(&FileKeyStore::of(&random::<32>()), &random::<32>()) }
    }

    /// Whether they are kept nowhere.
    pub fn is_passing(&self) -> bool {
        self.is_passing
    }

    fn of(store: &impl KeyStore, data: &[u8; 32]) -> Keys {
        let hash = fixed(&Sha256::new().chain_update(b"cardline keyed hash").chain_update(data).finalize());
        let check = KeyCheck { master: store.check(), data: check("data", data), hashing: check("hashing", &hash) };
        Keys { data: cipher(data), hash, check, is_passing: false }
    }

    /// What tells these keys from others.
    pub fn check(&self) -> KeyCheck {
        self.check
    }

    /// Compresses and seals one record.
    pub fn encrypt(&self, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let record_key = random::<32>();
        let (outer, inner) = (random::<NONCE_BYTES>(), random::<NONCE_BYTES>());
        let wrapped = self.data.encrypt(&Nonce::from(outer), &record_key[..]).map_err(|_| KeyError::Encrypted)?;
        let encrypted =
            cipher(&record_key).encrypt(&Nonce::from(inner), &compress(plain)?[..]).map_err(|_| KeyError::Encrypted)?;
        Ok([&[FORMAT], &outer[..], &wrapped, &inner, &encrypted].concat())
    }

    /// Opens one record.
    pub fn decrypt(&self, encrypted: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (head, body) = encrypted.split_at_checked(HEAD_BYTES).ok_or(KeyError::Encrypted)?;
        if head[0] != FORMAT {
            return Err(KeyError::Encrypted);
        }
        let (outer, rest) = head[1..].split_at(NONCE_BYTES);
        let (wrapped, inner) = rest.split_at(WRAPPED_KEY_BYTES);
        let record_key = self.data.decrypt(&nonce_of(outer), wrapped).map_err(|_| KeyError::Encrypted)?;
        let packed = cipher(&fixed(&record_key)).decrypt(&nonce_of(inner), body).map_err(|_| KeyError::Encrypted)?;
        decompress(&packed)
    }

    /// Seals a file: not compressed with the records' dictionary, any size.
    pub fn seal_large(&self, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let nonce = random::<NONCE_BYTES>();
        let encrypted = self.data.encrypt(&Nonce::from(nonce), plain).map_err(|_| KeyError::Encrypted)?;
        Ok([&[FORMAT], &nonce[..], &encrypted].concat())
    }

    /// Opens a encrypted file.
    pub fn open_large(&self, encrypted: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (head, body) = encrypted.split_at_checked(1 + NONCE_BYTES).ok_or(KeyError::Encrypted)?;
        self.data.decrypt(&nonce_of(&head[1..]), body).map_err(|_| KeyError::Encrypted)
    }

    /// Keyed hash of what identifies a person or an account; `purpose` keeps the kinds apart.
    pub fn hash(&self, purpose: &str, value: &str) -> Vec<u8> {
        // HMAC takes keys of any length, so this cannot fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.hash) else {
            return Vec::new();
        };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        let mut key = vec![HASH_KEY_VERSION];
        key.extend_from_slice(&mac.finalize().into_bytes()[..16]);
        key
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes);
    bytes
}

fn cipher(key: &[u8; 32]) -> Aes256Gcm {
    Aes256Gcm::new(&(*key).into())
}

/// The first 32 bytes; shorter input is padded with zeros, which only a caller's slip could cause.
fn fixed(bytes: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    for (to, from) in key.iter_mut().zip(bytes) {
        *to = *from;
    }
    key
}

fn nonce_of(bytes: &[u8]) -> Nonce<aes_gcm::aead::consts::U12> {
    let mut nonce = [0; NONCE_BYTES];
    for (to, from) in nonce.iter_mut().zip(bytes) {
        *to = *from;
    }
    Nonce::from(nonce)
}

/// A keyed hash of a constant under a key.
fn check(name: &str, key: &[u8; 32]) -> [u8; CHECK_BYTES] {
    let mut value = [0; CHECK_BYTES];
    // HMAC takes keys of any length, so this cannot fail.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) {
        mac.update(b"cardline key check ");
        mac.update(name.as_bytes());
        value.copy_from_slice(&mac.finalize().into_bytes()[..CHECK_BYTES]);
    }
    value
}

fn read(path: &Path) -> Result<Vec<u8>, KeyError> {
    std::fs::read(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => KeyError::Missing { path: path.into() },
        _ => KeyError::File { path: path.into(), source },
    })
}

fn of_length(path: &Path, key: Vec<u8>, bytes: usize) -> Result<Vec<u8>, KeyError> {
    if key.len() == bytes { Ok(key) } else { Err(KeyError::Length { path: path.into(), found: key.len(), bytes }) }
}

/// Writes a key that is not there yet. Of two workers that start at once the first one's stays.
fn place(path: &Path, key: &[u8]) -> Result<(), KeyError> {
    use std::io::Write;
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

thread_local! {
    /// One per thread: building one per record costs more than the compression itself.
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

fn compress(plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    COMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Some(
                zstd::bulk::Compressor::with_dictionary(COMPRESSION_LEVEL, DICTIONARY)
                    .map_err(KeyError::Compression)?,
            );
        }
        match slot {
            Some(compressor) => compressor.compress(plain).map_err(KeyError::Compression),
            None => Err(KeyError::Encrypted),
        }
    })
}

fn decompress(packed: &[u8]) -> Result<Vec<u8>, KeyError> {
    DECOMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Some(zstd::bulk::Decompressor::with_dictionary(DICTIONARY).map_err(KeyError::Compression)?);
        }
        match slot {
            Some(decompressor) => decompressor.decompress(packed, OPENED_BYTES_MAX).map_err(KeyError::Compression),
            None => Err(KeyError::Encrypted),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::of(&FileKeyStore::of(&[1; 32]), &[7; 32])
    }

    #[test]
    fn a_record_opens_to_what_was_sealed_and_is_small() {
        let plain = include_bytes!("../../schemas/sealed/dictionary.v1");
        let encrypted = keys().encrypt(plain).unwrap();
        assert_eq!(keys().decrypt(&encrypted).unwrap(), plain);
        assert!(encrypted.len() < plain.len() / 4, "{} of {}", encrypted.len(), plain.len());
    }

    #[test]
    fn a_changed_byte_anywhere_does_not_open_and_does_not_panic() {
        let encrypted = keys().encrypt(b"synthetic").unwrap();
        for at in 0..encrypted.len() {
            let mut changed = encrypted.clone();
            changed[at] ^= 1;
            assert!(keys().decrypt(&changed).is_err(), "byte {at}");
            assert!(keys().decrypt(&encrypted[..at]).is_err());
        }
    }

    #[test]
    fn hashes_are_stable_and_kept_apart_by_purpose() {
        assert_eq!(keys().hash("person", "x"), keys().hash("person", "x"));
        assert_ne!(keys().hash("person", "x"), keys().hash("account", "x"));
        assert_eq!(keys().hash("person", "x").len(), 17);
    }

    #[test]
    fn keys_of_a_folder_open_what_they_sealed_before() {
        let folder = tempfile::tempdir().unwrap();
        let made = Keys::make(folder.path()).unwrap();
        let encrypted = made.encrypt(b"synthetic").unwrap();
        assert_eq!(Keys::open(folder.path()).unwrap().decrypt(&encrypted).unwrap(), b"synthetic");
        assert_eq!(Keys::make(folder.path()).unwrap().check(), made.check());
        std::fs::write(folder.path().join(DATA), b"short").unwrap();
        assert!(matches!(Keys::open(folder.path()), Err(KeyError::Length { found: 5, .. })));
    }

    #[test]
    fn a_missing_key_is_not_made_beside_the_other() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Keys::open(folder.path()), Err(KeyError::Missing { .. })));
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
        Keys::make(folder.path()).unwrap();
        std::fs::remove_file(folder.path().join(MASTER)).unwrap();
        assert!(matches!(Keys::make(folder.path()), Err(KeyError::Missing { path }) if path.ends_with(MASTER)));
    }

    /// Names what is wrong when a file of one folder of keys is that of another, or both are.
    #[test]
    fn keys_of_another_ledger_are_refused_by_name() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let check = Keys::make(ours.path()).unwrap().check();
        Keys::make(theirs.path()).unwrap();
        let take = |name: &str| std::fs::copy(theirs.path().join(name), ours.path().join(name)).unwrap();
        let refused = || match Keys::open_of(ours.path(), &check) {
            Err(KeyError::Foreign { key, .. }) => key,
            _ => "none",
        };
        assert_eq!(refused(), "none");
        let kept = std::fs::read(ours.path().join(DATA)).unwrap();
        take(DATA);
        assert_eq!(refused(), "data key");
        assert!(matches!(Keys::open(ours.path()), Err(KeyError::Apart { .. })));
        take(MASTER);
        assert_eq!(refused(), "pair of keys");
        std::fs::write(ours.path().join(DATA), kept).unwrap();
        assert_eq!(refused(), "master key");
    }

    #[test]
    fn exchanged_keys_are_told() {
        let folder = tempfile::tempdir().unwrap();
        Keys::make(folder.path()).unwrap();
        let (master, data) = (folder.path().join(MASTER), folder.path().join(DATA));
        let kept = [std::fs::read(&master).unwrap(), std::fs::read(&data).unwrap()];
        std::fs::write(&master, &kept[1]).unwrap();
        std::fs::write(&data, &kept[0]).unwrap();
        assert!(matches!(Keys::open(folder.path()), Err(KeyError::Exchanged { .. })));
    }
}
