//! The domain types, and the numbers that carry a check digit.
//!
//! Everything here is pure: no I/O, no clock, no random number. What is needed is handed in.
//! Types that hold personal data have neither `Debug` nor `Display`, so no log line can print one.
//!
//! Not here: which application is refused (`rules`), how a file is written (`layouts`), which
//! state follows which (`lives`).

pub mod country;
mod days;
pub mod limits;
pub mod matrix;
mod messages;
pub mod notices;
mod numbers;
pub mod outcomes;
pub mod person;
pub mod policy;
pub mod reference;
pub mod staff;
mod texts;

pub use days::{calendar, date, promise, validity};
pub use messages::{application, message, set};
pub use numbers::{card_identifier, card_number, identifier, identity_number, mobile, outlet_code, pan};
pub use texts::{
    canonical, compatibility_ideograph, digest, gb18030, name, open_form, personal_text, spreadsheet, text, toml_fault,
    visible,
};

#[cfg(test)]
pub(crate) use messages::ordered;
