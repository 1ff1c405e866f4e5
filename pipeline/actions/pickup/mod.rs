//! What an administrator does to pickup windows: previewed, confirmed by the name of the operation, recorded.

pub mod acts_of_point;
pub mod days;
pub mod places;
pub mod refusal;
pub mod windows;
