//! The charset of a partner's files.
//!
//! Bytes are decoded before anything is split: the second byte of 116 Han characters is `|`.
//! A line feed is the one byte that may be looked for in raw bytes, since no byte of a longer
//! sequence of GB18030 or UTF-8 has that value.

use serde::Deserialize;

use super::fault::FaultCode;
use crate::domain::gb18030;

/// How a partner writes characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
pub enum Charset {
    /// GB18030-2022, of which GBK and GB2312 are parts.
    #[default]
    #[serde(rename = "gb18030")]
    Gb18030,
    #[serde(rename = "utf-8")]
    Utf8,
}

/// Byte order marks of UTF-8 and GB18030, which editors on Windows write: skipped.
const BYTE_ORDER_MARKS: [&[u8]; 2] = [&[0xEF, 0xBB, 0xBF], &[0x84, 0x31, 0x95, 0x33]];
/// Byte order marks of UTF-16, either way: such a file cannot be read.
const UTF_16_MARKS: [&[u8]; 2] = [&[0xFE, 0xFF], &[0xFF, 0xFE]];

/// The bytes after a byte order mark at their head, if there is one.
pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    BYTE_ORDER_MARKS.iter().find_map(|mark| bytes.strip_prefix(*mark)).unwrap_or(bytes)
}

impl Charset {
    /// The name of the charset in a profile and in an XML declaration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gb18030 => "GB18030",
            Self::Utf8 => "UTF-8",
        }
    }

    /// The bytes of the text, or the first character the charset cannot write.
    ///
    /// # Errors
    /// The character. It is never replaced by `?` or `&#…;`.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, char> {
        match self {
            _ if text.is_ascii() => Ok(text.as_bytes().to_vec()),
            Self::Gb18030 => gb18030::encode(text),
            Self::Utf8 => Ok(text.as_bytes().to_vec()),
        }
    }

    /// The text of the bytes, or the offset of the first sequence that is not of the charset.
    ///
    /// # Errors
    /// The offset in bytes.
    pub fn decode(self, bytes: &[u8]) -> Result<String, usize> {
        match self {
            Self::Gb18030 => gb18030::decode(bytes),
            Self::Utf8 => std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| error.valid_up_to()),
        }
    }

    /// The text of the bytes, with U+FFFD for every sequence that is not of the charset.
    pub(super) fn decode_marking(self, bytes: &[u8]) -> String {
        match self {
            Self::Gb18030 => gb18030::decode_marking(bytes),
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        }
    }

    /// How the bytes as a whole contradict the charset, if they do.
    ///
    /// UTF-8 text mostly *is* well-formed GB18030, only meaningless. It is told apart by counting
    /// characters in everyday use in both readings.
    pub(super) fn contradicted_by(self, bytes: &[u8]) -> Option<(FaultCode, &'static str)> {
        if UTF_16_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
            return Some((FaultCode::FileByteOrderMark, "the file is UTF-16: send it in the agreed charset"));
        }
        if self == Self::Utf8 || bytes.is_ascii() {
            return None;
        }
        let as_utf8 = std::str::from_utf8(bytes).ok()?;
        let is_utf8 = gb18030::decode(bytes).map_or(true, |as_gb18030| everyday(as_utf8) > everyday(&as_gb18030));
        is_utf8.then_some((FaultCode::FileCharset, "the file is UTF-8 where GB18030 is agreed: send it in GB18030"))
    }
}

/// How many characters are among the 3,755 of GB 2312's first level.
fn everyday(text: &str) -> usize {
    let is_everyday = |character: &char| {
        !character.is_ascii()
            && gb18030::encode(character.encode_utf8(&mut [0; 4])).is_ok_and(
                |bytes| matches!(bytes.as_slice(), [lead, trail] if (0xB0..=0xD7).contains(lead) && *trail >= 0xA1),
            )
    };
    text.chars().filter(is_everyday).count()
}

#[cfg(test)]
mod tests {
    use super::{Charset, without_mark};
    use crate::file_formats::FaultCode;

    #[test]
    fn utf8_text_is_told_apart_from_gb18030() {
        let found = Charset::Gb18030.contradicted_by("测试|样例|\n".as_bytes());
        assert_eq!(found.map(|found| found.0), Some(FaultCode::FileCharset));
        let genuine = Charset::Gb18030.encode("测试|样例|\n").unwrap();
        assert_eq!(Charset::Gb18030.contradicted_by(&genuine), None);
    }

    #[test]
    fn a_name_whose_bytes_happen_to_be_utf8_is_not_refused() {
        let genuine = [0xE5, 0xA7, 0xB9, 0xE5, 0xB0, 0xB1];
        assert!(std::str::from_utf8(&genuine).is_ok());
        assert_eq!(Charset::Gb18030.contradicted_by(&genuine), None);
    }

    #[test]
    fn a_mark_is_skipped_and_utf_16_is_refused() {
        for bytes in [&b"\xEF\xBB\xBFa"[..], b"\x84\x31\x95\x33a", b"a"] {
            assert_eq!(without_mark(bytes), b"a");
        }
        let found = Charset::Utf8.contradicted_by(b"\xFF\xFEa\0");
        assert_eq!(found.map(|found| found.0), Some(FaultCode::FileByteOrderMark));
    }
}
