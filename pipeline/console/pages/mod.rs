//! The pages: one file with its query and its words, and one template beside it, for each.

pub mod approvals;
pub mod audit;
pub mod books;
pub mod cards;
pub mod cases;
pub mod check;
pub mod exchange;
pub mod figures;
pub mod home;
pub mod operator;
pub mod pickup;
pub mod users;
pub mod work;
