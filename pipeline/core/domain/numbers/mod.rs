//! Numbers and identifiers, most with a check.

pub mod card_identifier;
pub mod card_number;
pub mod identifier;
pub mod identity_number;
pub mod mobile;
pub mod outlet_code;
pub mod pan;
