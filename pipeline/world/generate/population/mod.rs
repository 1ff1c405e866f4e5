//! The people, their homes and their papers.

pub mod classes;
pub mod contacts;
pub mod ground;
pub mod names;
pub mod numbers;
pub mod people;
pub mod person;
pub mod validity;
