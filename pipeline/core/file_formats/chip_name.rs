//! The holder's name as the chip stores it: two elements, never half a character.

use super::limits::CHIP_NAME_BYTES;
use crate::domain::gb18030;

/// The name split for EF06: tag 09 (30 bytes of GB18030) and its continuation, tag 4E.
///
/// The continuation may be longer than its 20 bytes when the name is; the layout's own check then
/// finds the row.
#[must_use]
pub fn split_name(name: &str) -> (String, String) {
    let mut bytes = 0;
    for (index, character) in name.char_indices() {
        bytes += width(character);
        if bytes > CHIP_NAME_BYTES {
            let (first, rest) = name.split_at(index);
            return (first.to_owned(), rest.to_owned());
        }
    }
    (name.to_owned(), String::new())
}

/// Bytes of one character; the longest form for one that cannot be written at all.
fn width(character: char) -> usize {
    if character.is_ascii() {
        return 1;
    }
    gb18030::encode(character.encode_utf8(&mut [0; 4])).map_or(4, |bytes| bytes.len())
}

#[cfg(test)]
mod tests {
    use super::split_name;

    #[test]
    fn a_short_name_is_whole() {
        assert_eq!(split_name("测试·样例"), ("测试·样例".into(), String::new()));
    }

    #[test]
    fn a_long_name_is_split_between_characters() {
        let fifteen = "测".repeat(15);
        assert_eq!(split_name(&format!("{fifteen}试")), (fifteen.clone(), "试".into()));
        let odd = format!("a{fifteen}");
        assert_eq!(split_name(&odd), (format!("a{}", "测".repeat(14)), "测".into()));
    }

    #[test]
    fn four_byte_characters_count_four() {
        let name = "\u{20000}".repeat(8);
        assert_eq!(split_name(&name).0.chars().count(), 7);
    }
}
