//! Synthetic people and their approved applications, for the demo, the simulation, benches and `generate`.
//!
//! Everything is a function of a seed. Nobody in here exists: identity numbers carry sequences 901 to
//! 995, names are put together from lists, faces are drawn. Not here: the clock, and what partners do.

pub mod applications;
mod choices;
pub mod classes;
mod contacts;
pub mod defects;
pub mod ground;
mod messages;
pub mod mishaps;
mod names;
mod numbers;
mod papers;
pub mod people;
pub mod person;
pub mod photo_faults;
pub mod photos;
pub mod profile;
pub mod stock;
mod streams;
pub mod validity;
pub mod writing;

#[cfg(test)]
mod tests;
