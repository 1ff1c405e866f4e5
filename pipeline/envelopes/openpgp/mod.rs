//! The envelope of OpenPGP (RFC 4880 and RFC 9580), which gpg 2.2 and later opens.
//!
//! One binary message, signed and then encrypted, whose literal data is a tar of `manifest.json` and the plain
//! file. The library `pgp` does keys, signatures and session keys. The frame of a message is read and written
//! here, in one way: that is stricter than a reader of every message must be, needs no buffer but the message's
//! own, and has no depth that an attacker could choose.

mod generate;
mod message;
mod open;
mod own;
mod packets;
mod partner;
mod protected;
mod seal;
mod validity;

pub use open::open;
pub use own::{OwnKey, SecretKey};
pub use partner::PublicKey;
pub use seal::seal;

/// What an implementation of [`OwnKey`] gives: the traits by which `pgp` signs and decrypts.
pub use pgp::types::{DecryptionKey, SigningKey};
