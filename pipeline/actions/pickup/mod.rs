//! What an administrator does to what lies at points: windows are moved as previewed, lists made and what comes back
//! recorded.

pub mod acts_of_point;
pub mod days;
pub mod lists;
pub mod places;
pub mod refusal;
pub mod windows;
