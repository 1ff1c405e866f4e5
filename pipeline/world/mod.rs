//! The world: simulated partners and people with their own books, on a virtual clock, from a seed.
//!
//! It is the demo, the simulation test, and the kit a bank's IT uses to try its own files. The
//! product's code cannot tell it from reality: both meet through partner folders and Kafka only.

mod bank;
mod bureau;
mod closing;
mod deciding;
mod demo;
mod desk;
pub mod generate;
mod mirror;
mod people;
pub mod play;
pub mod report;
mod rng;
mod road;
pub mod setting;

pub use bureau::CartonSent;
pub use demo::{demo, file_path, play_day, worker_with_broker};
pub use mirror::mirror;
pub use play::World;
