//! The approved application, as it arrives on `card.applications` (schema `card.application.v1`).
//!
//! Strings borrow from the message where JSON allows it, so that decoding a chunk copies little.
//! Personal data: none of these types has `Debug` or `Display`, so no log line can print one.

mod parts;
mod values;

#[cfg(test)]
mod tests;

pub use crate::domain::text::Text;
pub use parts::{
    Address, Agent, Application, Consent, Document, Employer, Holder, Photo, Pickup, PreviousCard, SCHEMA,
};
pub use values::{Channel, DocumentKind, IdType, Kind, PhotoSource, PickupMethod, PreviousReason, Priority, Relation};
