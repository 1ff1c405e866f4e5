//! What goes on only after a person has decided: after a restore, a topic recreated, a number that never came.

pub mod after_restore;
pub mod backup;
pub mod refusal;
pub mod skip;
pub mod skipped;
pub mod topics;
