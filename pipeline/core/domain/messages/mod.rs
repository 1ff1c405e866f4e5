//! The message of an approved application, and how it is read.

pub mod application;
mod members;
pub mod message;
pub(crate) mod ordered;
pub mod set;
