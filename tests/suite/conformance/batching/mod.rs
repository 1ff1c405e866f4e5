//! Batches: what is cut when, in which order, and until when.

pub mod batch_scope;
pub mod batches;
pub mod deadlines;
mod errands;
pub mod queue_order;
mod shown;
mod streams_at_once;
mod urgent;
