//! The user for whom the ledger is read and changed.

use cardline_core::domain::staff::{Role, Scope};

/// A user, as actions and reads know them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Principal {
    pub user: i64,
    pub name: String,
    pub role: Role,
    pub scope: Scope,
}
