//! Servicing: events of a card's life from Kafka, checked and applied set by set.

pub mod arriving;
pub mod event;
pub mod events;
pub mod settle;

pub use event::read_event;
pub use events::{Events, event_dates};
