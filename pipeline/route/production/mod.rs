//! Production: card numbers and packages for the bureau, its reports, its manifests.

pub mod cut;
pub mod cut_rows;
pub mod manifest_rows;
pub mod manifests;
pub mod matching;
pub mod package;
mod pictures;
mod queue;
mod record;
pub mod records;
pub mod report_rows;
pub mod reports;

pub use cut::Cut;
pub use manifests::Manifests;
pub use package::{CARDS_ENTRY, CONTROL_ENTRY, read_cards};
pub use reports::Reports;
