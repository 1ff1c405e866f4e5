//! What people do by command or page: to batches, to cases, to pickup windows, to the quarantine, to lists, after a restore; and what two of them decide.

pub mod about;
pub mod approval_list;
pub mod batches;
pub mod cases;
pub mod connection;
pub mod decisions;
pub mod dual_control;
pub mod envelope_keys;
pub mod erase;
pub mod errands;
pub mod file_list;
pub mod first_exchange;
pub mod imports;
pub mod outcome;
pub mod pickup;
pub mod quarantine;
pub mod recovery;
pub mod render_anew;
pub mod resend;
