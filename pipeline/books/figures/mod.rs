//! Figures by day, region and bank, for charts: how many cards passed each place of the route, whether the promise was
//! kept, and which promises are at risk.
//!
//! A chart must not count cards when somebody looks. A worker counts the last days anew every few minutes and leaves
//! sums (`day_figure`, `unfinished`), so a page reads some thousand rows, whatever the number of cards, and each viewer
//! gets the sums of their own scope. What is shown is as old as `counted_at` says.

mod answer_times;
mod counting;
mod passed;
mod risks;
mod waiting;
mod yields;

pub use answer_times::AnswerTime;
pub use passed::{DayFigures, PASSED};
pub use risks::{AtRisk, Risks};
pub use waiting::{Waiting, listed, waiting, waiting_at_point};
pub use yields::{Shipped, Spoiled, Yield};

/// Cards that were ready by the day promised to the holder (s3).
pub const KEPT: &str = "kept";
/// Cards that were ready later than promised.
pub const MISSED: &str = "missed";
