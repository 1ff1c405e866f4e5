//! Applications taken in: repeats, revisions, rules, photos, quarantine, cards from before.

pub mod intake;
pub mod ledger_rules;
pub mod opening_stock;
pub mod photos;
pub mod quarantine;
pub mod revisions;
