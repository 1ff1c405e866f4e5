//! How often a password may be tried: by user and by the place it comes from.
//!
//! Invariants: a try is taken before the password is compared, so that many at once count as many, and given back
//! when it was right; a wait grows with every wrong try, up to a bound; where a user is known (the password was set
//! or given there before), tries from elsewhere delay nobody; a name that nobody has waits as others do. Not here:
//! the comparison (`sessions.rs`).

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::hex::hex;
use crate::limits::{
    LOGIN_FORGET_HOURS, LOGIN_KNOWN_DAYS, LOGIN_SHADOWS, LOGIN_TRIES, LOGIN_TRIES_OF_STRANGERS,
    LOGIN_WAIT_KNOWN_SECONDS, LOGIN_WAIT_SECONDS,
};
use crate::store::stored_user::{StoredUser, stored_user};
use crate::store::{Ledger, LedgerError, Tx};
use crate::{args, row};

const SECOND: i64 = 1_000_000;

/// All places together where a user is not known.
const STRANGERS: &str = "";

/// Where a password comes from: an account of a machine, an address of the network. Only its digest is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place(String);

impl Place {
    /// The place of this description, which nobody at another place can give.
    pub fn of(description: &str) -> Place {
        Place(hex(&Sha256::digest(description)))
    }
}

/// Whether a password may be compared now.
pub enum Try {
    Taken(TakenTry),
    /// Not before this instant, unless a right password comes from there meanwhile.
    Wait {
        until: Timestamp,
    },
}

/// A try that counts as wrong until it is given back.
pub struct TakenTry {
    key: i64,
    place: Place,
    known: bool,
    /// The enabled user of the name.
    pub user: Option<Box<StoredUser>>,
}

/// How waits grow.
struct Pace {
    free: i64,
    longest_seconds: i64,
}

const KNOWN: Pace = Pace { free: LOGIN_TRIES, longest_seconds: LOGIN_WAIT_KNOWN_SECONDS };
const UNKNOWN: Pace = Pace { free: LOGIN_TRIES, longest_seconds: LOGIN_WAIT_SECONDS };
const ALL_UNKNOWN: Pace = Pace { free: LOGIN_TRIES_OF_STRANGERS, longest_seconds: LOGIN_WAIT_SECONDS };

impl Pace {
    /// The wait after this many tries in a row: one second, and twice as long after each further one.
    fn wait(&self, tries: i64) -> i64 {
        if tries < self.free {
            return 0;
        }
        let doubled = u32::try_from(tries - self.free).ok().and_then(|n| 1_i64.checked_shl(n.min(40)));
        doubled.unwrap_or(i64::MAX).min(self.longest_seconds) * SECOND
    }
}

row! {
    struct Counted { place: String, tries: i64, next_at: i64, known_until: i64 }
}

impl Counted {
    fn tries_at(&self, now: i64) -> i64 {
        if self.next_at <= forgotten_before(now) { 0 } else { self.tries }
    }
}

fn forgotten_before(now: i64) -> i64 {
    now - LOGIN_FORGET_HOURS * 3600 * SECOND
}

/// The rows a try from a place counts on, and whether the user is known there.
fn counted<'a>(rows: &'a [Counted], place: &Place, now: i64) -> (Vec<(&'a Counted, Pace)>, bool) {
    let of = |place: &str| rows.iter().find(|row| row.place == place);
    let own = of(&place.0);
    let known = own.is_some_and(|row| row.known_until > now);
    let own = own.map(|row| (row, if known { KNOWN } else { UNKNOWN }));
    let all = of(STRANGERS).filter(|_| !known).map(|row| (row, ALL_UNKNOWN));
    (own.into_iter().chain(all).collect(), known)
}

/// Names that nobody has wait, too: nobody learns which those are.
fn shadow(name: &str) -> i64 {
    -1 - i64::from(Sha256::digest(name)[0]) % LOGIN_SHADOWS
}

impl Ledger {
    /// Whether logins of this version are kept here: a database of the version before lacks what covers users.
    pub async fn keeps_logins(&self) -> Result<bool, LedgerError> {
        self.read().await?.has_table("rows_covered").await
    }

    /// Takes a try at the password of a name from a place, if one is free now.
    pub async fn take_try(&self, name: &str, place: &Place, now: Timestamp) -> Result<Try, LedgerError> {
        let at = now.as_microsecond();
        // Who only waits writes nothing.
        let mut look = self.read().await?;
        let (key, _) = who(&mut look, name).await?;
        let rows = look
            .rows::<Counted>(
                "SELECT place, tries, next_at, known_until FROM login WHERE user_id = $1 AND place IN ('', $2)",
                args![key, &place.0],
            )
            .await?;
        look.roll_back().await?;
        if let Some(until) = wait(&counted(&rows, place, at).0, at) {
            return Ok(Try::Wait { until });
        }
        let mut tx = self.begin().await?;
        let (key, user) = who(&mut tx, name).await?;
        let mut rows = Vec::new();
        // Two who try at once queue here, always in this order.
        for of in [STRANGERS, &place.0] {
            rows.extend(
                tx.run_returning::<Counted>(
                    "INSERT INTO login (user_id, place) VALUES ($1, $2) ON CONFLICT (user_id, place) DO UPDATE SET tries = login.tries
                     RETURNING place, tries, next_at, known_until",
                    args![key, of],
                )
                .await?,
            );
        }
        let (counted, known) = counted(&rows, place, at);
        if let Some(until) = wait(&counted, at) {
            return Ok(Try::Wait { until });
        }
        for (row, pace) in counted {
            let tries = row.tries_at(at) + 1;
            tx.run(
                "UPDATE login SET tries = $3, next_at = $4 WHERE user_id = $1 AND place = $2",
                args![key, &row.place, tries, at + pace.wait(tries)],
            )
            .await?;
        }
        tx.commit().await?;
        Ok(Try::Taken(TakenTry { key, place: place.clone(), known, user }))
    }

    /// Gives a try back whose password was right: its user is known at the place from now on.
    pub async fn give_try_back(&self, taken: &TakenTry, now: Timestamp) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        if !taken.known {
            // Others may be guessing elsewhere: only this try was none of theirs.
            tx.run(
                "UPDATE login SET tries = CASE WHEN tries > 0 THEN tries - 1 ELSE 0 END,
                    next_at = CASE WHEN tries <= $2 THEN $3 ELSE next_at END WHERE user_id = $1 AND place = ''",
                args![taken.key, LOGIN_TRIES_OF_STRANGERS, now],
            )
            .await?;
        }
        know(&mut tx, taken.key, &taken.place, now).await?;
        tx.commit().await
    }
}

/// A user is known at a place, and no wrong try counts there.
pub(super) async fn know(tx: &mut Tx, user: i64, place: &Place, now: Timestamp) -> Result<(), LedgerError> {
    let until = now.as_microsecond() + LOGIN_KNOWN_DAYS * 24 * 3600 * SECOND;
    tx.run(
        "INSERT INTO login (user_id, place, known_until) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, place) DO UPDATE SET tries = 0, next_at = 0, known_until = excluded.known_until",
        args![user, &place.0, until],
    )
    .await?;
    Ok(())
}

/// No wrong try counts any more, wherever it came from.
pub(super) async fn forget_tries(tx: &mut Tx, user: i64) -> Result<(), LedgerError> {
    tx.run("UPDATE login SET tries = 0, next_at = 0 WHERE user_id = $1", args![user]).await?;
    Ok(())
}

/// The user is known nowhere.
pub(super) async fn forget_places(tx: &mut Tx, user: i64) -> Result<(), LedgerError> {
    tx.run("DELETE FROM login WHERE user_id = $1", args![user]).await?;
    Ok(())
}

/// Rows of places where nobody is known and nothing was tried for long.
pub(super) async fn forget_strangers(tx: &mut Tx, now: Timestamp) -> Result<(), LedgerError> {
    let at = now.as_microsecond();
    tx.run("DELETE FROM login WHERE known_until <= $1 AND next_at <= $2", args![at, forgotten_before(at)]).await?;
    Ok(())
}

/// The key a name's tries count under, and its enabled user.
async fn who(tx: &mut Tx, name: &str) -> Result<(i64, Option<Box<StoredUser>>), LedgerError> {
    let Some(found) = stored_user(tx, name).await? else { return Ok((shadow(name), None)) };
    Ok((found.id, Some(Box::new(found)).filter(|user| user.state == "enabled")))
}

fn wait(counted: &[(&Counted, Pace)], at: i64) -> Option<Timestamp> {
    // A wait beyond its bound was written by a clock that was wrong.
    let waits = |row: &Counted, pace: &Pace| (1..=pace.longest_seconds * SECOND).contains(&(row.next_at - at));
    let until = counted.iter().filter(|(row, pace)| waits(row, pace)).map(|(row, _)| row.next_at).max()?;
    Timestamp::from_microsecond(until).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_wrong_locks_nobody_out() {
        let row = |next_at| Counted { place: "x".into(), tries: 9, next_at, known_until: 0 };
        let waits = |next_at| wait(&[(&row(next_at), UNKNOWN)], 0).is_some();
        assert_eq!([0, 1, 900 * SECOND, 901 * SECOND, i64::MAX / 2].map(waits), [false, true, true, false, false]);
    }

    #[test]
    fn waits_grow_up_to_their_bound() {
        assert_eq!([4, 5, 6, 7, 11, 12, 999].map(|n| KNOWN.wait(n) / SECOND), [0, 1, 2, 4, 60, 60, 60]);
        assert_eq!([5, 14, 15, 999].map(|n| UNKNOWN.wait(n) / SECOND), [1, 512, 900, 900]);
        assert_eq!([49, 50, 51].map(|n| ALL_UNKNOWN.wait(n) / SECOND), [0, 1, 2]);
    }
}
