//! The stages of the route, their steps, and the driver that runs them.
//!
//! Every step has three parts: *claim* takes a bounded piece of work under a lease, *work* is pure
//! and synchronous, *settle* is one transaction that fails whole when the lease was lost.

pub mod accounts;
pub mod answers;
pub mod approvals;
pub mod backup;
pub mod batch_acts;
pub mod batch_plan;
mod batch_plan_part;
pub mod batch_reach;
mod batch_split;
pub mod care;
pub mod cause;
mod clock;
pub mod cutting;
pub mod dead_letters;
pub mod distribution;
pub mod doubts;
pub mod driver;
mod error;
pub mod export;
mod forms;
pub mod history;
pub mod intake;
mod keyring;
pub mod mask;
pub mod production;
pub mod quarantine;
pub mod reconcile;
pub mod recycling;
pub mod reference;
mod reference_change;
pub mod reference_file;
pub mod reference_import;
pub mod regions;
pub mod repair;
pub mod schedule;
pub mod send;
pub mod servicing;
pub mod set_aside;
pub mod skip;
mod station;
pub mod stock;
pub mod topics;
mod watermark;

pub use driver::{Claim, Ran, Step, Unit, Whole};
pub use error::StageError;
pub use keyring::keys_of;
pub use reference::built_in_reference;
pub use station::{Station, load_policy};
