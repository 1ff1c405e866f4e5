//! A user as the table has one, and whether who acts is still who they were.

use cardline_core::domain::staff::{Role, Scope};
use sha2::{Digest, Sha256};

use super::engine::Tx;
use super::error::LedgerError;
use super::principal::Principal;
use crate::{args, row};

row! {
    /// A user as the table has one.
    pub struct StoredUser {
        id: i64,
        name: String,
        role: String,
        bank: String,
        area: String,
        state: String,
        verifier: String,
    }
}

impl StoredUser {
    /// The user as a principal outside of any session.
    pub fn principal(self) -> Result<Principal, LedgerError> {
        let standing = self.standing();
        let StoredUser { id, name, role, bank, area, .. } = self;
        let role = Role::of(&role).ok_or_else(|| LedgerError::Shape(format!("role of the user {name}")))?;
        Ok(Principal { user: id, name, role, scope: Scope { bank, area }, standing, session: None })
    }

    fn standing(&self) -> Vec<u8> {
        let mut digest = Sha256::new();
        for part in [&self.role, &self.bank, &self.area, &self.verifier] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        digest.finalize().to_vec()
    }
}

const OF_NAME: &str = "SELECT id, name, role, bank, area, state, verifier FROM users WHERE name = $1";
const OF_ID: &str = "SELECT id, name, role, bank, area, state, verifier FROM users WHERE id = $1";
const SESSION: &str =
    "SELECT count(*) FROM session WHERE token = $1 AND user_id = $2 AND opened_for = $3 AND until > $4";

/// The user of a name, whatever their state.
pub(crate) async fn stored_user(tx: &mut Tx, name: &str) -> Result<Option<StoredUser>, LedgerError> {
    tx.row(OF_NAME, args![name]).await
}

impl Tx {
    /// Asks again, in the transaction that writes, whether a user may still act: a prompt may have been open for
    /// hours.
    pub(super) async fn refuse_former(&mut self, principal: &Principal) -> Result<(), LedgerError> {
        let Principal { user, standing, session, .. } = principal;
        let now = self.row::<StoredUser>(OF_ID, args![*user]).await?;
        let Some(now) = now.filter(|now| now.state == "enabled") else {
            return Err(LedgerError::UserDisabled { user: principal.name.clone() });
        };
        let mut same = now.standing() == *standing;
        if let Some(token) = session {
            let clock = self.clock().await?;
            same &= self.number(SESSION, args![token.clone(), *user, standing.clone(), clock]).await? == 1;
        }
        if same { Ok(()) } else { Err(LedgerError::SessionEnded { user: principal.name.clone() }) }
    }
}
