//! The suite: what must hold of the whole, on both engines.
//!
//! One binary, so that it links once. Every test that touches a ledger runs on SQLite and on
//! PostgreSQL; `ops/test` starts a PostgreSQL, and without one these tests fail, they never skip.

mod another_server;
mod conformance;
mod console;
mod database_causes;
mod database_faults;
mod database_tls;
mod databases;
mod dry_run;
mod faults;
mod generated;
mod isolation;
mod kafka;
mod messages;
mod operation;
mod own_service;
mod plays;
mod pooler;
mod proxy;
mod races;
mod restore;
mod schema_changes;
mod simulation;
mod steps;
mod stopped_workers;
mod tidy;
mod wire;
mod years;
