//! Dates, working days, and the terms that are counted in them.

pub mod calendar;
pub mod date;
pub mod promise;
pub mod validity;
