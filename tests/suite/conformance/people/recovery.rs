//! The last administrator comes back by the keys of the ledger, on both engines, and the books hold afterwards.

use cardline::people::passwords::Password;
use cardline::people::sessions::{self, Token};
use cardline::people::tries::Place;
use cardline::store::{Ledger, LedgerError, Principal};
use cardline_core::domain::staff::{Role, Scope};

use super::users::{add, administered};
use crate::conformance::arrivals::{execute, now, number};
use crate::databases::{Database, on_both_engines};
use crate::plays::broken;

on_both_engines!(
    nothing_is_recovered_while_an_administrator_is_there,
    the_last_administrator_comes_back,
    a_changed_administrator_comes_back_and_the_books_hold,
    where_users_were_deleted_somebody_begins_anew,
);

const PASSWORD: &str = "the old bridge at noon";

async fn recover(ledger: &Ledger, name: &str) -> Result<(), LedgerError> {
    let verifier = Password::typed(PASSWORD).verifier(name).unwrap();
    ledger.recover_administrator(name, &verifier, &Place::of("desk"), now()).await
}

async fn by_password(ledger: &Ledger, name: &str) -> Principal {
    match sessions::by_password(ledger, name, &Password::typed(PASSWORD), &Place::of("desk")).await {
        Ok(principal) => principal,
        Err(error) => panic!("{error:?}"),
    }
}

async fn broken_laws(ledger: &Ledger) -> Vec<String> {
    broken(&ledger.books(now(), true, None).await.unwrap())
}

async fn nothing_is_recovered_while_an_administrator_is_there(database: Database) {
    let system = database.ledger().await;
    let boss = administered(&system).await;
    add(&boss, "lin", Role::Operator, "", "").await;
    add(&boss, "district", Role::Administrator, "", "1101").await;
    for name in ["lin", "district", "nobody"] {
        let told = recover(&system, name).await;
        assert!(matches!(&told, Err(LedgerError::OtherAdministrator { user }) if user == "boss"), "{name}: {told:?}");
    }
    // Nor does anybody else's name become the administrator's where the administrator's row was changed.
    execute(&system, "UPDATE users SET verifier = 'mine' WHERE name = 'boss'").await;
    for name in ["lin", "district"] {
        assert!(matches!(recover(&system, name).await, Err(LedgerError::UserExists)), "{name}");
    }
    system.close().await;
}

async fn the_last_administrator_comes_back(database: Database) {
    let system = database.ledger().await;
    let boss = administered(&system).await;
    let token = Token::random();
    let clock = system.clock().await.unwrap();
    sessions::begin(&system, boss.viewer().unwrap(), &token, clock).await.unwrap();
    recover(&system, "boss").await.unwrap();
    assert!(sessions::by_token(&system, &token, None, clock).await.is_err(), "sessions end");
    assert!(matches!(boss.begin().await.err(), Some(LedgerError::SessionEnded { .. })), "and open prompts");
    assert_eq!(by_password(&system, "boss").await.role, Role::Administrator);
    let recorded = "SELECT count(*) FROM move WHERE life = 'user' AND actor = 'recovery'";
    assert_eq!(number(&system, recorded).await, 1);
    assert_eq!(system.users(now()).await.unwrap()[0].set_by, "recovery");
    assert_eq!(broken_laws(&system).await, Vec::<String>::new());
    system.close().await;
}

async fn a_changed_administrator_comes_back_and_the_books_hold(database: Database) {
    let system = database.ledger().await;
    administered(&system).await;
    for change in [
        "UPDATE users SET verifier = 'of a fresh folder'",
        "UPDATE users SET role = 'auditor'",
        "UPDATE users SET area = '11', mac = NULL",
    ] {
        execute(&system, change).await;
        assert!(!broken_laws(&system).await.is_empty(), "{change}: it is named");
        recover(&system, "boss").await.unwrap();
        assert_eq!(by_password(&system, "boss").await.scope, Scope::everything(), "{change}");
        assert_eq!(broken_laws(&system).await, Vec::<String>::new(), "{change}");
    }
    // One disabled by SQL has a history that jumps, and works again all the same.
    execute(&system, "UPDATE users SET state = 'disabled'").await;
    recover(&system, "boss").await.unwrap();
    by_password(&system, "boss").await;
    system.close().await;
}

async fn where_users_were_deleted_somebody_begins_anew(database: Database) {
    let system = database.ledger().await;
    administered(&system).await;
    execute(&system, "DELETE FROM users").await;
    recover(&system, "anew").await.unwrap();
    let anew = system.seen_by(by_password(&system, "anew").await);
    add(&anew, "lin", Role::Operator, "", "").await;
    let named = broken_laws(&system).await;
    assert!(!named.is_empty(), "whoever was deleted stays named");
    system.close().await;
}
