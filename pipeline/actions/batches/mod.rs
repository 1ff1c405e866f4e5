//! The operator's hand on batches.

pub mod acts;
pub mod reach;
pub mod rows;
pub mod split;
