//! Distribution: pickup windows, roll-over, recall, and lists of what waits. Receipts and pickups arrive as events
//! (servicing).

pub(crate) mod areas;
pub mod coming_cartons;
pub mod forecast;
pub mod list_cards;
pub mod mass_end;
pub mod pickup;
pub mod pickup_act;
pub mod pickup_cards;
pub mod point_cards;
pub mod reassign;
pub mod shipments;
pub mod silent;
pub mod waiting_by_area;
pub mod warnings;
pub mod window_acts;
pub mod windows;

pub use warnings::Warnings;
pub use windows::{EndWindows, OpenWindows};
