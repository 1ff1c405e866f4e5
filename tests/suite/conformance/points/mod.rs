//! What an administrator does at points, and asks about them.

mod pickup;
mod pickup_lists;
pub mod reassign;
mod silent;
mod windows;
