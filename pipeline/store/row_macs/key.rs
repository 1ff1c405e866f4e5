//! The key of the rows' digests, and how a row is digested.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Makes the keyed digests of rows. It comes of the data key, and is in no database.
#[derive(Clone)]
pub struct RowKey {
    mac: Hmac<Sha256>,
    records: Arc<dyn BindRecord>,
}

/// Binds encrypted records to their rows.
pub trait BindRecord: Send + Sync {
    /// The record, which from here on opens only in the row of this id; one that is bound already, as it is.
    fn bound(&self, table: &str, id: i64, record: Vec<u8>) -> Vec<u8>;
}

impl RowKey {
    /// The key of these 32 bytes.
    pub fn new(key: &[u8; 32], records: Arc<dyn BindRecord>) -> RowKey {
        // The key fills the first half of a block; the rest is zeros, as HMAC pads it.
        let mut block = [0; 64];
        block[..32].copy_from_slice(key);
        RowKey { mac: Hmac::new(&block.into()), records }
    }

    /// Begins the digest of one row of a table; its key columns come first, then what is covered, in the order of
    /// the [`catalog`](super::catalog).
    pub fn mac(&self, table: &str) -> RowMac {
        RowMac(self.mac.clone()).field(table)
    }

    /// A record bound to its row.
    pub fn bound(&self, table: &str, id: i64, record: Vec<u8>) -> Vec<u8> {
        self.records.bound(table, id, record)
    }

    /// The keyed digest of a text, in full: for what is chained.
    pub fn digest(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = RowMac(self.mac.clone()).field(purpose);
        for part in parts {
            mac = mac.field(*part);
        }
        mac.0.finalize().into_bytes().into()
    }
}

/// The digest of a row under way.
pub struct RowMac(Hmac<Sha256>);

impl RowMac {
    /// Adds a column.
    #[must_use]
    pub fn field<'f>(mut self, value: impl Into<Field<'f>>) -> RowMac {
        value.into().write(|bytes| self.0.update(bytes));
        self
    }

    /// Adds columns that are written already, as [`Field::write`] does it.
    #[must_use]
    pub(super) fn written(mut self, fields: &[u8]) -> RowMac {
        self.0.update(fields);
        self
    }

    /// The digest as it stands in the column `mac`: 64 bits, which nobody can try out without the key.
    pub fn end(self) -> i64 {
        let bytes = self.0.finalize().into_bytes();
        bytes.iter().take(8).fold(0, |mac, byte| (mac << 8) | i64::from(*byte))
    }
}

/// A value of a row. Texts are their bytes; a flag is 1 or 0.
pub enum Field<'f> {
    Null,
    Int(i64),
    Bytes(&'f [u8]),
}

impl Field<'_> {
    /// The value with what it is and how long, so that no two rows are written alike.
    pub(super) fn write(&self, mut to: impl FnMut(&[u8])) {
        match self {
            Field::Null => to(&[0]),
            Field::Int(number) => {
                to(&[1]);
                to(&number.to_be_bytes());
            }
            Field::Bytes(bytes) => {
                to(&[2]);
                to(&(bytes.len() as u64).to_be_bytes());
                to(bytes);
            }
        }
    }
}

impl From<i64> for Field<'_> {
    fn from(number: i64) -> Self {
        Field::Int(number)
    }
}

impl<'f> From<&'f str> for Field<'f> {
    fn from(text: &'f str) -> Self {
        Field::Bytes(text.as_bytes())
    }
}

impl<'f> From<&'f String> for Field<'f> {
    fn from(text: &'f String) -> Self {
        Field::Bytes(text.as_bytes())
    }
}

impl<'f> From<&'f [u8]> for Field<'f> {
    fn from(bytes: &'f [u8]) -> Self {
        Field::Bytes(bytes)
    }
}

impl<'f> From<&'f Vec<u8>> for Field<'f> {
    fn from(bytes: &'f Vec<u8>) -> Self {
        Field::Bytes(bytes)
    }
}

impl<'f, T: Into<Field<'f>>> From<Option<T>> for Field<'f> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Field::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{BindRecord, RowKey};

    struct Nothing;

    impl BindRecord for Nothing {
        fn bound(&self, _: &str, _: i64, record: Vec<u8>) -> Vec<u8> {
            record
        }
    }

    #[test]
    fn a_row_is_told_from_every_other() {
        let key = RowKey::new(&[7; 32], Arc::new(Nothing));
        let row = |id: i64, name: &str, bank: Option<&str>| key.mac("users").field(id).field(name).field(bank).end();
        assert_eq!(row(1, "wang", None), row(1, "wang", None));
        let others =
            [row(2, "wang", None), row(1, "wan", Some("g")), row(1, "wang", Some("")), row(1, "", Some("wang"))];
        assert!(others.iter().all(|other| *other != row(1, "wang", None)));
        assert_ne!(
            RowKey::new(&[8; 32], Arc::new(Nothing)).mac("users").field(1).end(),
            key.mac("users").field(1).end()
        );
        assert_ne!(key.mac("batch").field(1).end(), key.mac("users").field(1).end());
    }
}
