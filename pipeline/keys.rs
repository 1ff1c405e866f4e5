//! Sealing of personal data, and the keyed hashes that stand for it in the open.
//!
//! A record is compressed with a shared dictionary and sealed under a key of its own; that key is
//! wrapped by the data key and stored with the record, so that destroying one wrapped key erases one
//! person's record everywhere. The data key is wrapped by the master key behind [`KeyStore`].
//! The file store here is for development; production keys sit in an HSM or KMS behind the trait.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// Shared compression dictionary; its number is written into every record, so it can be replaced.
const DICTIONARY: &[u8] = include_bytes!("../schemas/sealed/dictionary.v1");
/// Of zstd: half the time of level 1, to seal and each time a record is opened, for a quarter more bytes.
const COMPRESSION_LEVEL: i32 = -1;
const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 12;
/// A 32-byte key and the 16 bytes of its tag.
const WRAPPED_KEY_BYTES: usize = 48;
const HEAD_BYTES: usize = 1 + NONCE_BYTES + WRAPPED_KEY_BYTES + NONCE_BYTES;
/// A sealed record never opens to more than this: a message, twice over.
const OPENED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The keyed hash's key version, written before every hash.
const HASH_KEY_VERSION: u8 = 1;

/// What can go wrong with keys and sealed records. Carries no content.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("key file {path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("key file {path} is not {bytes} bytes long; restore it from its backup")]
    Length { path: PathBuf, bytes: usize },
    #[error("a sealed record cannot be opened: it was changed, or another key sealed it")]
    Sealed,
    #[error("compression: {0}")]
    Compression(std::io::Error),
}

/// Where the master key lives. It never leaves the store; only wrapping is asked of it.
pub trait KeyStore {
    /// Wraps a data key.
    fn wrap(&self, key: &[u8; 32]) -> Result<Vec<u8>, KeyError>;
    /// Opens a wrapped data key.
    fn unwrap(&self, wrapped: &[u8]) -> Result<[u8; 32], KeyError>;
}

/// Development store: the master key in a file only its owner may read.
pub struct FileKeyStore {
    master: Aes256Gcm,
}

impl FileKeyStore {
    /// Opens the store in a folder; makes a new master key where there is none.
    pub fn open(folder: &Path) -> Result<FileKeyStore, KeyError> {
        let master = read_or_make(&folder.join("master.key"), 32, || Ok(random::<32>().to_vec()))?;
        Ok(FileKeyStore { master: cipher(&fixed(&master)) })
    }
}

impl KeyStore for FileKeyStore {
    fn wrap(&self, key: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
        let nonce = random::<NONCE_BYTES>();
        let sealed = self.master.encrypt(&Nonce::from(nonce), &key[..]).map_err(|_| KeyError::Sealed)?;
        Ok([&nonce[..], &sealed].concat())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<[u8; 32], KeyError> {
        let (nonce, sealed) = wrapped.split_at_checked(NONCE_BYTES).ok_or(KeyError::Sealed)?;
        let key = self.master.decrypt(&nonce_of(nonce), sealed).map_err(|_| KeyError::Sealed)?;
        if key.len() == 32 { Ok(fixed(&key)) } else { Err(KeyError::Sealed) }
    }
}

/// Seals and opens records, and hashes what must be compared without being readable.
#[derive(Clone)]
pub struct Keys {
    data: Aes256Gcm,
    hash: [u8; 32],
}

impl Keys {
    /// Opens the data key of a folder through its key store; makes both on first use.
    pub fn open(folder: &Path) -> Result<Keys, KeyError> {
        std::fs::create_dir_all(folder).map_err(|source| KeyError::File { path: folder.into(), source })?;
        let store = FileKeyStore::open(folder)?;
        let wrapped =
            read_or_make(&folder.join("data.key"), NONCE_BYTES + WRAPPED_KEY_BYTES, || store.wrap(&random::<32>()))?;
        let data = store.unwrap(&wrapped)?;
        Ok(Keys::from_data_key(&data))
    }

    fn from_data_key(data: &[u8; 32]) -> Keys {
        let hash = Sha256::new().chain_update(b"cardline keyed hash").chain_update(data).finalize();
        Keys { data: cipher(data), hash: fixed(&hash) }
    }

    /// Compresses and seals one record.
    pub fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let record_key = random::<32>();
        let (outer, inner) = (random::<NONCE_BYTES>(), random::<NONCE_BYTES>());
        let wrapped = self.data.encrypt(&Nonce::from(outer), &record_key[..]).map_err(|_| KeyError::Sealed)?;
        let sealed =
            cipher(&record_key).encrypt(&Nonce::from(inner), &compress(plain)?[..]).map_err(|_| KeyError::Sealed)?;
        Ok([&[FORMAT], &outer[..], &wrapped, &inner, &sealed].concat())
    }

    /// Opens one record.
    pub fn open_record(&self, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (head, body) = sealed.split_at_checked(HEAD_BYTES).ok_or(KeyError::Sealed)?;
        if head[0] != FORMAT {
            return Err(KeyError::Sealed);
        }
        let (outer, rest) = head[1..].split_at(NONCE_BYTES);
        let (wrapped, inner) = rest.split_at(WRAPPED_KEY_BYTES);
        let record_key = self.data.decrypt(&nonce_of(outer), wrapped).map_err(|_| KeyError::Sealed)?;
        let packed = cipher(&fixed(&record_key)).decrypt(&nonce_of(inner), body).map_err(|_| KeyError::Sealed)?;
        decompress(&packed)
    }

    /// Seals a file: not compressed with the records' dictionary, any size.
    pub fn seal_large(&self, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let nonce = random::<NONCE_BYTES>();
        let sealed = self.data.encrypt(&Nonce::from(nonce), plain).map_err(|_| KeyError::Sealed)?;
        Ok([&[FORMAT], &nonce[..], &sealed].concat())
    }

    /// Opens a sealed file.
    pub fn open_large(&self, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (head, body) = sealed.split_at_checked(1 + NONCE_BYTES).ok_or(KeyError::Sealed)?;
        self.data.decrypt(&nonce_of(&head[1..]), body).map_err(|_| KeyError::Sealed)
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

fn read_or_make(
    path: &Path,
    bytes: usize,
    make: impl FnOnce() -> Result<Vec<u8>, KeyError>,
) -> Result<Vec<u8>, KeyError> {
    let failed = |source| KeyError::File { path: path.into(), source };
    if !path.exists() {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        let folder = path.parent().unwrap_or(Path::new("."));
        let part = tempfile::Builder::new().prefix(".key").tempfile_in(folder).map_err(failed)?;
        let mut file = std::fs::OpenOptions::new().write(true).mode(0o600).open(part.path()).map_err(failed)?;
        file.write_all(&make()?).and_then(|()| file.sync_all()).map_err(failed)?;
        // Two workers may start at once: the first key wins, the second is dropped.
        if let Err(error) = part.persist_noclobber(path)
            && error.error.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(failed(error.error));
        }
    }
    let key = std::fs::read(path).map_err(failed)?;
    if key.len() == bytes { Ok(key) } else { Err(KeyError::Length { path: path.into(), bytes }) }
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
            None => Err(KeyError::Sealed),
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
            None => Err(KeyError::Sealed),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::from_data_key(&[7; 32])
    }

    #[test]
    fn a_record_opens_to_what_was_sealed_and_is_small() {
        let plain = include_bytes!("../schemas/sealed/dictionary.v1");
        let sealed = keys().seal(plain).unwrap();
        assert_eq!(keys().open_record(&sealed).unwrap(), plain);
        assert!(sealed.len() < plain.len() / 4, "{} of {}", sealed.len(), plain.len());
    }

    #[test]
    fn a_changed_byte_anywhere_does_not_open_and_does_not_panic() {
        let sealed = keys().seal(b"synthetic").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(keys().open_record(&changed).is_err(), "byte {at}");
            assert!(keys().open_record(&sealed[..at]).is_err());
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
        let sealed = Keys::open(folder.path()).unwrap().seal(b"synthetic").unwrap();
        assert_eq!(Keys::open(folder.path()).unwrap().open_record(&sealed).unwrap(), b"synthetic");
        std::fs::write(folder.path().join("data.key"), b"short").unwrap();
        assert!(matches!(Keys::open(folder.path()), Err(KeyError::Length { .. })));
    }
}
