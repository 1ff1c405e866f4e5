//! What must hold of every layout: reading back gives what was written, cut-off files are
//! refused, and no byte makes anything panic.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{FileKind, FileSpec, sample};

fn spec() -> FileSpec {
    sample::profile().file(FileKind::AccountResult).unwrap().clone()
}

fn control() -> BTreeMap<String, String> {
    let pairs = [("region", "110101"), ("batch", "b1"), ("sequence", "1"), ("request", "1")];
    pairs.map(|(field, value)| (field.to_owned(), value.to_owned())).into()
}

fn row(number: usize, name: &str) -> Vec<String> {
    let cells = [&number.to_string(), "t1", name, "00", "", "0000", "77", "开户成功"];
    cells.map(str::to_owned).to_vec()
}

fn rendered(rows: &[Vec<String>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    spec().render(&control(), rows, &mut bytes).unwrap();
    bytes
}

/// The Han characters whose second byte in GB18030 is `|`.
fn characters_ending_in_the_delimiter() -> Vec<char> {
    let sequences = (0x81..=0xFE_u8).map(|lead| [lead, 0x7C]);
    let texts = sequences.filter_map(|bytes| crate::domain::gb18030::decode(&bytes).ok());
    let characters = texts.flat_map(|text| text.chars().collect::<Vec<_>>());
    characters.filter(|character| ('\u{4E00}'..='\u{9FFF}').contains(character)).collect()
}

#[test]
fn the_116_characters_ending_in_the_delimiter_survive() {
    let characters = characters_ending_in_the_delimiter();
    assert_eq!(characters.len(), 116);
    assert!(characters.contains(&'東') && characters.contains(&'億'));
    let names = characters.iter().map(|character| format!("{character}{character}样"));
    let rows: Vec<_> = names.enumerate().map(|(index, name)| row(index + 1, &name)).collect();
    let parsed = spec().parse(&rendered(&rows)).ok().unwrap();
    assert!(parsed.rows == rows);
}

#[test]
fn a_file_cut_off_at_any_byte_is_refused_whole() {
    let bytes = rendered(&[row(1, "測·样"), row(2, "東億"), row(3, "")]);
    assert!(spec().parse(&bytes).is_ok());
    for length in 0..bytes.len() {
        let faults = spec().parse(&bytes[..length]).err();
        assert!(faults.is_some_and(|faults| !faults.is_empty()), "{length}");
    }
}

#[test]
fn no_flipped_byte_panics() {
    let bytes = rendered(&[row(1, "測·样"), row(2, "東億")]);
    for place in 0..bytes.len() {
        for value in 0..=u8::MAX {
            let mut flipped = bytes.clone();
            flipped[place] = value;
            let _ = spec().parse(&flipped);
        }
    }
}

proptest! {
    #[test]
    fn reading_back_gives_what_was_written(
        names in prop::collection::vec("[\u{4E00}-\u{9FFF}a-zA-Z0-9 ·\u{20000}-\u{2A6DF}@~]{0,12}", 0..12)
    ) {
        let rows: Vec<_> = names.iter().enumerate().map(|(index, name)| row(index + 1, name)).collect();
        let bytes = rendered(&rows);
        prop_assert!(rendered(&rows) == bytes);
        let parsed = spec().parse(&bytes);
        prop_assert!(parsed.is_ok_and(|parsed| parsed.rows == rows));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = spec().parse(&bytes);
        let _ = super::manifest::reader::ReadManifest::parse(&bytes, super::Charset::Utf8);
    }

    #[test]
    fn a_chip_name_joined_is_the_name(name in "[\u{4E00}-\u{9FFF}a-z·\u{20000}-\u{2A6DF}]{0,20}") {
        let (first, rest) = super::split_name(&name);
        prop_assert!(crate::domain::gb18030::encode(&first).is_ok_and(|bytes| bytes.len() <= 30));
        prop_assert_eq!(first + &rest, name);
    }
}
