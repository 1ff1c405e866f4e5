//! Reference data: regions, points, outlets, banks and calendars, in force on a day.

pub mod effect;
pub mod lines;
pub mod tables;
pub mod touched;
