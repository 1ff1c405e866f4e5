//! History and what could not be read, published; people told.

pub mod dead_letters;
pub mod history;
pub mod notice_rows;
pub mod notices;
pub mod relay;
pub mod tell_dead_letters;
pub mod told;
