//! Who works with the system: all of them, one of them, what is done to them, and what is shown of it once.

mod acts;
pub mod list;
mod once;
pub mod one;
mod refusal;
mod visible;
