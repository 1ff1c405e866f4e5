//! The cipher, its nonces, and keyed hashes that tell keys apart.

use aes_gcm::aead::KeyInit;
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

pub(super) const NONCE_BYTES: usize = 12;
/// Enough that no two keys meet.
pub(super) const CHECK_BYTES: usize = 16;

pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes);
    bytes
}

pub(super) fn cipher(key: &[u8; 32]) -> Aes256Gcm {
    Aes256Gcm::new(&(*key).into())
}

/// The first 32 bytes; shorter input is padded with zeros, which only a caller's slip could cause.
pub(super) fn fixed(bytes: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    for (to, from) in key.iter_mut().zip(bytes) {
        *to = *from;
    }
    key
}

pub(super) fn nonce_of(bytes: &[u8]) -> Nonce<aes_gcm::aead::consts::U12> {
    let mut nonce = [0; NONCE_BYTES];
    for (to, from) in nonce.iter_mut().zip(bytes) {
        *to = *from;
    }
    Nonce::from(nonce)
}

/// A keyed hash of a constant under a key.
pub(super) fn check(name: &str, key: &[u8; 32]) -> [u8; CHECK_BYTES] {
    let mut value = [0; CHECK_BYTES];
    // HMAC takes keys of any length, so this cannot fail.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) {
        mac.update(b"cardline key check ");
        mac.update(name.as_bytes());
        value.copy_from_slice(&mac.finalize().into_bytes()[..CHECK_BYTES]);
    }
    value
}
