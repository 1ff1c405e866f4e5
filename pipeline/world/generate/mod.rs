//! Synthetic people and their approved applications, for the demo, the simulation, benches and `generate`.
//!
//! Everything is a function of a seed. Nobody in here exists: identity numbers carry sequences 901 to
//! 995, names are put together from lists, faces are drawn. Not here: the clock, and what partners do.

pub mod applications;
mod choices;
pub mod defects;
mod messages;
pub mod mishaps;
mod papers;
mod pictures;
pub mod plan;
mod population;
pub mod profile;
pub mod stock;
mod streams;
pub mod writing;

pub use pictures::{album, photo_faults, photos};
pub(crate) use population::names;
pub use population::{classes, ground, people, person, validity};

#[cfg(test)]
mod tests;
