//! One suite for the ledger, run on SQLite and on PostgreSQL.

mod arrivals;
mod intake;
mod laws;
mod leases;
mod moves;
mod quarantine;
mod revisions;
mod schema;
mod sealing;
mod staging;
