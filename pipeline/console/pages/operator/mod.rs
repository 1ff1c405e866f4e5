//! What the bureau operator looks at: today, the plan, batches, the quarantine.

pub mod acts;
pub mod batch;
pub mod batches;
pub mod message;
mod needs;
pub mod plan;
pub mod quarantine;
pub mod streams;
pub mod today;
