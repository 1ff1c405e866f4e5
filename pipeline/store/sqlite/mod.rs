//! SQLite: how its file is opened, who uses which connection, and how answers are waited for.

pub(crate) mod connections;
pub(crate) mod options;
pub(crate) mod soon;
mod taken;
pub(crate) mod transaction;
