//! API tokens: what a program holds to act as a user, without a password and for many days.
//!
//! Invariants: a token is random, shown once, and only its digest is stored, in a row that bears a keyed digest of its
//! token, user and end, as a session's does; it has the role and the scope of its user, and ends with what the user
//! was: disabled, or with another password. Not here: who may make one (`permits.rs`), and how it is sent.

use cardline_core::domain::staff::Role;
use cardline_core::state_machines::USER;
use jiff::Timestamp;
use serde::Serialize;

use super::sessions::{LoginError, LoginRefusal, Token, confirmed};
use crate::limits::TOKEN_USE_NOTED_SECONDS;
use crate::store::stored_user::{TOKEN, held_digest};
use crate::store::transition::{Along, move_one};
use crate::store::{Ledger, LedgerError, Principal, Stamp};
use crate::time::rfc3339_stored;
use crate::{args, row, transition};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// A token that was made: its text is shown now and never again.
pub struct MadeToken {
    pub id: i64,
    pub token: Token,
    pub until: Timestamp,
}

/// A token as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedToken {
    pub id: i64,
    pub name: String,
    pub made: String,
    pub made_by: String,
    pub expires: String,
    /// To the hour; none where it was never used.
    pub last_used: Option<String>,
    /// Whether it still proves its user.
    pub works: bool,
}

row! {
    struct StoredToken {
        id: i64, name: String, made_at: i64, made_by: String, until: i64, used_at: Option<i64>, digest: Vec<u8>,
    }
}

/// Why no token was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenRefusal {
    /// No enabled user has this name.
    NoUser,
    /// A service has its credential, and does nothing but run steps.
    Service,
}

/// Makes a token of a user, who holds it for so many days; recorded in the user's history.
pub async fn make(
    ledger: &Ledger,
    name: &str,
    days: u32,
    why: Stamp<'_>,
) -> Result<Result<MadeToken, TokenRefusal>, LedgerError> {
    let Some(user) = ledger.enabled_user(name).await? else { return Ok(Err(TokenRefusal::NoUser)) };
    if user.role == Role::Service {
        return Ok(Err(TokenRefusal::Service));
    }
    let token = Token::random();
    let until = why.at.as_microsecond() + i64::from(days) * DAY;
    let id = ledger.keep_token(&user, &token.digest(), until, why).await?;
    Ok(Ok(MadeToken { id, token, until: Timestamp::from_microsecond(until).unwrap_or(Timestamp::MAX) }))
}

/// The enabled user a token proves, as the user is now.
pub async fn by_token(ledger: &Ledger, text: &str) -> Result<Principal, LoginError> {
    let now = ledger.clock().await?;
    let digest = Token::kept(text.to_owned()).digest();
    let Some(principal) = ledger.token_user(&digest, now).await? else {
        return Err(LoginError::Refused(LoginRefusal::SessionEnded));
    };
    confirmed(ledger, principal).await
}

impl Ledger {
    /// Keeps a token of a user; those that have ended are forgotten.
    async fn keep_token(
        &self,
        user: &Principal,
        digest: &[u8],
        until: i64,
        why: Stamp<'_>,
    ) -> Result<i64, LedgerError> {
        let mut tx = self.begin().await?;
        let Some(key) = tx.row_key() else { return Err(LedgerError::NoKeys) };
        tx.run("DELETE FROM api_token WHERE until <= $1", args![why.at]).await?;
        let id = tx
            .run_returning::<(i64,)>(
                "INSERT INTO api_token (user_id, token, made_at, made_by, until, opened_for) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
                args![user.user, digest, why.at, why.actor, until, held_digest(&key, TOKEN, digest, user, until)],
            )
            .await?;
        let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("token id".into()))?;
        let noted = transition!(USER, "enabled" => "enabled");
        move_one(&mut tx, user.user, noted, Along::default(), Stamp { reason: "a token was made", ..why }).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The tokens of a user, or of all, the newest last.
    pub async fn tokens(&self, name: Option<&str>, now: Timestamp) -> Result<Vec<ListedToken>, LedgerError> {
        let mut tx = self.read().await?;
        let stored = tx
            .rows::<StoredToken>(
                "SELECT t.id, u.name, t.made_at, t.made_by, t.until, t.used_at, t.token AS digest FROM api_token t JOIN users u ON u.id = t.user_id
                 WHERE u.name = $1 OR $1 IS NULL ORDER BY t.id",
                args![name.map(str::to_owned)],
            )
            .await?;
        let mut listed = Vec::new();
        for token in stored {
            let works = matches!(tx.user_of_token(&token.digest, now).await, Ok(Some(_)));
            listed.push(ListedToken {
                id: token.id,
                name: token.name,
                made: rfc3339_stored(token.made_at),
                made_by: token.made_by,
                expires: rfc3339_stored(token.until),
                last_used: token.used_at.map(rfc3339_stored),
                works,
            });
        }
        Ok(listed)
    }

    /// Ends a token, of a user where one is named; false: there is none.
    pub async fn revoke_token(&self, id: i64, of: Option<&str>, why: Stamp<'_>) -> Result<bool, LedgerError> {
        let mut tx = self.begin().await?;
        let found = tx
            .run_returning::<(i64,)>(
                "DELETE FROM api_token WHERE id = $1 AND user_id IN (SELECT id FROM users WHERE name = $2 OR $2 IS NULL) RETURNING user_id",
                args![id, of.map(str::to_owned)],
            )
            .await?;
        let Some((user,)) = found.first() else { return Ok(false) };
        let enabled = tx.number("SELECT count(*) FROM users WHERE id = $1 AND state = 'enabled'", args![*user]).await?;
        if enabled > 0 {
            let noted = transition!(USER, "enabled" => "enabled");
            let why = Stamp { reason: "a token was revoked", ..why };
            move_one(&mut tx, *user, noted, Along::default(), why).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// The enabled user of a live token, if they are who they were when it was made. That it was used is noted now
    /// and then, so that a request does not write.
    async fn token_user(&self, digest: &[u8], now: Timestamp) -> Result<Option<Principal>, LedgerError> {
        let mut tx = self.read().await?;
        let found = tx.user_of_token(digest, now).await?;
        let before = now.as_microsecond() - TOKEN_USE_NOTED_SECONDS * 1_000_000;
        let sql = "SELECT count(*) FROM api_token WHERE token = $1 AND COALESCE(used_at, 0) < $2";
        let is_due = found.is_some() && tx.number(sql, args![digest, before]).await? > 0;
        drop(tx);
        if is_due {
            let mut tx = self.begin().await?;
            tx.run("UPDATE api_token SET used_at = $2 WHERE token = $1", args![digest, now]).await?;
            tx.commit().await?;
        }
        Ok(found)
    }
}
