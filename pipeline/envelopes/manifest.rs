//! The manifest of an envelope: what the plain file is, before anybody has opened it.
//!
//! It has one form only, the canonical JSON of RFC 8785: keys sorted, no blanks, one way to write a number or a
//! text. What is read must be, byte for byte, what would be written, so that a signature over the bytes is a
//! signature over the meaning.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{EnvelopeError, Part, malformed};
use crate::hex;

/// The name of the manifest in every envelope.
pub const MANIFEST: &str = "manifest.json";

/// A manifest has some hundred bytes; more than this is not even parsed.
pub const MAX_MANIFEST_BYTES: usize = 64 * 1024;

/// The version of this form.
const VERSION: u32 = 1;

/// Above this number JSON readers differ (RFC 8785, section 3.2.2.3, and RFC 7493, section 2.2).
const MAX_NUMBER: u64 = (1 << 53) - 1;

/// Codes are short; a longer one is no code.
const MAX_CODE_BYTES: usize = 64;

/// What an envelope says about its plain file. The fields stand in the order of their names, because that is the
/// order in which RFC 8785 writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub business_date: Date,
    /// Bytes of the plain file.
    pub bytes: u64,
    pub environment: String,
    /// Code of the sender.
    pub from: String,
    /// The key that signed.
    pub key_id: String,
    pub kind: String,
    pub made_at: Timestamp,
    /// Digest of the plain file before this one in its stream; none for the first.
    pub previous_sha256: Option<String>,
    pub rows: u64,
    pub sequence: u64,
    /// Digest of the plain file, lower-case.
    pub sha256: String,
    /// Code of the receiver.
    pub to: String,
    pub version: u32,
}

/// What the sender knows before sealing; the rest of the manifest follows from the plain file and the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub from: String,
    pub to: String,
    pub kind: String,
    pub environment: String,
    pub business_date: Date,
    pub sequence: u64,
    pub rows: u64,
    pub previous_sha256: Option<String>,
    pub made_at: Timestamp,
}

impl Draft {
    /// The manifest of this plain file, as signed by this key.
    pub(crate) fn completed(&self, plain: &[u8], key_id: &str) -> Result<Manifest, EnvelopeError> {
        let manifest = Manifest {
            business_date: self.business_date,
            bytes: plain.len() as u64,
            environment: self.environment.clone(),
            from: self.from.clone(),
            key_id: key_id.to_owned(),
            kind: self.kind.clone(),
            made_at: self.made_at,
            previous_sha256: self.previous_sha256.clone(),
            rows: self.rows,
            sequence: self.sequence,
            sha256: hex::lower(&Sha256::digest(plain)),
            to: self.to.clone(),
            version: VERSION,
        };
        manifest.well_formed()?;
        Ok(manifest)
    }
}

impl Manifest {
    /// The canonical bytes (RFC 8785).
    pub fn canonical(&self) -> Result<Vec<u8>, EnvelopeError> {
        // Sorting is the order of the fields, escapes do not occur in what `well_formed` lets through, and
        // numbers are whole: so the plain writer of serde_json writes the canonical form.
        serde_json::to_vec(self).map_err(|_| malformed(Part::Manifest, "it cannot be written"))
    }

    /// Reads a manifest in canonical form, and no other.
    pub fn read(bytes: &[u8]) -> Result<Manifest, EnvelopeError> {
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(EnvelopeError::TooLarge { part: Part::Manifest, limit: MAX_MANIFEST_BYTES });
        }
        let manifest: Manifest = serde_json::from_slice(bytes)
            .map_err(|_| malformed(Part::Manifest, "it is no JSON object with exactly the fields agreed"))?;
        manifest.well_formed()?;
        if manifest.canonical()? != bytes {
            return Err(malformed(
                Part::Manifest,
                "it is not in canonical form (RFC 8785: keys sorted, no blanks, no line end)",
            ));
        }
        Ok(manifest)
    }

    /// Rules that no type expresses.
    fn well_formed(&self) -> Result<(), EnvelopeError> {
        let wrong = |what| Err(malformed(Part::Manifest, what));
        let code = |text: &str| {
            let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            !text.is_empty() && text.len() <= MAX_CODE_BYTES && text.bytes().all(letter)
        };
        if self.version != VERSION {
            return wrong("its version is not 1");
        }
        if [&self.from, &self.to, &self.kind, &self.environment, &self.key_id].iter().any(|text| !code(text)) {
            return wrong(
                "a code is empty, longer than 64, or has other characters than letters, digits, '.', '_', '-'",
            );
        }
        if [self.bytes, self.rows, self.sequence].iter().any(|number| *number > MAX_NUMBER) {
            return wrong("a number is larger than JSON can carry exactly");
        }
        let digests = self.previous_sha256.iter().chain([&self.sha256]);
        if digests.into_iter().any(|digest| !hex::is_lower(digest, 32)) {
            return wrong("a digest is not 64 lower-case hexadecimal digits");
        }
        Ok(())
    }

    /// Whether this is the content the manifest speaks of.
    pub(crate) fn agrees_with(&self, content: &[u8]) -> Result<(), EnvelopeError> {
        self.has_length(content.len())?;
        let found = hex::lower(&Sha256::digest(content));
        if found != self.sha256 {
            let (found, expected) = (format!("the SHA-256 {found}"), self.sha256.clone());
            return Err(EnvelopeError::Content { found, expected });
        }
        Ok(())
    }

    /// The cheap half of the comparison, made before a payload is decrypted.
    pub(crate) fn has_length(&self, bytes: usize) -> Result<(), EnvelopeError> {
        if self.bytes == bytes as u64 {
            return Ok(());
        }
        Err(EnvelopeError::Content { found: format!("{bytes} bytes"), expected: self.bytes.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            from: "BANK01".to_owned(),
            to: "CARDLINE".to_owned(),
            kind: "account-result".to_owned(),
            environment: "test".to_owned(),
            business_date: jiff::civil::date(2026, 11, 30),
            sequence: 7,
            rows: 2,
            previous_sha256: None,
            made_at: "2026-11-30T08:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn the_canonical_form_is_sorted_and_has_no_blanks() {
        let manifest = draft().completed(b"a\nb\n", "ABCD").unwrap();
        let text = String::from_utf8(manifest.canonical().unwrap()).unwrap();
        let sha256 = "cab3ba5e4ae9ae4fa8ff95d4b5b4a4ba0a2c8e5bd3d1d4f14ea1d8c0a7fd64f8";
        assert_eq!(text.len(), text.replace(&manifest.sha256, sha256).len());
        let expected = format!(
            "{{\"business_date\":\"2026-11-30\",\"bytes\":4,\"environment\":\"test\",\"from\":\"BANK01\",\
             \"key_id\":\"ABCD\",\"kind\":\"account-result\",\"made_at\":\"2026-11-30T08:00:00Z\",\
             \"previous_sha256\":null,\"rows\":2,\"sequence\":7,\"sha256\":\"{}\",\"to\":\"CARDLINE\",\"version\":1}}",
            manifest.sha256
        );
        assert_eq!(text, expected);
        // Whatever fields are added: the order is that of a sorted map.
        let sorted: std::collections::BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&sorted).unwrap(), text);
        assert_eq!(Manifest::read(text.as_bytes()).unwrap(), manifest);
    }

    #[test]
    fn no_other_form_is_read() {
        let text = String::from_utf8(draft().completed(b"", "ABCD").unwrap().canonical().unwrap()).unwrap();
        let others = [
            format!("{text}\n"),
            format!(" {text}"),
            text.replace(':', ": "),
            text.replace("\"rows\":2", "\"rows\":2.0"),
            text.replace("\"rows\":2", "\"rows\":2,\"rows\":2"),
            text.replace("\"rows\":2", "\"rows\":9007199254740992"),
            text.replace("\"version\":1", "\"version\":2"),
            text.replace("\"previous_sha256\":null,", ""),
            text.replace("\"version\":1", "\"version\":1,\"more\":1"),
            text.replace("BANK01", "B\\u0041NK01"),
            text.replace("BANK01", "B\u{e4}nk"),
            text.replace("BANK01", ""),
            text.replace("08:00:00Z", "08:00:00+00:00"),
            text.replace("\"2026-11-30\"", "\"20261130\""),
            text.replace("e3b0c442", "E3B0C442"),
            "x".repeat(MAX_MANIFEST_BYTES + 1),
        ];
        for (number, other) in others.iter().enumerate() {
            assert_ne!(*other, text, "{number}");
            assert!(Manifest::read(other.as_bytes()).is_err(), "{number}: {other}");
        }
    }
}
