//! The rules an approved application must meet before a card is made.
//!
//! The catalogue is one list, sorted by code; each family has a file with its rules and, below each,
//! its function. A rule is pure: it sees one [`Subject`] and the facts loaded once. All findings are
//! collected, never only the first, and in the order of the catalogue whatever the threads do.
//!
//! Invariants: a finding's message never holds a name, a number or any other value of the message
//! (one code point of a refused name excepted); no rule looks at another application. Not here:
//! rules against the ledger (a second open application, whether the previous card exists), which are
//! set-based SQL, and the photo's bytes, which are checked before the account cut.

mod card;
mod catalogue;
mod family;
mod finding;
mod message;
mod papers;
mod people;
mod reception;
mod rule;
mod subject;
mod text;

pub use catalogue::{CATALOGUE, check, check_all, explain, is_accepted};
pub use family::{FAMILIES, Family};
pub use finding::{Finding, Findings, Severity};
pub use reception::{Received, Unreceived, receive};
pub use rule::Rule;
pub use subject::Subject;
pub use text::{READING, RuleText};

#[cfg(test)]
mod matrix_test;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::facts;
#[cfg(test)]
mod vectors_test;
