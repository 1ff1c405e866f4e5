//! Users, their scope, and what needs two of them.

pub mod attacks;
mod audit;
pub mod disclosures;
pub mod four_eyes;
mod guests;
pub mod logins;
pub mod recovery;
pub mod restored;
mod row_security;
pub mod scope;
pub mod services;
pub mod tokens;
pub mod users;
