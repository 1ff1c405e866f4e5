//! What the rules need to know of the world on one day: regions, points, banks, outlets. Loaded for
//! that day, checked while loading, never changed.
//!
//! What ended before the day or begins after it is not there. A region that was merged or renamed is
//! followed to its successor; one that was split or has none is not. Not here: where the tables lie
//! and which lines are in force (`reference::tables`).

mod lookup;
mod reading;
mod region;
mod table;

pub use lookup::{Bank, Facts, Opening, Outlet, Point, PointKind, Reference, Studio};
pub use reading::{Loading, ReferenceFault, ReferenceText};
pub use region::RegionNow;
pub use table::Table;

#[cfg(test)]
mod tests;
