//! The shared vectors `fixtures/names/names-rare.csv`, row by row.

use proptest::prelude::*;

use super::*;

const VECTORS: &str = include_str!("../../../../../fixtures/names/names-rare.csv");

/// Rows of local choice that are left to a region's profile: here they are refused, because
/// domain.md §3 names neither `,` and `.` in Latin names nor the removal of spaces inside and of radicals.
const LEFT_TO_THE_PROFILE: &[&str] = &[
    "0053 004D 0049 0054 0048 002C 0020 004A 004F 0048 004E",
    "004A 004F 0048 004E 0020 0053 004D 0049 0054 0048 0020 004A 0052 002E",
    "674E 3000 660E",
    "674E 00A0 660E",
    "738B 2F2D",
];

/// The vectors count bytes by Python's table of 2000; these differ in encoding_rs:
/// the 2022 edition moved their two-byte codes.
fn has_another_length(name: &str) -> bool {
    name.chars().any(|character| ('\u{9FB4}'..='\u{9FBB}').contains(&character))
}

#[test]
fn every_row_is_judged_as_the_vectors_say() {
    let mut reader = csv::ReaderBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_reader(VECTORS.as_bytes());
    let (mut judged, mut left) = (0, 0);
    for row in reader.records() {
        let row = row.unwrap();
        let (why, expect, code_points) = (&row[1], &row[4], &row[6]);
        // The column of code points is the authority: some names hold raw controls.
        let name: String = code_points
            .split_whitespace()
            .map(|hex| char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap())
            .collect();
        let found = normalise(&name);
        if LEFT_TO_THE_PROFILE.contains(&code_points) {
            assert!(why.starts_with("policy:") && found.is_err(), "{why}");
            left += 1;
            continue;
        }
        judged += 1;
        match (expect, found) {
            ("accept", Ok(found)) => {
                assert!(!found.normalised && !found.trimmed && found.text == name, "{why}");
                if !has_another_length(&name) {
                    assert_eq!(gb18030::byte_len(&name).unwrap().to_string(), row[2], "{why}");
                }
            }
            ("normalise", Ok(found)) => {
                assert!((found.normalised || found.trimmed) && found.text == row[5], "{why}: {}", found.text);
            }
            ("reject", Err(_)) => {}
            (_, Ok(_)) => panic!("{why}: accepted"),
            (_, Err(defect)) => panic!("{why}: {defect}"),
        }
    }
    assert_eq!((judged, left), (397 - LEFT_TO_THE_PROFILE.len(), LEFT_TO_THE_PROFILE.len()));
}

#[test]
fn spaces_at_the_ends_are_taken_off_and_told() {
    for name in ["王伟 ", " 王伟", "王伟\u{3000}", "\u{A0}王伟\u{2003} "] {
        let found = normalise(name);
        assert!(found.is_ok_and(|found| found.trimmed && !found.normalised && found.text == "王伟"), "{name:?}");
    }
    assert!(normalise("JOHN SMITH ").is_ok_and(|found| found.trimmed && found.text == "JOHN SMITH"));
    let full = "王".repeat(25);
    assert!(normalise(&format!("{full}\u{3000}")).is_ok_and(|found| found.text == full));
    assert_eq!(normalise(" \u{3000}").err(), Some(NameDefect::Empty));
    assert_eq!(normalise("王伟\t").err(), Some(NameDefect::Character('\t')));
    assert_eq!(normalise("王伟\u{200B}").err(), Some(NameDefect::Character('\u{200B}')));
    assert!(normalise("王\u{3000}伟").is_err());
}

#[test]
fn a_full_width_stop_is_a_dot_only_between_han() {
    assert!(normalise("努尔兰．哈不力").is_ok_and(|name| name.text == "努尔兰·哈不力"));
    assert_eq!(normalise("JOHN．SMITH").err(), Some(NameDefect::Character('\u{FF0E}')));
}

#[test]
fn the_defect_names_the_code_point() {
    let defect = normalise("王\u{FFFD}").err();
    assert_eq!(defect, Some(NameDefect::Character('\u{FFFD}')));
    assert_eq!(defect.map(|defect| defect.to_string()).as_deref(), Some("the character U+FFFD has no place in a name"));
}

proptest! {
    #[test]
    fn what_was_normalised_stays_as_it_is(name in "[\u{4E00}-\u{4E20}A-C·•．'Ａ\u{F9E1} -]{0,12}") {
        if let Ok(first) = normalise(&name) {
            let again = normalise(&first.text).ok();
            prop_assert!(again.is_some_and(|again| !again.normalised && !again.trimmed && again.text == first.text));
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = normalise(&text);
    }
}
