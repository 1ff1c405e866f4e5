//! Custody: where every card is, and what it waits for.

pub(crate) mod account_waiting;
pub mod batch_members;
pub mod batch_state;
pub mod believed;
pub mod containers;
pub mod counted_at;
pub mod generated;
pub mod shipment_regions;
pub mod tallies;
