//! Which acts of the audit are listed, and where a page of it begins.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// What kinds of acts there are, in the order of their names.
pub const KINDS: &[&str] = &[
    "approval",
    "batch",
    "case",
    "disclosure",
    "erasure",
    "errand",
    "import",
    "pickup",
    "quarantine",
    "recovery",
    "stream",
    "user",
];

/// Which acts are listed.
#[derive(Clone, Default, Debug)]
pub struct AuditFilter {
    /// Of this person; empty: of everybody.
    pub actor: String,
    /// One of [`KINDS`]; empty: all of them.
    pub kind: String,
    /// On these days and between them.
    pub from: Option<Date>,
    pub until: Option<Date>,
    /// After this one, in the order of the list.
    pub after: Option<AuditKey>,
}

/// Where an act stands in the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditKey {
    pub at: i64,
    pub kind: String,
    pub id: i64,
}

impl fmt::Display for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at, self.kind, self.id)
    }
}

/// A text that is no key of the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this is no place in the list; begin at its head")]
pub struct NoAuditKey;

impl FromStr for AuditKey {
    type Err = NoAuditKey;

    fn from_str(text: &str) -> Result<AuditKey, NoAuditKey> {
        let mut parts = text.split('.');
        let (Some(at), Some(kind), Some(id), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(NoAuditKey);
        };
        let number = |text: &str| text.parse().map_err(|_| NoAuditKey);
        let kind = KINDS.iter().find(|known| **known == kind).ok_or(NoAuditKey)?;
        Ok(AuditKey { at: number(at)?, kind: (*kind).to_owned(), id: number(id)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written_and_nothing_else_is() {
        let key = AuditKey { at: 7, kind: "batch".into(), id: 3 };
        assert_eq!(key.to_string().parse(), Ok(key));
        for text in ["", "7.batch", "7.batch.3.4", "7.bitch.3", "x.batch.3", "7.batch."] {
            assert_eq!(text.parse::<AuditKey>(), Err(NoAuditKey), "{text}");
        }
        assert!(KINDS.is_sorted());
    }
}
