//! The quarantine: what was refused, conflicting, unreadable or waits, and what may be shown of it.

pub mod acts;
pub mod disclosure;
pub mod held;
pub mod message_tree;
mod pattern;
pub mod redaction;
