//! What the administrator watches: cards that wait for their holders, and the windows in which they are collected.

pub mod acts;
pub mod forecast;
mod list_reasons;
pub mod lists;
pub mod point;
mod qr;
pub mod reassign;
mod refused;
pub mod sheet;
pub mod silent;
pub mod waiting;
