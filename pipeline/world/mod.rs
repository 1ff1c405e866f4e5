//! The world: simulated partners and people with their own books, on a virtual clock, from a seed.
//!
//! It is the demo, the simulation test, and the kit a bank's IT uses to try its own files. The
//! product's code cannot tell it from reality: both meet through partner folders and Kafka only.

pub mod generate;
pub mod report;
