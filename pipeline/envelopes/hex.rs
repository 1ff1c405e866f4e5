//! Bytes as digits, in the two ways that envelopes write them.

/// Lower-case hexadecimal, as digests are written.
pub fn lower(bytes: &[u8]) -> String {
    written(bytes, b"0123456789abcdef")
}

/// Upper-case hexadecimal, as fingerprints of OpenPGP keys are written.
pub fn upper(bytes: &[u8]) -> String {
    written(bytes, b"0123456789ABCDEF")
}

/// Whether a text is so many bytes in lower-case hexadecimal.
pub fn is_lower(text: &str, bytes: usize) -> bool {
    text.len() == 2 * bytes && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn written(bytes: &[u8], digits: &[u8; 16]) -> String {
    let digit = |half: u8| char::from(digits[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
