//! Their photos, and what is wrong with some.

pub mod album;
pub mod photo_faults;
pub mod photos;
