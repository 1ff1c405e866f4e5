//! Leases, moves, bulk rows, the chain and the schema.

pub mod clock;
pub mod leases;
pub mod moves;
pub mod openings;
pub mod progress;
pub mod schema;
pub mod sealing;
pub mod staging;
pub mod upgrades;
