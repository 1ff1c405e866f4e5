//! Servicing: events of a card's life from Kafka, checked and applied set by set.

pub mod event;
pub mod event_rows;
pub mod events;

pub use event::read_event;
pub use events::{Events, event_dates};
