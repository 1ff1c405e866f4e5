//! What a step is, what runs it, and what every step is given.

pub mod asides;
pub mod cause;
pub mod clock;
pub mod clock_facts;
pub mod driver;
pub mod error;
pub mod keyring;
pub mod production;
pub mod progress;
pub mod progress_rows;
pub mod reached;
pub mod set_aside;
mod unit;
pub mod watermark;
mod watermark_place;
pub mod worker;

pub use driver::Step;
pub use error::StageError;
pub use keyring::keys_of;
pub use progress::Progress;
pub use progress_rows::Work;
pub use unit::{Claim, Ran, Unit, Whole};
pub use worker::{Worker, load_policy};
