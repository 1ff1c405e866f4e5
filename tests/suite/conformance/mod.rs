//! One suite for the ledger, run on SQLite and on PostgreSQL.

pub mod applications;
pub mod arrivals;
pub mod batching;
mod cases;
mod changed_rows;
mod erasing;
pub mod exchange;
mod explained;
mod figures;
mod hand_over;
mod handed_out;
mod keys;
mod laws;
mod mail;
mod missing;
mod notices;
pub mod people;
mod points;
mod receipts;
mod reference;
pub mod store;
mod strip;
mod uncollected;
