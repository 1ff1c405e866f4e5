//! A user as the table has one, and whether who acts is still who they were.
//!
//! Invariant: nobody acts on the word of a row that was not written by the program. A user's row and a session's bear
//! a keyed digest; one that was added, exchanged or changed by SQL is not accepted, nor is any where the key is not
//! at hand.

use cardline_core::domain::staff::{Role, Scope};
use jiff::Timestamp;

use super::engine::Tx;
use super::error::LedgerError;
use super::principal::Principal;
use super::row_macs::{RowKey, catalog};
use crate::{args, row};

row! {
    /// A user as the table has one.
    #[derive(Clone)]
    pub struct StoredUser {
        id: i64,
        name: String,
        role: String,
        bank: String,
        area: String,
        state: String,
        verifier: String,
        set_by: String,
        set_at: i64,
        made_by: i64,
        mac: Option<i64>,
    }
}

impl StoredUser {
    /// The user as a principal outside of any session, when the row stands as it was written.
    pub fn principal(self, key: Option<&RowKey>) -> Result<Principal, LedgerError> {
        let stands = self.mac.filter(|mac| key.is_some_and(|key| self.reckoned(key) == *mac));
        let StoredUser { id, name, role, bank, area, .. } = self;
        let Some(standing) = stands else {
            return Err(LedgerError::ChangedRow { table: catalog::USERS.table, id });
        };
        let role = Role::of(&role).ok_or_else(|| LedgerError::Shape(format!("role of the user {name}")))?;
        Ok(Principal { user: id, name, role, scope: Scope { bank, area }, standing, session: None })
    }

    /// The digest of [`catalog::USERS`], of what was read: no second look could find another row.
    fn reckoned(&self, key: &RowKey) -> i64 {
        let who = key.mac(catalog::USERS.table).field(self.id).field(&self.name).field(&self.role);
        let where_ = who.field(&self.bank).field(&self.area).field(&self.state);
        where_.field(&self.verifier).field(&self.set_by).field(self.set_at).field(self.made_by).end()
    }
}

macro_rules! users {
    ($condition:literal) => {
        concat!(
            "SELECT id, name, role, bank, area, state, verifier, set_by, set_at, made_by, mac FROM users WHERE ",
            $condition
        )
    };
}

/// The user of a name, whatever their state.
pub(crate) async fn stored_user(tx: &mut Tx, name: &str) -> Result<Option<StoredUser>, LedgerError> {
    tx.row(users!("name = $1"), args![name]).await
}

/// The enabled administrators who see everything, by id.
pub(crate) async fn stored_administrators(tx: &mut Tx) -> Result<Vec<StoredUser>, LedgerError> {
    let sql = users!("role = 'administrator' AND bank = '' AND area = '' AND state = 'enabled' ORDER BY id");
    tx.rows(sql, args![]).await
}

/// A kind of proof that somebody holds: its word, and the statement that finds a live one.
pub(crate) struct Held {
    word: &'static str,
    find: &'static str,
}

/// Of who logged in.
pub(crate) const SESSION: Held = Held {
    word: "session",
    find: "SELECT user_id, until, opened_for FROM session WHERE token = $1 AND until > $2 AND opened_for IS NOT NULL",
};

/// Of a program.
pub(crate) const TOKEN: Held = Held {
    word: "api_token",
    find: "SELECT user_id, until, opened_for FROM api_token WHERE token = $1 AND until > $2",
};

/// What a session or a token bears: that it is this user's, as the user is now, until then.
pub(crate) fn held_digest(key: &RowKey, held: Held, token: &[u8], user: &Principal, until: i64) -> Vec<u8> {
    let numbers = [user.user, user.standing, until].map(i64::to_be_bytes);
    key.digest(held.word, &[token, &numbers[0], &numbers[1], &numbers[2]]).to_vec()
}

impl Tx {
    /// The enabled user a live session was opened for, if they are who they were then.
    pub(crate) async fn user_of_session(
        &mut self,
        token: &[u8],
        now: Timestamp,
    ) -> Result<Option<Principal>, LedgerError> {
        self.user_who_holds(SESSION, token, now).await
    }

    /// The enabled user a live token of a program was made for, if they are who they were then.
    pub(crate) async fn user_of_token(
        &mut self,
        token: &[u8],
        now: Timestamp,
    ) -> Result<Option<Principal>, LedgerError> {
        self.user_who_holds(TOKEN, token, now).await
    }

    async fn user_who_holds(
        &mut self,
        held: Held,
        token: &[u8],
        now: Timestamp,
    ) -> Result<Option<Principal>, LedgerError> {
        let Some((user, until, opened_for)) = self.row::<(i64, i64, Vec<u8>)>(held.find, args![token, now]).await?
        else {
            return Ok(None);
        };
        let Some(key) = self.row_key() else { return Ok(None) };
        let user = self.row::<StoredUser>(users!("id = $1"), args![user]).await?;
        let Some(user) = user.filter(|user| user.state == "enabled") else { return Ok(None) };
        let user = user.principal(Some(&key))?;
        let same = held_digest(&key, held, token, &user, until) == opened_for;
        Ok(same.then(|| Principal { session: Some(token.to_vec()), ..user }))
    }

    /// Asks again, in the transaction that writes, whether a user may still act: a prompt may have been open for
    /// hours.
    pub(super) async fn refuse_former(&mut self, principal: &Principal) -> Result<(), LedgerError> {
        let user = principal.name.clone();
        if principal.is_guest() {
            // As without a viewer: anybody acts until there are users, and then nobody who is none.
            let users = self.number("SELECT count(*) FROM users", args![]).await?;
            return if users == 0 { Ok(()) } else { Err(LedgerError::SessionEnded { user }) };
        }
        let now = self.row::<StoredUser>(users!("id = $1"), args![principal.user]).await?;
        let Some(now) = now.filter(|now| now.state == "enabled") else {
            return Err(LedgerError::UserDisabled { user });
        };
        let now = match &principal.session {
            None => Some(now.principal(self.row_key().as_ref())?),
            Some(token) => {
                let clock = self.clock().await?;
                match self.user_of_session(token, clock).await? {
                    None => self.user_of_token(token, clock).await?,
                    found => found,
                }
            }
        };
        if now.as_ref() == Some(principal) { Ok(()) } else { Err(LedgerError::SessionEnded { user }) }
    }
}
