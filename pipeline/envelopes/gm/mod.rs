//! The envelope of the Chinese ciphers: SM2 signs and carries the key, SM4 encrypts, SM3 digests.
//!
//! A tar of `manifest.json`, `manifest.sig`, `key.sm2` and `payload`, which the openssl command line opens. The
//! signature covers the manifest, the manifest's SHA-256 covers the payload: so the payload needs no signature of
//! its own, and nothing of it is parsed before the digest is right.

mod keys;
mod open;
mod seal;

pub use keys::{OwnKey, PublicKey, SecretKey};
pub use open::open;
pub use seal::seal;

/// The user id that signer and verifier agree on; this one is the default of GM/T 0009-2012, section 10.
pub const USER_ID: &str = "1234567812345678";

pub(crate) const SIGNATURE: &str = "manifest.sig";
pub(crate) const SESSION_KEY: &str = "key.sm2";
pub(crate) const PAYLOAD: &str = "payload";

/// SM4 has keys and blocks of 16 bytes (GM/T 0002-2012).
const KEY_BYTES: usize = 16;

/// A signature in ASN.1 has at most 72 bytes.
const MAX_SIGNATURE_BYTES: usize = 128;

/// An encrypted key and IV in ASN.1 has at most 140 bytes.
const MAX_SESSION_KEY_BYTES: usize = 256;

/// SM4 in counter mode, the counter being the whole block, as openssl counts.
type Cipher = ctr::Ctr128BE<sm4::Sm4>;
