//! Profiles of partners: loaded, linted, and when they cut.

pub mod found;
pub mod lint;
pub mod lint_codes;
pub mod lint_files;
pub mod loading;
pub mod profile;
pub mod ranges;
pub mod timetable;

#[cfg(test)]
mod lint_test;
#[cfg(test)]
mod timetable_test;
