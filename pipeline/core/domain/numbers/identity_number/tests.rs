//! The shared vectors `fixtures/numbers/id-numbers.csv`, row by row.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;

const VECTORS: &str = include_str!("../../../../../fixtures/numbers/id-numbers.csv");

struct Vector {
    number: String,
    kind: String,
    valid: bool,
    defect: String,
    birth: Option<Date>,
    sex: String,
    normalised: String,
    basis: String,
}

fn vectors() -> Vec<Vector> {
    let mut reader = csv::Reader::from_reader(VECTORS.as_bytes());
    let rows: Vec<Vector> = reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            Vector {
                number: row[0].to_owned(),
                kind: row[1].to_owned(),
                valid: &row[2] == "true",
                defect: row[3].to_owned(),
                birth: row[4].parse().ok(),
                sex: row[5].to_owned(),
                normalised: row[6].to_owned(),
                basis: row[7].to_owned(),
            }
        })
        .collect();
    assert_eq!(rows.len(), 386);
    rows
}

#[test]
fn valid_rows_are_read_with_birth_and_sex() {
    for row in vectors().iter().filter(|row| row.valid) {
        let number = parse(&row.number).unwrap_or_else(|defect| panic!("{}: {defect}", row.number));
        let class = match row.kind.as_str() {
            "resident" | "fifteen_digit" => NumberClass::Citizen,
            "hk_macao_residence" | "taiwan_residence" => NumberClass::Permit,
            _ => NumberClass::Foreign,
        };
        assert!(number.class == class, "{}", row.number);
        assert_eq!(number.converted_from_15, row.kind == "fifteen_digit");
        if row.kind == "foreign_permanent_old" {
            // The century is not in the number, so only the agreement is asked for.
            assert!(number.birth.is_none() && number.sex.is_none());
            assert!(number.agrees_with_birth(row.birth.unwrap()), "{}", row.number);
        } else {
            assert_eq!(number.birth, row.birth, "{}", row.number);
            assert_eq!(number.sex.unwrap().code(), row.sex, "{}", row.number);
        }
        let normalised = if row.normalised.is_empty() { &row.number } else { &row.normalised };
        assert_eq!(&number.normalised, normalised);
    }
}

#[test]
fn refused_rows_name_their_defect() {
    // Left to the rules, because a number alone cannot tell: `future-birth` (needs today; rule
    // HOLDER-BIRTH-RANGE), `birth-too-old` (policy; same rule), `sequence` (policy, the standard
    // does not forbid 000), `region` of citizens (data; rule ID-REGION).
    let left_to_rules = |row: &Vector| {
        matches!(row.defect.as_str(), "future-birth" | "birth-too-old" | "sequence")
            || (row.defect == "region" && row.kind == "resident")
    };
    for row in vectors().iter().filter(|row| !row.valid) {
        if left_to_rules(row) {
            assert!(parse(&row.number).is_ok(), "{}", row.number);
            continue;
        }
        let expected = match row.defect.as_str() {
            "length" => IdentityDefect::Length,
            // Policy rows `lowercase-x` and lower-case letters are read strictly here.
            "character" | "fullwidth" | "lowercase-x" => IdentityDefect::Character,
            "checksum" => IdentityDefect::Checksum,
            "province" => IdentityDefect::Province,
            "region" => IdentityDefect::Region,
            "country" => IdentityDefect::Country,
            "birth-date" => IdentityDefect::BirthDate,
            other => panic!("{other} ({})", row.basis),
        };
        let found = parse(&row.number).err();
        assert_eq!(found, Some(expected), "{} {}", row.kind, row.number);
    }
}

#[test]
fn future_births_are_after_2090() {
    for row in vectors().iter().filter(|row| row.defect == "future-birth") {
        let birth = parse(&row.number).ok().and_then(|number| number.birth);
        assert!(birth > Some(date(2090, 1, 1)), "{}", row.number);
    }
}

#[test]
fn the_region_is_that_of_citizens_only() {
    let region = |number: &str| parse(number).ok().and_then(|read| read.region().map(str::to_owned));
    assert_eq!(region(concat!("110101", "20181120", "3214")).as_deref(), Some("110101"));
    assert_eq!(region(concat!("810000", "19421211", "9724")), None);
    assert_eq!(region(concat!("937458", "19620922", "9657")), None);
}

proptest! {
    #[test]
    fn one_wrong_digit_is_always_found(place in 0_usize..17, add in 1_u8..10) {
        let mut bytes: Vec<u8> = concat!("110101", "20181120", "3214").bytes().collect();
        bytes[place] = b'0' + (bytes[place] - b'0' + add) % 10;
        prop_assert!(parse(std::str::from_utf8(&bytes).unwrap()).is_err());
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,20}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_almost_number_panics(text in "[0-9A-ZX]{14,19}") {
        let _ = parse(&text);
    }
}
