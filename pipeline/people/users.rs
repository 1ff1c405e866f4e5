//! Users: who they are, what they know, and who is logged in.
//!
//! Invariants: a name has one role and one scope forever; a session ends with what its user was; somebody
//! always remains who can add users. Nothing here sees a password, only what argon2id makes of it.

use cardline_core::domain::staff::{Role, Scope};
use cardline_core::state_machines::USER;
use jiff::Timestamp;

use super::tries::{Place, forget_places, forget_strangers, forget_tries, know};
use crate::limits::SESSION_HOURS;
use crate::store::row_macs::catalog;
use crate::store::stored_user::{SESSION, held_digest, stored_user};
use crate::store::transition::{Along, Transition, move_one, write_move};
use crate::store::{Ledger, LedgerError, Principal, Stamp, Tx};
use crate::{args, row, transition};

/// A user to be added.
pub struct NewUser {
    pub name: String,
    pub role: Role,
    pub scope: Scope,
    /// What argon2id made of the password, or what is stored of a first link or a service's credential.
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
        /// Whether wrong passwords make somebody wait who says to be this user.
        waits: bool,
        /// Whether they chose no password yet: a first link was made for them.
        #[serde(skip)]
        invited: bool,
    }
}

impl Ledger {
    /// Whether there are users: until then any name acts. Where the history tells of some, there are, whoever deleted
    /// their rows.
    pub async fn has_users(&self) -> Result<bool, LedgerError> {
        let sql = "SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM (SELECT 1 FROM move WHERE scope = 'user' LIMIT 1) m)";
        Ok(self.read().await?.number(sql, args![]).await? > 0)
    }

    /// Every user, by name, as of an instant.
    pub async fn users(&self, now: Timestamp) -> Result<Vec<UserRecord>, LedgerError> {
        let now = now.as_microsecond();
        self.read()
            .await?
            .rows(
                "SELECT u.name, u.role, u.bank, u.area, u.state,
                    (SELECT count(*) FROM session s WHERE s.user_id = u.id AND s.until > $1) AS sessions, u.set_by, u.set_at,
                    EXISTS (SELECT 1 FROM login l WHERE l.user_id = u.id AND l.next_at > $1) AS waits,
                    u.verifier LIKE 'first-link %' AS invited
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
        tx.cover_one(&catalog::USERS, *id).await?;
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
        forget_tries(&mut tx, id).await?;
        if to == "disabled" {
            end_proofs(&mut tx, id).await?;
        }
        let stands = tx.stands(&catalog::USERS, id).await?;
        if !stands && to == "enabled" {
            return Err(LedgerError::ChangedRow { table: catalog::USERS.table, id });
        }
        move_one(&mut tx, id, Transition::between(&USER, from, to)?, Along::default(), why).await?;
        // One that was changed by SQL can be disabled, and stays named.
        if stands {
            tx.cover_one(&catalog::USERS, id).await?;
        }
        if administrators(&mut tx).await? == 0 {
            return Err(LedgerError::LastAdministrator);
        }
        tx.commit().await
    }

    /// Sets what a user knows, at a place where the user is known from then on, and nowhere else; every session
    /// of theirs ends.
    pub async fn set_verifier(
        &self,
        name: &str,
        verifier: &str,
        place: &Place,
        why: Stamp<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let id = find(&mut tx, name).await?;
        tx.trust(&catalog::USERS, id).await?;
        tx.run(
            "UPDATE users SET verifier = $2, set_by = $3, set_at = $4 WHERE id = $1",
            args![id, verifier, why.actor, why.at],
        )
        .await?;
        tx.cover_one(&catalog::USERS, id).await?;
        end_proofs(&mut tx, id).await?;
        forget_places(&mut tx, id).await?;
        know(&mut tx, id, place, why.at).await?;
        tx.commit().await
    }

    /// A user was added at a place, and is known there from then on.
    pub async fn know_place(&self, name: &str, place: &Place, now: Timestamp) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let id = find(&mut tx, name).await?;
        know(&mut tx, id, place, now).await?;
        tx.commit().await
    }

    /// Wrong passwords make nobody wait any more who says to be this user.
    pub async fn unlock_user(&self, name: &str, why: Stamp<'_>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let id = find(&mut tx, name).await?;
        forget_tries(&mut tx, id).await?;
        let unlocked = transition!(USER, "enabled" => "enabled");
        move_one(&mut tx, id, unlocked, Along::default(), why).await?;
        tx.commit().await
    }

    /// Opens a session of a user, who holds a token of this digest.
    pub async fn open_session(&self, user: &Principal, token: &[u8], now: Timestamp) -> Result<(), LedgerError> {
        let until = now.as_microsecond() + SESSION_HOURS * 3_600_000_000;
        let mut tx = self.begin().await?;
        tx.run("DELETE FROM session WHERE until <= $1", args![now]).await?;
        forget_strangers(&mut tx, now).await?;
        let opened_for = tx.row_key().map(|key| held_digest(&key, SESSION, token, user, until));
        tx.run(
            "INSERT INTO session (token, user_id, until, opened_for) VALUES ($1, $2, $3, $4)",
            args![token, user.user, until, opened_for],
        )
        .await?;
        tx.commit().await
    }

    /// Ends everybody's sessions and tokens.
    pub async fn end_sessions(&self) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.run("DELETE FROM session", args![]).await?;
        tx.run("DELETE FROM api_token", args![]).await?;
        tx.commit().await
    }

    /// Ends the session of a token.
    pub async fn end_session(&self, token: &[u8]) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.run("DELETE FROM session WHERE token = $1", args![token]).await?;
        tx.commit().await
    }

    /// The enabled user a live session belongs to, if they are who they were when it began.
    pub async fn session(&self, token: &[u8], now: Timestamp) -> Result<Option<Principal>, LedgerError> {
        self.read().await?.user_of_session(token, now).await
    }

    /// The enabled user of a name.
    pub async fn enabled_user(&self, name: &str) -> Result<Option<Principal>, LedgerError> {
        let found = stored_user(&mut self.read().await?, name).await?;
        found.filter(|user| user.state == "enabled").map(|user| user.principal(self.row_key())).transpose()
    }
}

/// What proves a user ends: sessions and tokens.
pub(super) async fn end_proofs(tx: &mut Tx, user: i64) -> Result<(), LedgerError> {
    tx.run("DELETE FROM session WHERE user_id = $1", args![user]).await?;
    tx.run("DELETE FROM api_token WHERE user_id = $1", args![user]).await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, name: &str) -> Result<i64, LedgerError> {
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
