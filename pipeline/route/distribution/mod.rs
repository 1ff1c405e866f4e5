//! Distribution: pickup windows, roll-over, recall. Receipts and pickups arrive as events (servicing).

pub mod shipments;
pub mod windows;

pub use windows::{EndWindows, OpenWindows};
