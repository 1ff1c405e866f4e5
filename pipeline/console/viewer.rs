//! Who looks at a page, and the session they do it in.

use cardline::people::permits::{self, Permission};
use cardline::store::Principal;
use cardline_core::domain::staff::Role;
use sha2::{Digest, Sha256};

use crate::people::guests::Guest;

/// A person in a session.
#[derive(Clone)]
pub struct Viewer {
    pub principal: Principal,
    /// What a form of this session carries, so that no other site's form acts in it.
    pub form_token: String,
    /// In a demo: the role of the link that was opened, which stands in every URL of the session.
    pub guest: Option<Guest>,
}

impl Viewer {
    /// A viewer whose session has this token. The form's token follows from it, and not the other way round.
    pub fn new(principal: Principal, session: &str, guest: Option<Guest>) -> Viewer {
        let digest = Sha256::new().chain_update(b"form of session ").chain_update(session).finalize();
        Viewer { principal, form_token: cardline::hex::hex(&digest[..16]), guest }
    }

    /// Whether they may do this.
    pub fn may(&self, permission: Permission) -> bool {
        permits::check(&self.principal, permission).is_ok()
    }

    /// Where they begin.
    pub fn home(&self) -> String {
        match self.principal.role {
            Role::Operator | Role::Service => "/ops".into(),
            Role::BankIt if !self.principal.scope.bank.is_empty() => format!("/banks/{}", self.principal.scope.bank),
            Role::BankIt => "/cases".into(),
            Role::Administrator => "/admin".into(),
            Role::Auditor => if self.may(Permission::CheckBooks) { "/books" } else { "/cases" }.into(),
        }
    }
}
