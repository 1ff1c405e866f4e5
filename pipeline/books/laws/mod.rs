//! The laws, in order of number: a file for each, named for it.
//!
//! A new law is its file, with the next number, and its line in [`LAWS`]. The file holds all there is
//! of it: its words, how it counts its cases, the statements that find offenders, and the offenders
//! the tests plant to show that it can fail.

use super::law::Law;

mod account;
mod answer;
mod batch_balance;
mod card_balance;
mod custody;
mod deadline;
mod file;
mod four_eyes;
mod intake_balance;
mod last_state;
mod one_live_card_per_person;
mod one_place;
mod scope;
mod secret;
mod transition;
mod written_row;

pub use super::seen::NOT_LOOKED_AT;

/// Every law.
pub const LAWS: &[Law] = &[
    one_place::LAW,
    intake_balance::LAW,
    batch_balance::LAW,
    card_balance::LAW,
    custody::LAW,
    one_live_card_per_person::LAW,
    account::LAW,
    file::LAW,
    answer::LAW,
    deadline::LAW,
    transition::LAW,
    secret::LAW,
    scope::LAW,
    four_eyes::LAW,
    written_row::LAW,
    last_state::LAW,
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn laws_are_numbered_in_order_and_say_what_they_are() {
        let numbers: Vec<i64> = LAWS.iter().map(|law| law.number).collect();
        assert_eq!(numbers, (1..=LAWS.len() as i64).collect::<Vec<i64>>());
        for law in LAWS {
            assert!(!law.name.is_empty() && !law.sentence.is_empty() && !law.cases.is_empty(), "{}", law.number);
            assert!(!law.offending.is_empty() || law.computed.is_some(), "law {} looks at nothing", law.number);
        }
    }

    #[test]
    fn a_law_without_a_planted_offender_is_none() {
        let unseen: Vec<&str> = LAWS.iter().filter(|law| law.planted.is_empty()).map(|law| law.name).collect();
        assert_eq!(unseen, Vec::<&str>::new());
    }

    #[test]
    fn every_file_here_is_named_for_its_law_and_listed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("books/laws");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut files: Vec<String> = files.filter(|file| file != "mod.rs").collect();
        files.sort_unstable();
        let mut laws: Vec<String> = LAWS.iter().map(|law| format!("{}.rs", law.name.replace(' ', "_"))).collect();
        laws.sort_unstable();
        assert_eq!(files, laws);
    }
}
