//! What an administrator does at points, and asks about them.

mod pickup;
mod pickup_lists;
mod reassign;
mod silent;
mod windows;
