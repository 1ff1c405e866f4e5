//! What bank IT looks at: a bank's files day by day, one file, a bureau's files.

pub mod bank;
pub mod bureau;
pub mod file;
mod first;
pub mod keys;
mod ledger;
mod made;
mod reached;
