//! GB18030 bytes, the charset of partner files and of the chip, never with replacement.
//!
//! Invariant: no `?`, no U+FFFD and no `&#…;` is ever written for something that did not fit. The
//! table is that of `encoding_rs` (GB 18030-2022 for U+9FB4–9FBB and U+FE10–FE19; U+E5E5 has no
//! bytes).

use encoding_rs::{DecoderResult, EncoderResult, GB18030};

/// Text as GB18030 bytes.
///
/// # Errors
/// The first character that has no bytes in the table.
pub fn encode(text: &str) -> Result<Vec<u8>, char> {
    let mut encoder = GB18030.new_encoder();
    // Four bytes are the longest form of any character, and no character has fewer than one byte
    // in UTF-8; the loop below grows the buffer should that bound ever be wrong.
    let room = encoder.max_buffer_length_from_utf8_without_replacement(text.len()).unwrap_or(text.len());
    let mut bytes = Vec::with_capacity(room);
    let mut rest = text;
    loop {
        let (outcome, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
        match outcome {
            EncoderResult::InputEmpty => return Ok(bytes),
            EncoderResult::Unmappable(character) => return Err(character),
            EncoderResult::OutputFull => {
                rest = rest.get(read..).unwrap_or_default();
                bytes.reserve(rest.len().saturating_mul(4).max(16));
            }
        }
    }
}

/// GB18030 bytes as text. No byte-order mark is looked for: a partner's first byte is data.
///
/// # Errors
/// The offset, in bytes, at which the first bad sequence begins.
pub fn decode(bytes: &[u8]) -> Result<String, usize> {
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let mut text =
        String::with_capacity(decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len()));
    let mut offset = 0;
    loop {
        let rest = bytes.get(offset..).unwrap_or_default();
        let (outcome, read) = decoder.decode_to_string_without_replacement(rest, &mut text, true);
        offset += read;
        match outcome {
            DecoderResult::InputEmpty => return Ok(text),
            DecoderResult::Malformed(bad, after) => {
                return Err(offset.saturating_sub(usize::from(bad) + usize::from(after)));
            }
            DecoderResult::OutputFull => text.reserve(rest.len().saturating_mul(3).max(16)),
        }
    }
}

/// GB18030 bytes as text, with U+FFFD for every sequence that is none. Only for finding where the cells of
/// a line end: a cell that holds U+FFFD is never used.
pub fn decode_marking(bytes: &[u8]) -> String {
    GB18030.decode_without_bom_handling(bytes).0.into_owned()
}

/// Length of the text in GB18030 bytes. Allocates nothing.
///
/// # Errors
/// The first character that has no bytes in the table.
pub fn byte_len(text: &str) -> Result<usize, char> {
    text.chars().try_fold(0, |bytes, character| Ok(bytes + byte_len_of(character)?))
}

fn byte_len_of(character: char) -> Result<usize, char> {
    match character {
        '\0'..='\u{7F}' => Ok(1),
        // The separator of names, and the ideographs GBK began with.
        '\u{B7}' | '\u{4E00}'..='\u{9FA5}' => Ok(2),
        rare => {
            let (mut utf8, mut bytes) = ([0; 4], [0; 8]);
            let text = rare.encode_utf8(&mut utf8);
            let (outcome, _, written) =
                GB18030.new_encoder().encode_from_utf8_without_replacement(text, &mut bytes, true);
            if outcome == EncoderResult::InputEmpty { Ok(written) } else { Err(rare) }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_character_without_bytes_is_named_and_nothing_is_replaced() {
        assert_eq!(encode("王\u{E5E5}"), Err('\u{E5E5}'));
        assert_eq!(byte_len("王\u{E5E5}"), Err('\u{E5E5}'));
    }

    #[test]
    fn the_second_byte_of_a_character_may_be_a_delimiter() {
        assert_eq!(encode("東").as_deref(), Ok(&[0x96, 0x7C][..]));
        assert_eq!(decode(&[0x96, 0x7C]).as_deref(), Ok("東"));
    }

    #[test]
    fn the_2022_table_is_used() {
        assert_eq!(encode("\u{9FB4}").as_deref(), Ok(&[0xFE, 0x59][..]));
        assert_eq!(encode("\u{20087}").as_deref(), Ok(&[0x95, 0x32, 0x90, 0x31][..]));
        assert_eq!(encode("\u{B7}").as_deref(), Ok(&[0xA1, 0xA4][..]));
    }

    #[test]
    fn a_bad_sequence_is_named_by_its_offset() {
        assert_eq!(decode(&[b'a', b'b', 0xFF, b'c']), Err(2));
        assert_eq!(decode(&[b'a', 0x96]), Err(1));
        assert_eq!(decode(&[0xCD, 0xF5, 0x96, 0x20, 0x20]), Err(2));
    }

    #[test]
    fn counting_agrees_with_writing_for_every_character() {
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            assert_eq!(byte_len(&text), encode(&text).map(|bytes| bytes.len()), "U+{:04X}", u32::from(character));
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_decodes_to_itself(text in "\\PC{0,40}") {
            if let Ok(bytes) = encode(&text) {
                prop_assert_eq!(byte_len(&text), Ok(bytes.len()));
                prop_assert_eq!(decode(&bytes), Ok(text));
            }
        }

        #[test]
        fn any_bytes_decode_or_are_refused_at_an_offset_inside(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Err(offset) = decode(&bytes) {
                prop_assert!(offset < bytes.len());
            }
        }
    }
}
