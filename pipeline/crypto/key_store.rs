//! Where the master key lives: in a file for development, in an HSM or KMS in production.

use aes_gcm::aead::Aead;
use aes_gcm::{Aes256Gcm, Nonce};

use super::cipher::{CHECK_BYTES, NONCE_BYTES, check, cipher, fixed, nonce_of, random};
use super::key_error::KeyError;

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
    pub(super) fn of(master: &[u8; 32]) -> FileKeyStore {
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
