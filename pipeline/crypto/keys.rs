//! Encrypting of personal data, and the keyed hashes that stand for it in plain text.
//!
//! A record is compressed with a shared dictionary and encrypted under a key of its own; that key is
//! wrapped by the data key and stored with the record, so that destroying one wrapped key erases one
//! person's record everywhere. The data key is wrapped by the master key behind [`KeyStore`].
//! The file store here is for development; production keys sit in an HSM or KMS behind the trait.
//!
//! Keys belong to one ledger: other keys make other hashes, and one person would be two. What identifies keys
//! apart without giving them away is a [`KeyCheck`]. Keys are made only by [`Keys::make`], and only where
//! both are missing; who calls it has seen that the ledger has no use for others.

use std::path::Path;
use std::sync::Arc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use super::cipher::{CHECK_BYTES, NONCE_BYTES, check, cipher, fixed, nonce_of, random};
use super::compression::{compress, decompress};
use super::key_error::KeyError;
use super::key_files::{DATA, MASTER, of_length, place, read, read_master};
use super::key_store::{FileKeyStore, KeyStore};
use crate::store::row_macs::{BindRecord, RowKey, catalog};

/// A record that opens in any row: fresh from [`Keys::encrypt`], or of the version before.
const FORMAT: u8 = 1;
/// A record that opens in its own row only.
const BOUND: u8 = 2;
/// What stands in place of a record that was destroyed with its key.
pub const DESTROYED: &[u8] = &[0];
/// A 32-byte key and the 16 bytes of its tag.
const WRAPPED_KEY_BYTES: usize = 48;
const HEAD_BYTES: usize = 1 + NONCE_BYTES + WRAPPED_KEY_BYTES + NONCE_BYTES;
/// The keyed hash's key version, written before every hash.
const HASH_KEY_VERSION: u8 = 1;
/// A wrapped data key with its nonce.
const WRAPPED_BYTES: usize = NONCE_BYTES + WRAPPED_KEY_BYTES;
/// What identifies the keys of one ledger: a keyed hash of a constant under each of them. It
/// stands in the ledger in plain text; no key follows from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyCheck {
    pub master: [u8; CHECK_BYTES],
    pub data: [u8; CHECK_BYTES],
    pub hashing: [u8; CHECK_BYTES],
}

/// The row a record belongs to; it opens nowhere else. Taken to another row by SQL, it does not open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordOf {
    /// A message, by its id.
    Message(i64),
    /// The account of an application, by the application's id.
    Account(i64),
}

impl RecordOf {
    /// What the record is bound to: the table and the id.
    fn associated(self) -> Vec<u8> {
        let (table, id) = match self {
            RecordOf::Message(id) => (catalog::MESSAGE.table, id),
            RecordOf::Account(application) => (catalog::ACCOUNT.table, application),
        };
        associated(table, id)
    }
}

fn associated(table: &str, id: i64) -> Vec<u8> {
    [table.as_bytes(), &[0], &id.to_be_bytes()].concat()
}

/// Seals and opens records, and hashes what must be compared without being readable.
#[derive(Clone)]
pub struct Keys {
    data: Arc<Aes256Gcm>,
    hash: Hmac<Sha256>,
    rows: RowKey,
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
        let (master, wrapped) = (read_master(&master_path)?, read(&data_path)?);
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
            let master = of_length(&master_path, read_master(&master_path)?, 32)?;
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
        let row_key = fixed(&Sha256::new().chain_update(b"cardline row digest").chain_update(data).finalize());
        let data = Arc::new(cipher(data));
        let rows = RowKey::new(&row_key, Arc::new(Binder(Arc::clone(&data))));
        // The key fills the first half of a block; the rest is zeros, as HMAC pads it.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&hash);
        Keys { data, hash: Hmac::new(&block.into()), rows, check, is_passing: false }
    }

    /// The key of the digests that cover the ledger's rows.
    pub fn row_key(&self) -> &RowKey {
        &self.rows
    }

    /// What identifies these keys.
    pub fn check(&self) -> KeyCheck {
        self.check
    }

    /// Compresses and encrypts one record.
    pub fn encrypt(&self, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let record_key = random::<32>();
        let (outer, inner) = (random::<NONCE_BYTES>(), random::<NONCE_BYTES>());
        let wrapped = self.data.encrypt(&Nonce::from(outer), &record_key[..]).map_err(|_| KeyError::Encrypted)?;
        let encrypted =
            cipher(&record_key).encrypt(&Nonce::from(inner), &compress(plain)?[..]).map_err(|_| KeyError::Encrypted)?;
        Ok([&[FORMAT], &outer[..], &wrapped, &inner, &encrypted].concat())
    }

    /// Opens one record that belongs to no row.
    pub fn decrypt(&self, encrypted: &[u8]) -> Result<Vec<u8>, KeyError> {
        if encrypted.first() == Some(&BOUND) { Err(KeyError::Encrypted) } else { self.open_record(encrypted, &[]) }
    }

    /// Opens the record of a row. One of the version before, which was bound to none, opens too.
    pub fn decrypt_of(&self, row: RecordOf, encrypted: &[u8]) -> Result<Vec<u8>, KeyError> {
        match encrypted.first() {
            Some(&BOUND) => self.open_record(encrypted, &row.associated()),
            _ => self.decrypt(encrypted),
        }
    }

    fn open_record(&self, encrypted: &[u8], aad: &[u8]) -> Result<Vec<u8>, KeyError> {
        if encrypted == DESTROYED {
            return Err(KeyError::Destroyed);
        }
        let (head, body) = encrypted.split_at_checked(HEAD_BYTES).ok_or(KeyError::Encrypted)?;
        if !matches!(head[0], FORMAT | BOUND) {
            return Err(KeyError::Encrypted);
        }
        let (outer, rest) = head[1..].split_at(NONCE_BYTES);
        let (wrapped, inner) = rest.split_at(WRAPPED_KEY_BYTES);
        let wrapped = Payload { msg: wrapped, aad };
        let record_key = self.data.decrypt(&nonce_of(outer), wrapped).map_err(|_| KeyError::Encrypted)?;
        let packed = cipher(&fixed(&record_key)).decrypt(&nonce_of(inner), body).map_err(|_| KeyError::Encrypted)?;
        decompress(&packed)
    }

    /// Seals a file: not compressed with the records' dictionary, any size.
    pub fn encrypt_large(&self, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let nonce = random::<NONCE_BYTES>();
        let encrypted = self.data.encrypt(&Nonce::from(nonce), plain).map_err(|_| KeyError::Encrypted)?;
        Ok([&[FORMAT], &nonce[..], &encrypted].concat())
    }

    /// Opens a encrypted file.
    pub fn decrypt_large(&self, encrypted: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (head, body) = encrypted.split_at_checked(1 + NONCE_BYTES).ok_or(KeyError::Encrypted)?;
        self.data.decrypt(&nonce_of(&head[1..]), body).map_err(|_| KeyError::Encrypted)
    }

    /// Keyed hash of what identifies a person or an account; `purpose` keeps the kinds apart.
    pub fn hash(&self, purpose: &str, value: &str) -> Vec<u8> {
        let mut mac = self.hash.clone();
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        [&[HASH_KEY_VERSION], &mac.finalize().into_bytes()[..16]].concat()
    }
}

/// Wraps the key of a record anew, for its row alone; the record itself stays as it is.
struct Binder(Arc<Aes256Gcm>);

impl BindRecord for Binder {
    fn bound(&self, table: &str, id: i64, mut record: Vec<u8>) -> Vec<u8> {
        let Some((head, _)) = record.split_at_checked(HEAD_BYTES) else { return record };
        let (outer, rest) = head[1..].split_at(NONCE_BYTES);
        let opened = self.0.decrypt(&nonce_of(outer), &rest[..WRAPPED_KEY_BYTES]).ok().filter(|_| head[0] == FORMAT);
        // What is no record, or is bound already, stays as it is.
        let Some(key) = opened else { return record };
        let (outer, aad) = (random::<NONCE_BYTES>(), associated(table, id));
        let Ok(wrapped) = self.0.encrypt(&Nonce::from(outer), Payload { msg: &key, aad: &aad }) else { return record };
        record[0] = BOUND;
        record[1..=NONCE_BYTES].copy_from_slice(&outer);
        record[1 + NONCE_BYTES..][..WRAPPED_KEY_BYTES].copy_from_slice(&wrapped);
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::of(&FileKeyStore::of(&[1; 32]), &[7; 32])
    }

    #[test]
    fn a_record_opens_to_what_was_sealed_and_is_small() {
        let plain = include_str!("../../fixtures/intake/four.ndjson").lines().next().unwrap().as_bytes();
        let encrypted = keys().encrypt(plain).unwrap();
        assert_eq!(keys().decrypt(&encrypted).unwrap(), plain);
        assert!(encrypted.len() < plain.len() / 3, "{} of {}", encrypted.len(), plain.len());
    }

    #[test]
    fn a_bound_record_opens_in_its_own_row_only() {
        let keys = keys();
        let record = keys.row_key().bound("message", 7, keys.encrypt(b"synthetic").unwrap());
        assert_eq!(keys.decrypt_of(RecordOf::Message(7), &record).unwrap(), b"synthetic");
        assert!(keys.decrypt_of(RecordOf::Message(8), &record).is_err());
        assert!(keys.decrypt_of(RecordOf::Account(7), &record).is_err());
        assert!(keys.decrypt(&record).is_err());
        assert_eq!(keys.row_key().bound("message", 8, record.clone()), record, "it is bound once");
        // As the version before wrote it.
        let older = keys.encrypt(b"synthetic").unwrap();
        assert_eq!(keys.decrypt_of(RecordOf::Message(9), &older).unwrap(), b"synthetic");
        let mut unbound = record;
        unbound[0] = FORMAT;
        assert!(
            keys.decrypt_of(RecordOf::Message(7), &unbound).is_err(),
            "a bound record is none of the version before"
        );
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
