//! People: who they are, what they may do, and what needs two of them.

pub mod approvals;
pub mod authorisation;
pub mod errands;
pub mod first_links;
pub mod passwords;
pub mod permits;
pub mod recovery;
pub mod services;
pub mod sessions;
pub mod tokens;
pub mod tries;
pub mod users;
