//! SQLite: how its file is opened, and who uses which connection.

pub(crate) mod connections;
pub(crate) mod options;
pub(crate) mod transaction;
