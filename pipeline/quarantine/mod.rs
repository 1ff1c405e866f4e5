//! The quarantine: what was refused, conflicting, unreadable or waits, and what may be shown of it.

pub mod alone;
pub mod disclosure;
pub mod message_tree;
pub mod operation_record;
mod pattern;
pub mod quarantine_list;
pub mod quarantined;
pub mod redaction;
