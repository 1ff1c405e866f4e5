//! What a person must decide.

pub mod list;
pub mod one;
