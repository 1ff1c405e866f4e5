//! Lists for a point without network: what lies there goes out with a control sum for each line, what was handed over
//! comes back and is recorded line by line, as the events of a point with network are.

pub mod cells;
pub mod csv_rows;
pub mod day;
pub mod judge;
pub mod make;
pub mod reading;
pub mod record;
pub mod rows;
pub mod workbook;
pub mod workbook_rows;

#[cfg(test)]
mod workbook_tests;
