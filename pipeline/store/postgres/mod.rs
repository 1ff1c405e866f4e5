//! What only PostgreSQL needs: connections that are bounded, sessions that are fit, and servers that fall silent or cannot be written.

mod at_once;
pub mod connections;
pub(super) mod copied_out;
pub mod row_security;
pub mod servers;
pub mod session;
pub mod silence;
pub mod standby;
