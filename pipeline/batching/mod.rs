//! Batches: when they are due, how they are cut, and what is planned.

pub mod any_kind;
pub mod batch_list;
pub mod batch_record;
pub mod batch_rows;
pub mod cut_batch;
pub mod cutting;
pub mod kind;
pub mod schedule;
