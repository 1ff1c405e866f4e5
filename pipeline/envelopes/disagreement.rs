//! Where a manifest says other than it should, in words that say what to do.

use std::fmt::{self, Display};

/// A field in which a manifest can disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    From,
    To,
    Kind,
    Environment,
    BusinessDate,
    Sequence,
    PreviousSha256,
    KeyId,
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Field::From => "from",
            Field::To => "to",
            Field::Kind => "kind",
            Field::Environment => "environment",
            Field::BusinessDate => "business_date",
            Field::Sequence => "sequence",
            Field::PreviousSha256 => "previous_sha256",
            Field::KeyId => "key_id",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Field::From => "the file lies in another partner's place: ask the sender where it was meant to go",
            Field::To => "the file was made for somebody else: tell the sender, and do not pass it on",
            Field::Kind => "the file is named as another kind: ask the sender to name it as it is",
            Field::Environment => {
                "a file of one environment is never taken in another: ask for one of this environment"
            }
            Field::BusinessDate => "the file is named for another day: ask the sender which day it is of",
            Field::Sequence => "a file of the stream is missing or comes twice: ask the sender for the number expected",
            Field::PreviousSha256 => "the stream has branched: compare with the sender what was sent before",
            Field::KeyId => "the manifest names another key than the one that signed: ask the sender to seal it again",
        }
    }
}

/// Where a manifest says other than expected. Codes, days and digests are no personal data and may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    pub field: Field,
    pub found: String,
    pub expected: String,
}

impl Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Disagreement { field, found, expected } = self;
        write!(f, "manifest.json says {} {found}, expected is {expected}: {}", field.name(), field.advice())
    }
}

impl std::error::Error for Disagreement {}

/// No disagreement where nothing is expected.
pub(crate) fn agree<T: PartialEq + Display>(field: Field, found: T, expected: Option<T>) -> Result<(), Disagreement> {
    match expected {
        Some(expected) if found != expected => {
            Err(Disagreement { field, found: found.to_string(), expected: expected.to_string() })
        }
        _ => Ok(()),
    }
}
