//! The user for whom the ledger is read and changed.

use cardline_core::domain::staff::{Role, Scope};

/// A user, as actions and reads know them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Principal {
    pub user: i64,
    pub name: String,
    pub role: Role,
    pub scope: Scope,
    /// Keyed digest of name, role, scope and password as they were: when one changes, the user must prove anew who
    /// they are.
    pub standing: i64,
    /// Digest of the token of the session they act in, if they act in one.
    pub session: Option<Vec<u8>>,
}

impl Principal {
    /// Somebody of a demo who is no user of its ledger, and acts under the name of the role.
    pub fn guest(role: Role, scope: Scope) -> Principal {
        Principal { user: 0, name: role.code().into(), role, scope, standing: 0, session: None }
    }

    /// Whether they are a guest of a demo.
    pub fn is_guest(&self) -> bool {
        self.user == 0
    }
}
