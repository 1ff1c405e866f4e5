//! Seals and opens the files exchanged with banks and the printing bureau.
//!
//! An envelope carries one plain file and its manifest, encrypted to the receiver and signed by the sender. There
//! are two kinds, and each is opened with a command line that every bank has: [`openpgp`] with gpg, [`gm`] with
//! openssl (the Chinese ciphers of GM/T 0003, GM/T 0004 and GM/T 0002). [`commands`] names the command lines.
//!
//! Guaranteed: what is opened was signed by a key expected, is for us, and is whole. The signature and the
//! manifest are looked at first, so that a file of another day, stream or environment is never read; what is wrong
//! anywhere refuses the whole envelope. Bytes from outside never panic, and memory stays within the envelope itself
//! and, where it is compressed, twice [`MAX_CONTENT_BYTES`].
//! Not here: files, databases and clocks; which partner has which keys; what a file is named; what rows mean.
//! A crate of its own, because its ciphers would otherwise be compiled again with every change of the library.

pub mod archive;
pub mod commands;
pub mod disagreement;
pub mod envelope;
pub mod error;
pub mod expected;
pub mod gm;
mod hex;
pub mod manifest;
pub mod openpgp;

#[cfg(test)]
mod trials;

pub use disagreement::{Disagreement, Field};
pub use envelope::{Envelope, MAX_CONTENT_BYTES, Opened, Sealed};
pub use error::{EnvelopeError, KeyFault, Part};
pub use expected::{Expected, Previous};
pub use manifest::{Draft, MANIFEST, Manifest};
