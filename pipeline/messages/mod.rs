//! History and what could not be read, told to others.

pub mod dead_letters;
pub mod history;
pub mod relay;
pub mod tell_dead_letters;
