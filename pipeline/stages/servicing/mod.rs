//! Servicing: events of a card's life from Kafka, checked and applied set by set.

mod event;
mod events;

pub use event::read_event;
pub use events::{Events, event_dates};
