//! Who is acting: the enabled user whose password was given, or the one a live session's token belongs to.
//!
//! Invariants: a token is random, and only its digest is stored, in a row that bears a keyed digest (`stored_user.rs`);
//! whatever is wrong with a name and a password,
//! the answer is the same and takes as long. Not here: where a front end keeps the token, and how it asks for a
//! password.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::passwords::{self, Password};
use super::permits::{self, Permission};
use super::tries::{Place, Try};
use crate::hex::hex;
use crate::limits::{LOGIN_ASKS_AGAIN_MILLISECONDS, LOGIN_PATIENCE_SECONDS};
use crate::store::schema::Schema;
use crate::store::{Ledger, LedgerError, Principal};

/// Bytes of a token before it is written as hex.
const TOKEN_BYTES: usize = 32;

/// The migration that brought users.
const USERS: i64 = 3;

/// What proves a session. It has neither `Debug` nor `Display`.
pub struct Token(String);

impl Token {
    /// A new one, that nobody can guess.
    pub fn random() -> Token {
        let mut bytes = [0_u8; TOKEN_BYTES];
        rand::fill(&mut bytes);
        Token(hex(&bytes))
    }

    /// One as its holder kept it.
    pub fn kept(text: String) -> Token {
        Token(text)
    }

    /// As its holder keeps it.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether this text is it, asked in a time that does not tell how much of it is right.
    pub fn is(&self, text: &str) -> bool {
        Sha256::digest(&self.0) == Sha256::digest(text)
    }

    pub(super) fn digest(&self) -> Vec<u8> {
        Sha256::digest(&self.0).to_vec()
    }
}

/// Why nobody was recognised.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoginRefusal {
    /// No enabled user has this name and this password.
    WrongPassword,
    /// Too many passwords were wrong: nobody may try this name from there before this instant.
    Waits { until: Timestamp },
    /// The session has ended.
    SessionEnded,
    /// The database was restored, and this user is no administrator who could confirm the others.
    Restored { user: String },
    /// The session is another user's than the one named.
    OtherUser { user: String },
}

/// Why nobody was recognised, or what failed meanwhile.
#[derive(Debug)]
pub enum LoginError {
    Refused(LoginRefusal),
    Failed(LedgerError),
}

impl From<LedgerError> for LoginError {
    fn from(error: LedgerError) -> LoginError {
        LoginError::Failed(error)
    }
}

/// Whether everybody must prove who they are: there are users. It leaves the schema as it is.
pub async fn are_needed(ledger: &Ledger) -> Result<bool, LedgerError> {
    let pending = ledger.schema_state(&Schema::built_in()).await?.pending;
    Ok(!pending.iter().any(|named| named.migration == USERS) && ledger.has_users().await?)
}

/// The enabled user whose password this is. One who must wait for a turn waits here, for a while.
pub async fn by_password(
    ledger: &Ledger,
    name: &str,
    password: &Password,
    place: &Place,
) -> Result<Principal, LoginError> {
    let mut now = ledger.clock().await?;
    let patience = now + SignedDuration::from_secs(LOGIN_PATIENCE_SECONDS);
    loop {
        let tried = try_password(ledger, name, password, place, now).await;
        let Err(LoginError::Refused(LoginRefusal::Waits { until })) = tried else { return tried };
        if until > patience {
            return tried;
        }
        // Somebody else's right password may end the wait before its time.
        let left = until.duration_since(now).unsigned_abs();
        tokio::time::sleep(left.min(Duration::from_millis(LOGIN_ASKS_AGAIN_MILLISECONDS))).await;
        now = ledger.clock().await?;
        if now > patience {
            return tried;
        }
    }
}

/// Compares the password at once, or says until when nobody may try.
pub async fn try_password(
    ledger: &Ledger,
    name: &str,
    password: &Password,
    place: &Place,
    now: Timestamp,
) -> Result<Principal, LoginError> {
    let turn = passwords::turn().await;
    let mut taken = match ledger.take_try(name, place, now).await? {
        Try::Taken(taken) => taken,
        Try::Wait { until } => return Err(LoginError::Refused(LoginRefusal::Waits { until })),
    };
    let verifier = taken.user.as_ref().map(|user| user.verifier.as_str());
    let right = tokio::task::block_in_place(|| password.opens(verifier));
    drop(turn);
    match taken.user.take() {
        Some(user) if right => {
            ledger.give_try_back(&taken, now).await?;
            confirmed(ledger, user.principal(ledger.row_key())?).await
        }
        _ => Err(LoginError::Refused(LoginRefusal::WrongPassword)),
    }
}

/// The enabled user of a live session, who is the one named if one is named.
pub async fn by_token(
    ledger: &Ledger,
    token: &Token,
    name: Option<&str>,
    now: Timestamp,
) -> Result<Principal, LoginError> {
    let Some(principal) = ledger.session(&token.digest(), now).await? else {
        return Err(LoginError::Refused(LoginRefusal::SessionEnded));
    };
    match name {
        Some(name) if name != principal.name => {
            Err(LoginError::Refused(LoginRefusal::OtherUser { user: principal.name }))
        }
        _ => confirmed(ledger, principal).await,
    }
}

/// After a restore users are as they were once: until they are confirmed, only administrators work.
pub(super) async fn confirmed(ledger: &Ledger, principal: Principal) -> Result<Principal, LoginError> {
    let administers = permits::check(&principal, Permission::AcceptRecovery).is_ok();
    if administers || ledger.open_restore().await?.is_none() {
        return Ok(principal);
    }
    Err(LoginError::Refused(LoginRefusal::Restored { user: principal.name }))
}

/// Begins a session of a user, proved by this token from now on.
pub async fn begin(ledger: &Ledger, principal: &Principal, token: &Token, now: Timestamp) -> Result<(), LedgerError> {
    ledger.open_session(principal, &token.digest(), now).await
}

/// Ends the session of a token.
pub async fn end(ledger: &Ledger, token: &Token) -> Result<(), LedgerError> {
    ledger.end_session(&token.digest()).await
}
