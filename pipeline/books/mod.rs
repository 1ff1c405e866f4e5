//! The books: conservation laws, each of which names the things that break it.
//!
//! The same code runs in tests, in `cardline books` and at the end of the demo. By default a run
//! looks at what changed since the last run that held; a full run looks at everything. Both read the
//! temporary tables `touched_*`, so they share one text.

pub mod audit;
pub mod balance;
mod case_rows;
pub mod case_shown;
pub mod day_explained;
pub mod delivery_shown;
pub mod figures;
mod file_bytes;
pub mod file_shown;
pub mod law;
pub mod laws;
pub mod person_cards;
pub mod replay;
pub mod run;
mod seen;
mod stored;
pub mod touched;
pub mod trace;
pub mod way;

pub use law::Law;
pub use laws::LAWS;
pub use run::{BooksReport, LawResult};
