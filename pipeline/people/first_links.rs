//! First links: how somebody who was added gets in without a password that another person knows. Whoever opens the link
//! in its time chooses the password.
//!
//! Invariants: a link is random, good for half an hour and once; only its digest is stored, in the place of what
//! argon2id makes of a password, in the user's covered row. So a link ends when it is used, when another one is made,
//! when the password is set, and when the user is disabled; and no password opens it. Not here: who may make one
//! (`permits.rs`), and the link of the first user of all, which no ledger knows.

use cardline_core::domain::staff::Role;
use cardline_core::state_machines::USER;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::sessions::Token;
use super::tries::{Place, forget_places, forget_tries, know};
use super::users::{end_proofs, find};
use crate::hex::hex;
use crate::store::row_macs::catalog;
use crate::store::stored_user::stored_user;
use crate::store::transition::{Along, move_one};
use crate::store::{Ledger, LedgerError, Principal, Stamp};
use crate::{args, transition};

/// What begins the verifier of a user who has a link (`Ledger::users` looks for it); argon2id's begin with `$`.
const BEGINS: &str = "first-link";

/// How long a link is good: as long as that of the first user.
const FIRST_LINK_MINUTES: i64 = 30;

/// What stands between a user's name and the token; in no name.
const BETWEEN: char = '~';

/// A link that was made: its text is shown now and never again.
pub struct FirstLink {
    /// The last part of the link.
    pub text: String,
    /// What is stored of it.
    pub verifier: String,
    pub until: Timestamp,
}

impl FirstLink {
    /// A link of a user, from now on.
    pub fn of(name: &str, now: Timestamp) -> FirstLink {
        let token = Token::random();
        let until = now.as_microsecond() + FIRST_LINK_MINUTES * 60_000_000;
        FirstLink {
            text: format!("{name}{BETWEEN}{}", token.text()),
            verifier: format!("{BEGINS} {until} {}", digest(token.text())),
            until: Timestamp::from_microsecond(until).unwrap_or(now),
        }
    }
}

fn digest(token: &str) -> String {
    hex(&Sha256::digest(token))
}

/// Whether a verifier is that of a link which is good now and has this token.
fn opens(verifier: &str, token: &str, now: Timestamp) -> bool {
    let mut parts = verifier.split(' ');
    let (Some(BEGINS), Some(until), Some(kept), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    until.parse::<i64>().is_ok_and(|until| until > now.as_microsecond()) && digest(token) == kept
}

impl Ledger {
    /// The name of the enabled user whose link this is, while it is good. After a restore none is: it may have been
    /// used in the history that is gone.
    pub async fn user_of_link(&self, link: &str, now: Timestamp) -> Result<Option<String>, LedgerError> {
        let Some((name, token)) = link.split_once(BETWEEN) else { return Ok(None) };
        if self.open_restore().await?.is_some() {
            return Ok(None);
        }
        let Some(user) = stored_user(&mut self.read().await?, name).await? else { return Ok(None) };
        Ok((user.state == "enabled" && opens(&user.verifier, token, now)).then_some(user.name))
    }

    /// Spends a link: the user has this verifier of a password from now on, and is known at this place. `None`: the
    /// link is not good, or somebody else was first.
    pub async fn spend_link(
        &self,
        link: &str,
        verifier: &str,
        place: &Place,
        now: Timestamp,
    ) -> Result<Option<Principal>, LedgerError> {
        let Some((name, token)) = link.split_once(BETWEEN) else { return Ok(None) };
        let mut tx = self.begin().await?;
        let Some(user) = stored_user(&mut tx, name).await? else { return Ok(None) };
        if user.state != "enabled" || !opens(&user.verifier, token, now) {
            return Ok(None);
        }
        let (id, kept) = (user.id, user.verifier.clone());
        // Only a row that stands as it was written is covered again.
        user.principal(tx.row_key().as_ref())?;
        let sql = "UPDATE users SET verifier = $3, set_by = $4, set_at = $5 WHERE id = $1 AND verifier = $2";
        if tx.run(sql, args![id, kept, verifier, name, now]).await? == 0 {
            return Ok(None);
        }
        tx.cover_one(&catalog::USERS, id).await?;
        forget_tries(&mut tx, id).await?;
        know(&mut tx, id, place, now).await?;
        tx.commit().await?;
        self.enabled_user(name).await
    }

    /// Gives an enabled user a link in the place of what they knew; sessions, tokens and known places end. Recorded in
    /// the user's history. A service has its credential, and gets none.
    pub async fn give_link(&self, name: &str, link: &FirstLink, why: Stamp<'_>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let id = find(&mut tx, name).await?;
        tx.trust(&catalog::USERS, id).await?;
        let sql = "UPDATE users SET verifier = $2, set_by = $3, set_at = $4 WHERE id = $1 AND role <> $5";
        if tx.run(sql, args![id, &link.verifier, why.actor, why.at, Role::Service.code()]).await? == 0 {
            return Err(LedgerError::NoUser);
        }
        tx.cover_one(&catalog::USERS, id).await?;
        end_proofs(&mut tx, id).await?;
        forget_places(&mut tx, id).await?;
        let why = Stamp { reason: "a first link was made", ..why };
        move_one(&mut tx, id, transition!(USER, "enabled" => "enabled"), Along::default(), why).await?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::passwords::Password;

    #[test]
    fn only_its_own_token_opens_a_link_and_only_in_its_time() {
        let now = Timestamp::UNIX_EPOCH;
        let after = |minutes: i64| now + jiff::SignedDuration::from_mins(minutes);
        let (link, other) = (FirstLink::of("lin", now), FirstLink::of("lin", now));
        let token = |link: &FirstLink| link.text.split_once(BETWEEN).unwrap().1.to_owned();
        assert!(opens(&link.verifier, &token(&link), after(FIRST_LINK_MINUTES - 1)));
        assert!(!opens(&link.verifier, &token(&link), after(FIRST_LINK_MINUTES)));
        assert!(!opens(&link.verifier, &token(&other), now) && !opens(&link.verifier, "", now));
        for verifier in ["", "first-link", "$argon2id$v=19", "first-link x y", "first-link 9 y z"] {
            assert!(!opens(verifier, "y", now), "{verifier}");
        }
        assert!(!link.verifier.contains(&token(&link)));
        assert!(!Password::typed(&token(&link)).opens(Some(&link.verifier)));
    }
}
