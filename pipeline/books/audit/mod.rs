//! The audit: what people did, and whether it stands as it was written.

pub mod check;
pub mod filter;
pub mod list;
mod rows;

pub use check::{AuditCheck, check_audit};
pub use filter::{AuditFilter, AuditKey, KINDS, NoAuditKey};
pub use list::{AuditPage, AuditRecord, audit, csv};
