//! Cases: what a person must decide, and what is overdue.

pub mod desk;
pub mod overdue;
