//! Every number of a profile, with its least and its most. What is no number of its kind at all does not get as
//! far as the lints; it is told with the same words.

use crate::file_formats::layouts::kind::FileKind;
use crate::file_formats::limits::{
    AGE_MOST_WORKING_DAYS, ANSWER_MOST_WORKING_DAYS, BATCH_MOST_CARDS, CAPACITY_MOST_CARDS, COLUMN_MOST_BYTES,
    UNFINISHED_MOST_HOURS, VERSION_MOST,
};

/// Key, least and most.
const RANGES: &[(&str, u32, u32)] = &[
    ("version", 1, VERSION_MOST),
    ("unfinished_after_hours", 1, UNFINISHED_MOST_HOURS),
    ("max_cards", 1, BATCH_MOST_CARDS),
    ("enough_cards", 1, BATCH_MOST_CARDS),
    ("max_age_days", 0, AGE_MOST_WORKING_DAYS),
    ("capacity_per_day", 1, CAPACITY_MOST_CARDS),
    ("width", 1, COLUMN_MOST_BYTES),
    ("max_bytes", 1, COLUMN_MOST_BYTES),
];

/// Least and most of a key. Those of `answer_within_working_days` are the kinds of files that ask.
fn range(key: &str) -> Option<(u32, u32)> {
    let listed = RANGES.iter().find(|(known, ..)| *known == key).map(|(_, least, most)| (*least, *most));
    listed.or_else(|| FileKind::named(key).filter(|kind| kind.is_request()).map(|_| (1, ANSWER_MOST_WORKING_DAYS)))
}

/// What a number that stands at a place of a profile must be; `None` where no number belongs.
pub(crate) fn expected_at(text: &str, place: usize) -> Option<String> {
    let before = text.get(..place)?.trim_end().strip_suffix('=')?.trim_end();
    let is_of_key = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    let key = &before[before.trim_end_matches(is_of_key).len()..];
    expected(key)
}

/// What a number must be that lies outside the range of its key; `None` when it lies within.
pub(crate) fn outside(key: &str, number: usize) -> Option<String> {
    let (least, most) = range(key)?;
    if (least as usize..=most as usize).contains(&number) { None } else { expected(key) }
}

/// What the number of a key must be.
fn expected(key: &str) -> Option<String> {
    let (least, most) = range(key)?;
    Some(format!("{key} must be a whole number from {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use super::{RANGES, range};
    use crate::file_formats::{Profile, sample};

    /// Every number that stands in a profile, put to extremes: reported with file, key and range, or lawful.
    #[test]
    fn a_number_out_of_range_is_told_with_file_key_and_range() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/partners");
        let files =
            std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        let fixed = sample::PROFILE.replacen("layout = \"delimited\"", "layout = \"fixed\"", 1);
        let fixed = fixed.replacen("max_bytes = 60", "width = 60", 1);
        let mut seen = std::collections::BTreeSet::new();
        for text in files.chain([sample::PROFILE.to_owned(), fixed]) {
            let found = text.match_indices(" = ").map(|(place, _)| place);
            for place in found.collect::<Vec<_>>() {
                let key = &text[text[..place]
                    .trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "_-".contains(c))
                    .len()..place];
                let digits = text[place + 3..].bytes().take_while(u8::is_ascii_digit).count();
                if digits == 0 {
                    continue;
                }
                let (least, most) = range(key).expect(key);
                seen.insert(key.to_owned());
                for number in
                    ["0", "-1", "4294967295", "4294967296", "9223372036854775807", "99999999999999999999", "1.5", "nan"]
                {
                    let changed = format!("{}{number}{}", &text[..place + 3], &text[place + 3 + digits..]);
                    let lawful = number.parse().is_ok_and(|number: u32| (least..=most).contains(&number));
                    let Some(fault) = Profile::load(&changed, "TEST.toml").err() else {
                        assert!(lawful, "{key} = {number} passes");
                        continue;
                    };
                    let (told, range) = (fault.to_string(), format!("{least} to {most}"));
                    let is_told = told.contains("TEST.toml") && told.contains(key) && told.contains(&range);
                    assert!(lawful || is_told, "{key} = {number}: {told}");
                }
            }
        }
        assert!(RANGES.iter().all(|(key, ..)| seen.contains(*key) || *key == "enough_cards"), "{seen:?}");
    }
}
