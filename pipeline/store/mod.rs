//! The store: one ledger on two engines. What knows SQLite from PostgreSQL, and what every slice writes with.
//!
//! Only this folder names sqlx. A state is assigned in one place, [`transition`], which writes the history in the same transaction.

pub mod args;
pub mod audit_chain;
pub mod bulk;
pub mod bulk_row;
pub mod counters;
pub mod dialect;
pub mod engine;
pub mod error;
pub mod health;
pub mod leases;
pub mod occupied;
pub mod opening;
pub mod postgres;
pub mod pressure;
pub mod principal;
pub mod row_macs;
pub mod rows;
pub mod schema;
pub mod scope;
mod sqlite;
pub mod stored_user;
pub mod timeouts;
pub mod topic_identity;
pub mod transition;
pub mod worker_names;

pub use args::Arg;
pub use engine::{Engine, Ledger, Tx};
pub use error::LedgerError;
pub use leases::Lease;
pub use principal::Principal;
pub use schema::Opening;
pub use transition::Stamp;
