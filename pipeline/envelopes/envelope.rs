//! The kinds of envelope, and what comes out of sealing and opening one.

use std::fmt::{self, Debug};

use jiff::Timestamp;

use crate::archive;
use crate::manifest::{MANIFEST, Manifest};

/// The largest plain file in an envelope: what the pipeline itself takes in one file.
pub const MAX_CONTENT_BYTES: usize = 128 * 1024 * 1024;

/// The kinds of envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Envelope {
    OpenPgp,
    Gm,
}

impl Envelope {
    pub const ALL: [Envelope; 2] = [Envelope::OpenPgp, Envelope::Gm];

    /// The name of the kind in a partner's profile.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Envelope::OpenPgp => "openpgp",
            Envelope::Gm => "gm",
        }
    }

    /// What is appended to the name of the plain file.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Envelope::OpenPgp => ".pgp",
            Envelope::Gm => ".gm",
        }
    }

    /// The kind with this name in a partner's profile.
    #[must_use]
    pub fn by_code(code: &str) -> Option<Envelope> {
        Envelope::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name of the plain file in the envelope with this name. None: it is no envelope of this kind.
    #[must_use]
    pub fn plain_name(self, envelope: &str) -> Option<&str> {
        envelope.strip_suffix(self.suffix()).filter(|name| archive::is_plain_name(name) && *name != MANIFEST)
    }
}

/// An envelope that was made.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    pub manifest: Manifest,
    /// The name of the plain file with the suffix of the kind.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// An envelope that was opened, every check passed.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    pub manifest: Manifest,
    /// The name of the plain file.
    pub name: String,
    pub content: Vec<u8>,
    /// The id of the key that signed.
    pub signed_by: String,
    /// When it was signed, as the signer says.
    pub signed_at: Timestamp,
}

/// The content is of persons and stands in no log.
impl Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Opened { manifest, name, content: _, signed_by, signed_at } = self;
        write!(f, "Opened {{ {name}, signed by {signed_by} at {signed_at}, {manifest:?} }}")
    }
}

impl Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sealed { manifest, name, bytes } = self;
        write!(f, "Sealed {{ {name}, {} bytes, {manifest:?} }}", bytes.len())
    }
}
