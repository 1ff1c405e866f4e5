//! Cardline: social security cards, from the approved application to the holder's hand and back.
//!
//! Layers, each may name only those before it: core ← ledger ← broker ← exchange ← stages ← world ←
//! {console, cli}. The small modules at the top (`limits`, `time`, `keys`, …) name nothing above them.

pub mod broker;
pub mod cli;
pub mod config;
pub mod crash;
pub mod daemon;
pub mod exchange;
pub mod hex;
pub mod keys;
pub mod ledger;
pub mod limits;
pub mod log;
pub mod metrics;
pub mod objects;
pub mod passwords;
pub mod route;
pub mod stages;
pub mod time;
pub mod world;
