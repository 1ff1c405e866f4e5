//! Cases: what a person must decide, and what is overdue.

pub mod case_list;
mod chase;
pub mod deadline;
pub mod deadlines;
pub(crate) mod deliveries;
pub mod desk;
pub mod overdue;
