//! One suite for the ledger, run on SQLite and on PostgreSQL.

mod answers;
pub mod arrivals;
mod batch_scope;
mod batches;
mod closing_cases;
pub mod four_eyes;
mod intake;
mod keys;
mod laws;
mod leases;
mod ledger_rules;
mod moves;
mod openings;
mod partner_files;
mod photos;
mod quarantine;
mod queue_order;
mod reference;
mod report_cases;
mod revisions;
mod row_cases;
mod schema;
mod scope;
mod sealing;
mod skipping;
mod staging;
pub mod users;
