//! Where is this card.

pub mod find;
pub mod way;
mod why_day;
