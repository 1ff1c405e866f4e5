//! History and what could not be read, published.

pub mod dead_letters;
pub mod history;
pub mod relay;
pub mod tell_dead_letters;
