//! Files that come from partners: what all kinds have in common.

pub mod doubts;
pub mod incoming;
pub mod kind;
