//! Users: who they are, what they know, and who is logged in.
//!
//! Invariants: a name has one role and one scope forever; a disabled user has no session; somebody
//! always remains who can add users. Nothing here sees a password, only what argon2id makes of it.

use cardline_core::domain::staff::{Role, Scope};
use cardline_core::state_machines::USER;
use jiff::Timestamp;

use crate::limits::{LOGIN_TRIES, LOGIN_WAIT_MINUTES, SESSION_HOURS};
use crate::store::transition::{Along, Transition, move_one, write_move};
use crate::store::{Ledger, LedgerError, Principal, Stamp, Tx};
use crate::{args, row, transition};

/// A user to be added.
pub struct NewUser {
    pub name: String,
    pub role: Role,
    pub scope: Scope,
    /// What argon2id made of the password.
    pub verifier: String,
}

row! {
    /// A user, as lists show one.
    #[derive(Clone, serde::Serialize)]
    pub struct UserRecord {
        name: String,
        role: String,
        bank: String,
        area: String,
        state: String,
        /// Live sessions.
        sessions: i64,
        /// Who set the password last.
        set_by: String,
        /// When, microseconds since 1970 UTC.
        #[serde(skip)]
        set_at: i64,
        /// Whether wrong passwords make the user wait now.
        waits: bool,
    }
}

row! {
    struct StoredUser { id: i64, name: String, role: String, bank: String, area: String }
}

impl StoredUser {
    fn principal(self) -> Result<Principal, LedgerError> {
        let StoredUser { id, name, role, bank, area } = self;
        let role = Role::of(&role).ok_or_else(|| LedgerError::Shape(format!("role of the user {name}")))?;
        Ok(Principal { user: id, name, role, scope: Scope { bank, area } })
    }
}

impl Ledger {
    /// Whether there are users: until then any name acts.
    pub async fn has_users(&self) -> Result<bool, LedgerError> {
        Ok(self.read().await?.number("SELECT count(*) FROM users", args![]).await? > 0)
    }

    /// Every user, by name, as of an instant.
    pub async fn users(&self, now: Timestamp) -> Result<Vec<UserRecord>, LedgerError> {
        let now = now.as_microsecond();
        self.read()
            .await?
            .rows(
                "SELECT u.name, u.role, u.bank, u.area, u.state,
                    (SELECT count(*) FROM session s WHERE s.user_id = u.id AND s.until > $1) AS sessions, u.set_by, u.set_at,
                    CASE WHEN u.wait_until > $1 THEN TRUE ELSE FALSE END AS waits
                 FROM users u ORDER BY u.name",
                args![now],
            )
            .await
    }

    /// Adds a user. The first one is added by nobody, and administers everything.
    pub async fn add_user(&self, new: &NewUser, why: Stamp<'_>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let made_by = tx.user().unwrap_or(0);
        let id = tx
            .run_returning::<(i64,)>(
                "INSERT INTO users (name, role, bank, area, state, verifier, set_by, set_at, made_by)
                 VALUES ($1, $2, $3, $4, 'enabled', $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id",
                args![
                    &new.name,
                    new.role.code(),
                    &new.scope.bank,
                    &new.scope.area,
                    &new.verifier,
                    why.actor,
                    why.at,
                    made_by
                ],
            )
            .await?;
        let Some((id,)) = id.first() else { return Err(LedgerError::UserExists) };
        write_move(&mut tx, *id, transition!(USER, "" => "enabled"), why).await?;
        tx.commit().await
    }

    /// Disables or enables a user. Disabled, every session ends at once.
    pub async fn move_user(&self, name: &str, to: &'static str, why: Stamp<'_>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let id = find(&mut tx, name).await?;
        let from = if to == "disabled" { "enabled" } else { "disabled" };
        // On PostgreSQL two administrators who disable each other queue here.
        tx.run("UPDATE users SET tries = tries WHERE role = 'administrator'", args![]).await?;
        tx.run("UPDATE users SET tries = 0, wait_until = 0 WHERE id = $1", args![id]).await?;
        if to == "disabled" {
            tx.run("DELETE FROM session WHERE user_id = $1", args![id]).await?;
        }
        move_one(&mut tx, id, Transition::between(&USER, from, to)?, Along::default(), why).await?;
        if administrators(&mut tx).await? == 0 {
            return Err(LedgerError::LastAdministrator);
        }
        tx.commit().await
    }

    /// Sets what a user knows; every session of theirs ends.
    pub async fn set_verifier(&self, name: &str, verifier: &str, why: Stamp<'_>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let id = find(&mut tx, name).await?;
        tx.run(
            "UPDATE users SET verifier = $2, set_by = $3, set_at = $4, tries = 0, wait_until = 0 WHERE id = $1",
            args![id, verifier, why.actor, why.at],
        )
        .await?;
        tx.run("DELETE FROM session WHERE user_id = $1", args![id]).await?;
        tx.commit().await
    }

    /// Takes one try of a login: what the password must open. Counted before it is compared, so that
    /// many at once count as many. `None`: no such user, disabled, or one who waits.
    pub async fn take_try(&self, name: &str, now: Timestamp) -> Result<Option<(i64, String)>, LedgerError> {
        let wait = LOGIN_WAIT_MINUTES * 60_000_000;
        let mut tx = self.begin().await?;
        let taken = tx
            .run_returning::<(i64, String)>(
                "UPDATE users SET tries = tries + 1, wait_until = CASE WHEN tries + 1 >= $3 THEN $2 + $4 ELSE wait_until END
                 WHERE name = $1 AND state = 'enabled' AND wait_until <= $2 RETURNING id, verifier",
                args![name, now, LOGIN_TRIES, wait],
            )
            .await?;
        tx.commit().await?;
        Ok(taken.into_iter().next())
    }

    /// The password was right: no wrong try counts any more.
    pub async fn forget_tries(&self, user: i64) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.run("UPDATE users SET tries = 0, wait_until = 0 WHERE id = $1", args![user]).await?;
        tx.commit().await
    }

    /// Opens a session for the holder of a token of this digest.
    pub async fn open_session(&self, user: i64, token: &[u8], now: Timestamp) -> Result<(), LedgerError> {
        let until = now.as_microsecond() + SESSION_HOURS * 3_600_000_000;
        let mut tx = self.begin().await?;
        tx.run("DELETE FROM session WHERE until <= $1", args![now]).await?;
        tx.run("INSERT INTO session (token, user_id, until) VALUES ($1, $2, $3)", args![token, user, until]).await?;
        tx.commit().await
    }

    /// Ends the session of a token.
    pub async fn end_session(&self, token: &[u8]) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.run("DELETE FROM session WHERE token = $1", args![token]).await?;
        tx.commit().await
    }

    /// The enabled user a live session belongs to.
    pub async fn session(&self, token: &[u8], now: Timestamp) -> Result<Option<Principal>, LedgerError> {
        let row = self
            .read()
            .await?
            .row::<StoredUser>(
                "SELECT u.id, u.name, u.role, u.bank, u.area FROM session s JOIN users u ON u.id = s.user_id
                 WHERE s.token = $1 AND s.until > $2 AND u.state = 'enabled'",
                args![token, now],
            )
            .await?;
        row.map(StoredUser::principal).transpose()
    }

    /// The enabled user of a name.
    pub async fn enabled_user(&self, name: &str) -> Result<Option<Principal>, LedgerError> {
        let sql = "SELECT id, name, role, bank, area FROM users WHERE name = $1 AND state = 'enabled'";
        self.read().await?.row::<StoredUser>(sql, args![name]).await?.map(StoredUser::principal).transpose()
    }
}

async fn find(tx: &mut Tx, name: &str) -> Result<i64, LedgerError> {
    let row = tx.row::<(i64,)>("SELECT id FROM users WHERE name = $1", args![name]).await?;
    row.map(|(id,)| id).ok_or(LedgerError::NoUser)
}

/// Users who can still add and disable users.
async fn administrators(tx: &mut Tx) -> Result<i64, LedgerError> {
    tx.number(
        "SELECT count(*) FROM users WHERE role = 'administrator' AND bank = '' AND area = '' AND state = 'enabled'",
        args![],
    )
    .await
}
