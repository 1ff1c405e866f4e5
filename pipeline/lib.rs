//! Cardline: social security cards, from the approved application to the holder's hand and back.
//!
//! Layers, each may name only those before it: core ← store ← custody ← crypto ← people ← cases ←
//! {kafka, reference} ← exchange ← step ← {inbound, photos, messages, quarantine, erasing} ← batching ← route ←
//! actions ← books ← daemon ← world ← cli. The small modules at the top (`limits`, `time`, `config`, …) name nothing
//! above them.

pub mod actions;
pub mod batching;
pub mod books;
pub mod cases;
pub mod config;
pub mod crash;
pub mod crypto;
pub mod custody;
pub mod daemon;
pub mod erasing;
pub mod exchange;
pub mod hex;
pub mod inbound;
pub mod kafka;
pub mod limits;
pub mod log;
pub mod messages;
pub mod metrics;
pub mod people;
pub mod photos;
pub mod quarantine;
pub mod reference;
pub mod route;
pub mod step;
pub mod store;
pub mod time;
