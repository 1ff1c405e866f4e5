//! Lists for a point without network: what lies there goes out with a control sum for each line, what was handed over
//! comes back and is recorded line by line, as the events of a point with network are.

pub mod cells;
pub mod make;
pub mod record;
