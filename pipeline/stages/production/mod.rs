//! Production: card numbers and packages for the bureau, its reports, its manifests.

mod cut;
mod manifests;
mod matching;
mod package;
mod reports;

pub use cut::{Cut, Run, claim, pictures, run};
pub use manifests::Manifests;
pub use package::{CARDS_ENTRY, CONTROL_ENTRY, read_cards};
pub use reports::Reports;
