//! Files of partners: answers, reports, rows that cannot be believed, numbers that never come.

pub mod answers;
pub mod closing_cases;
pub mod listing;
pub mod partner_files;
pub mod rendered_anew;
pub mod report_cases;
pub mod row_cases;
pub mod skipping;
