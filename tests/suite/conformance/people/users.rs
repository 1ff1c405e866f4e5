//! Users on both engines: the first one, logins that end, and who cannot be disabled.

use cardline::limits::SESSION_HOURS;
use cardline::people::tries::{Place, Try};
use cardline::people::users::NewUser;
use cardline::store::{Ledger, LedgerError, Principal, Stamp};
use cardline_core::domain::staff::{Role, Scope};
use jiff::{SignedDuration, Timestamp};

use crate::conformance::arrivals::{execute, now, number};
use crate::databases::{Database, on_both_engines};
use crate::plays::broken;

on_both_engines!(
    the_first_user_is_made_once,
    a_session_ends_by_time_and_with_its_user,
    somebody_always_administers,
    a_user_changed_by_hand_is_seen,
);

/// Adds a user in the name of whoever the ledger is seen by.
pub async fn add(ledger: &Ledger, name: &str, role: Role, bank: &str, area: &str) -> Principal {
    let scope = Scope { bank: bank.into(), area: area.into() };
    let actor = ledger.viewer().map_or(name, |viewer| viewer.name.as_str()).to_owned();
    let new = NewUser { name: name.into(), role, scope, verifier: format!("verifier of {name}") };
    ledger.add_user(&new, Stamp { at: now(), actor: &actor, reason: "added" }).await.unwrap();
    ledger.enabled_user(name).await.unwrap().unwrap()
}

/// The ledger as its first administrator sees it.
pub async fn administered(ledger: &Ledger) -> Ledger {
    let boss = add(ledger, "boss", Role::Administrator, "", "").await;
    ledger.seen_by(boss)
}

fn later(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

async fn disable(ledger: &Ledger, name: &str) -> Result<(), LedgerError> {
    ledger.move_user(name, "disabled", Stamp { at: now(), actor: "boss", reason: "left" }).await
}

async fn the_first_user_is_made_once(database: Database) {
    let ledger = database.ledger().await;
    assert!(!ledger.has_users().await.unwrap());
    let first = |name: &str| NewUser {
        name: name.into(),
        role: Role::Administrator,
        scope: Scope::everything(),
        verifier: "v".into(),
    };
    let why = Stamp { at: now(), actor: "x", reason: "added" };
    let (one, two) = (first("one"), first("two"));
    let made = tokio::join!(ledger.add_user(&one, why), ledger.add_user(&two, why));
    let made = [made.0.is_ok(), made.1.is_ok()];
    assert_eq!(made.iter().filter(|made| **made).count(), 1, "nobody makes two first users: {made:?}");
    assert!(ledger.has_users().await.unwrap());
    assert!(matches!(ledger.add_user(&first("three"), why).await, Err(LedgerError::UserExists)));
    let users = ledger.users(now()).await.unwrap();
    assert_eq!((users.len(), users[0].role.as_str()), (1, "administrator"));
    let moves = number(&ledger, "SELECT count(*) FROM move WHERE life = 'user' AND to_state = 'enabled'").await;
    assert_eq!(moves, 1);
    ledger.close().await;
}

async fn a_session_ends_by_time_and_with_its_user(database: Database) {
    let ledger = administered(&database.ledger().await).await;
    let lin = add(&ledger, "lin", Role::Operator, "", "1101").await;
    let of_lin = |token: &[u8]| Some(Principal { session: Some(token.to_vec()), ..lin.clone() });
    for token in [b"one".as_slice(), b"two", b"three"] {
        ledger.open_session(&lin, token, now()).await.unwrap();
        assert_eq!(ledger.session(token, later(1)).await.unwrap(), of_lin(token));
    }
    assert_eq!(ledger.session(b"one", later(SESSION_HOURS * 60 - 1)).await.unwrap(), of_lin(b"one"));
    assert_eq!(ledger.session(b"one", later(SESSION_HOURS * 60)).await.unwrap(), None);
    assert_eq!(ledger.session(b"none", now()).await.unwrap(), None);
    ledger.end_session(b"three").await.unwrap();
    assert_eq!(ledger.session(b"three", now()).await.unwrap(), None);
    disable(&ledger, "lin").await.unwrap();
    assert_eq!(ledger.session(b"one", later(1)).await.unwrap(), None);
    let tried = ledger.take_try("lin", &Place::of("desk"), later(1)).await.unwrap();
    assert!(matches!(tried, Try::Taken(taken) if taken.user.is_none()), "no password of a disabled user is right");
    ledger.move_user("lin", "enabled", Stamp { at: now(), actor: "boss", reason: "came back" }).await.unwrap();
    assert_eq!(ledger.session(b"one", later(1)).await.unwrap(), None, "an old session does not come back");
    ledger.open_session(&lin, b"four", now()).await.unwrap();
    let why = Stamp { at: now(), actor: "boss", reason: "lost" };
    ledger.set_verifier("lin", "another", &Place::of("desk"), why).await.unwrap();
    assert_eq!(ledger.session(b"four", later(1)).await.unwrap(), None, "a new password ends sessions");
    assert!(matches!(disable(&ledger, "nobody").await, Err(LedgerError::NoUser)));
    ledger.close().await;
}

async fn somebody_always_administers(database: Database) {
    let system = database.ledger().await;
    let ledger = administered(&system).await;
    add(&ledger, "district", Role::Administrator, "", "1101").await;
    assert!(matches!(disable(&ledger, "boss").await, Err(LedgerError::LastAdministrator)));
    add(&ledger, "other", Role::Administrator, "", "").await;
    let both = tokio::join!(disable(&ledger, "boss"), disable(&ledger, "other"));
    let done = [both.0.is_ok(), both.1.is_ok()];
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "of two who disable each other one stays: {done:?}");
    let report = system.books(now(), true, None).await.unwrap();
    assert_eq!(broken(&report), Vec::<String>::new());
    ledger.close().await;
}

async fn a_user_changed_by_hand_is_seen(database: Database) {
    let ledger = administered(&database.ledger().await).await;
    add(&ledger, "lin", Role::Operator, "", "").await;
    disable(&ledger, "lin").await.unwrap();
    assert!(ledger.books(now(), true, Some(14)).await.unwrap().hold());
    execute(&ledger, "UPDATE users SET state = 'enabled' WHERE name = 'lin'").await;
    assert!(!ledger.books(now(), true, Some(14)).await.unwrap().hold());
    ledger.close().await;
}
