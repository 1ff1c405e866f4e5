//! Citizen numbers against an independent judge: the crate `id-card`, which knows its own list of counties.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const REGIONS: &str = include_str!("../../../../../fixtures/reference/regions.csv");

fn with_check(seventeen: &str) -> String {
    let check = check_character(seventeen.as_bytes().try_into().unwrap()).unwrap();
    format!("{seventeen}{}", char::from(check))
}

/// Whether the judge lists the county: it takes a number that is right otherwise.
fn is_listed(county: &str) -> bool {
    id_card::validate(&with_check(&format!("{county}19800229901")))
}

/// Ours, with the judge's list of counties; ours takes only the upper-case X.
fn agree(number: &str) -> bool {
    let ours = parse(number).is_ok_and(|read| read.class == NumberClass::Citizen && !read.converted_from_15);
    let counted = ours && number.get(..6).is_some_and(is_listed);
    counted == (id_card::validate(number) && !number.ends_with('x'))
}

fn counties() -> Vec<String> {
    let codes: BTreeSet<&str> = REGIONS.lines().skip(1).filter_map(|line| line.get(..6)).collect();
    codes.into_iter().filter(|code| is_listed(code)).map(str::to_owned).collect()
}

#[test]
fn every_county_of_the_judge_is_in_our_list() {
    let ours: BTreeSet<&str> = REGIONS.lines().skip(1).filter_map(|line| line.get(..6)).collect();
    let listed: Vec<String> = (110_000..830_001).map(|code| code.to_string()).filter(|code| is_listed(code)).collect();
    assert!(listed.len() > 5_000, "{}", listed.len());
    assert!(listed.iter().all(|code| ours.contains(code.as_str())));
}

/// Every county once, over dates, sequences and all check characters.
#[test]
fn right_numbers_of_every_county_are_right_for_both() {
    let mut checks = BTreeSet::new();
    for (index, county) in counties().iter().enumerate() {
        let (year, month, day) = (1900 + index % 126, 1 + index % 12, 1 + index % 28);
        let number = with_check(&format!("{county}{year}{month:02}{day:02}{:03}", index % 1000));
        assert!(id_card::validate(&number) && agree(&number), "{number}");
        checks.insert(number[17..].to_owned());
    }
    assert_eq!(checks.len(), 11);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_eighteen_digits_are_judged_alike(seventeen in "[1-9][0-9]{5}(18|19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}", last in "[0-9Xx]") {
        prop_assert!(agree(&with_check(&seventeen)), "{seventeen}");
        let spoilt = format!("{seventeen}{last}");
        prop_assert!(agree(&spoilt), "{spoilt}");
    }

    #[test]
    fn a_spoilt_number_is_judged_alike(
        pick in any::<prop::sample::Index>(),
        birth in "(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])",
        sequence in "[0-9]{3}",
        places in prop::collection::vec((0_usize..18, "[0-9X]"), 0..3),
    ) {
        let counties = ["110101", "310104", "440803", "522634", "622926", "650102"];
        let mut number = with_check(&format!("{}{birth}{sequence}", counties[pick.index(counties.len())]));
        prop_assert!(id_card::validate(&number) && agree(&number));
        for (place, character) in places {
            number.replace_range(place..=place, &character);
        }
        prop_assert!(number.starts_with('0') || agree(&number), "{number}");
    }
}
