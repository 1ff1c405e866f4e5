//! What the administrator watches: cards that wait for their holders, and the windows in which they are collected.

pub mod acts;
pub mod forecast;
pub mod lists;
pub mod point;
pub mod reassign;
mod refused;
pub mod waiting;
