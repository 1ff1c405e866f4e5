//! What the administrator watches: cards that wait for their holders.

pub mod forecast;
pub mod point;
pub mod waiting;
