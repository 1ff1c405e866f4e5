//! What can be wrong with an envelope or a key, and what to do about it.
//!
//! No text holds a value of the plain file. Key ids, codes of partners and algorithms are no personal data.

use std::fmt::{self, Display};

use jiff::Timestamp;
use thiserror::Error;

use crate::disagreement::Disagreement;

/// Where in an envelope something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Name,
    Message,
    Archive,
    Manifest,
    Signature,
    SessionKey,
    Payload,
}

impl Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Name => "the name of the file",
            Part::Message => "the OpenPGP message",
            Part::Archive => "the archive",
            Part::Manifest => "manifest.json",
            Part::Signature => "the signature",
            Part::SessionKey => "the encrypted key of the payload",
            Part::Payload => "the payload",
        })
    }
}

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyFault {
    #[error("its algorithm is not accepted ({0})")]
    Weak(&'static str),
    #[error("it expired on {0}")]
    Expired(Timestamp),
    #[error("it was not yet made on {0}")]
    NotYetMade(Timestamp),
    #[error("it is revoked")]
    Revoked,
    #[error("it has no signature of its own by an accepted digest (SHA-256, SHA-384 or SHA-512)")]
    Unbound,
    #[error("no part of it may sign")]
    CannotSign,
    #[error("no part of it may encrypt")]
    CannotEncrypt,
}

/// Why an envelope was refused or could not be made. A refused envelope is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EnvelopeError {
    #[error("{part}: {what}. The file is damaged or not made as agreed: ask its sender to make and send it again")]
    Malformed { part: Part, what: &'static str },
    #[error("{part} is larger than {limit} bytes: ask its sender to divide the file")]
    TooLarge { part: Part, limit: usize },
    #[error("{part} uses {algorithm}, which is not accepted: ask its sender to use {accepted}")]
    Algorithm { part: Part, algorithm: String, accepted: &'static str },
    #[error("the envelope is not encrypted to our key {keys}: give its sender this key, and ask for the file again")]
    NotForUs { keys: String },
    #[error("the envelope is not signed: ask its sender to sign it")]
    NotSigned,
    #[error("the envelope has more than one signature: ask its sender to sign it with one key")]
    ManySignatures,
    #[error(
        "the envelope is signed by none of the keys expected of its sender ({expected}): ask the sender which key \
         signed it, and enter that key only when a second channel confirms it"
    )]
    WrongSigner { expected: String },
    #[error("the key {key_id} cannot be used: {fault}. Ask its owner for a key that can")]
    Key { key_id: String, fault: KeyFault },
    #[error("the text is no key of this kind: {what}. Export the key again, alone and in full")]
    KeyText { what: &'static str },
    #[error(transparent)]
    Disagrees(#[from] Disagreement),
    #[error("the plain file has {found}, its manifest says {expected}: ask its sender to make and send it again")]
    Content { found: String, expected: String },
    #[error("the operating system gave no random bytes: nothing was sealed, try again")]
    Random,
    #[error("nothing was sealed: {what}")]
    Unsealable { what: &'static str },
}

/// A part that is not as it must be.
pub(crate) fn malformed(part: Part, what: &'static str) -> EnvelopeError {
    EnvelopeError::Malformed { part, what }
}
