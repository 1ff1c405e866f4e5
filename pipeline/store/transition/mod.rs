//! The one place where a state is assigned, with its row of history in the same transaction.
//!
//! Two forms. [`move_set`]: a whole set moves at once and one row of history says so; members are those who
//! still travel with the set, and it counts them ([`move_filled`] is told). [`move_each`]: single things move, one
//! row of history each; they are staged in the temporary table `subject` first. Both are guarded by the state moved
//! from, and a [`Transition`] is an edge of its table: who no longer stands there is left out, and the caller learns
//! how many moved.

mod edge;
mod history;
mod sets;
mod singles;
mod tables;

pub use edge::Transition;
pub(crate) use history::write_move;
pub use history::{EventMark, Stamp};
pub use sets::{SHIPMENT_PLACE, Set, move_set};
pub(crate) use sets::{move_filled, move_set_by, say_of_sets};
pub use singles::{Along, Subject, move_each, move_one};
pub(crate) use singles::{by_day, move_all};

pub(crate) use edge::{all_moved, lost};
