//! Profiles of partners: loaded, linted, and when they cut.

pub mod found;
pub mod lint;
pub mod lint_codes;
pub mod lint_files;
pub mod lint_wire;
pub mod loading;
pub mod profile;
pub mod ranges;
pub mod timetable;
pub mod wire;

#[cfg(test)]
mod lint_test;
#[cfg(test)]
mod timetable_test;
