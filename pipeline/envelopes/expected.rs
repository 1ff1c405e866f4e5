//! What a manifest must say of a file that is expected: from its name, its partner and its stream.

use jiff::civil::Date;

use crate::disagreement::{Disagreement, Field, agree};
use crate::manifest::Manifest;

/// What is known of the file before it in its stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Previous<'a> {
    /// Not looked at.
    #[default]
    Unknown,
    /// There is none: the file begins the stream.
    None,
    /// The digest of its plain file, in lower-case hexadecimal.
    Sha256(&'a str),
}

/// What is expected; what is `None` is not looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected<'a> {
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
    pub kind: Option<&'a str>,
    pub environment: Option<&'a str>,
    pub business_date: Option<Date>,
    pub sequence: Option<u64>,
    pub previous: Previous<'a>,
}

impl Expected<'_> {
    /// The first disagreement, in the order in which a person would look.
    pub fn check(&self, manifest: &Manifest) -> Result<(), Disagreement> {
        agree(Field::Environment, &*manifest.environment, self.environment)?;
        agree(Field::From, &*manifest.from, self.from)?;
        agree(Field::To, &*manifest.to, self.to)?;
        agree(Field::Kind, &*manifest.kind, self.kind)?;
        agree(Field::BusinessDate, manifest.business_date, self.business_date)?;
        agree(Field::Sequence, manifest.sequence, self.sequence)?;
        let previous = manifest.previous_sha256.as_deref().unwrap_or("null");
        agree(
            Field::PreviousSha256,
            previous,
            match self.previous {
                Previous::Unknown => None,
                Previous::None => Some("null"),
                Previous::Sha256(digest) => Some(digest),
            },
        )
    }
}

/// Whether the manifest names the key that signed it.
pub(crate) fn signed_by(manifest: &Manifest, key_id: &str) -> Result<(), Disagreement> {
    agree(Field::KeyId, &*manifest.key_id, Some(key_id))
}
