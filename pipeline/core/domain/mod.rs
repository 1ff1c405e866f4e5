//! The nouns of the house, and the numbers that carry a check.
//!
//! Everything here is pure: no I/O, no clock, no random number. What is needed is handed in.
//! Types that hold personal data have neither `Debug` nor `Display`, so no log line can print one.
//!
//! Not here: which application is refused (`rules`), how a file is written (`layouts`), which
//! state follows which (`lives`).

pub mod application;
pub mod calendar;
pub mod canonical;
pub mod card_identifier;
pub mod card_number;
pub mod compatibility_ideograph;
pub mod country;
pub mod date;
pub mod digest;
pub mod gb18030;
pub mod identifier;
pub mod identity_number;
pub mod limits;
pub mod matrix;
mod members;
pub mod message;
pub mod mobile;
pub mod name;
pub(crate) mod ordered;
pub mod outlet_code;
pub mod pan;
pub mod person;
pub mod personal_text;
pub mod policy;
pub mod promise;
pub mod reference;
mod scan;
pub mod set;
pub mod spreadsheet;
pub mod staff;
pub mod text;
pub mod validity;
