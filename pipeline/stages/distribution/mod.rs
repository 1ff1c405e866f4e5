//! Distribution: pickup windows, roll-over, recall. Receipts and pickups arrive as events (servicing).

mod windows;

pub use windows::{EndWindows, OpenWindows};
