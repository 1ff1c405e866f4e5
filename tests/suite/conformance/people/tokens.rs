//! API tokens on both engines: who they prove, and when they end.

use cardline::people::sessions::{LoginError, LoginRefusal, Token};
use cardline::people::tokens::{TokenRefusal, by_token, make};
use cardline::people::tries::Place;
use cardline::store::{Ledger, LedgerError, Stamp};
use cardline_core::domain::staff::Role;

use super::users::{add, administered};
use crate::conformance::arrivals::{execute, now, number};
use crate::databases::{Database, on_both_engines};
use crate::plays::broken;

on_both_engines!(a_token_proves_its_user_until_it_ends,);

async fn made(ledger: &Ledger, name: &str, days: u32) -> (i64, String) {
    let why = Stamp { at: ledger.clock().await.unwrap(), actor: "boss", reason: "" };
    let Ok(made) = make(ledger, name, days, why).await.unwrap() else { panic!("no token of {name}") };
    (made.id, made.token.text().to_owned())
}

async fn ended(ledger: &Ledger, text: &str) -> bool {
    match by_token(ledger, text).await {
        Ok(_) => false,
        Err(LoginError::Refused(LoginRefusal::SessionEnded)) => true,
        Err(error) => panic!("{error:?}"),
    }
}

async fn a_token_proves_its_user_until_it_ends(database: Database) {
    let system = database.ledger().await;
    let boss = administered(&system).await;
    let lin = add(&boss, "lin", Role::Operator, "", "1101").await;
    add(&boss, "wang", Role::BankIt, "ABC", "").await;
    add(&boss, "steps-1", Role::Service, "", "").await;
    let why = Stamp { at: now(), actor: "boss", reason: "" };
    for (name, refusal) in [("steps-1", TokenRefusal::Service), ("nobody", TokenRefusal::NoUser)] {
        assert_eq!(make(&boss, name, 1, why).await.unwrap().err(), Some(refusal));
    }
    let (first, text) = made(&boss, "lin", 30).await;
    let (_, other) = made(&boss, "wang", 30).await;
    let found = by_token(&system, &text).await.unwrap();
    assert_eq!(
        (&found.name, found.role, &found.scope, found.standing),
        (&lin.name, lin.role, &lin.scope, lin.standing)
    );
    let digests = "SELECT count(*) FROM api_token WHERE used_at IS NOT NULL";
    assert_eq!(number(&system, digests).await, 1);
    let listed = boss.tokens(None, now()).await.unwrap();
    assert_eq!(
        listed.iter().map(|t| (t.name.as_str(), t.made_by.as_str(), t.last_used.is_some())).collect::<Vec<_>>(),
        [("lin", "boss", true), ("wang", "boss", false)]
    );
    assert_eq!(boss.tokens(Some("wang"), now()).await.unwrap().len(), 1);
    assert!(ended(&system, Token::random().text()).await);
    assert!(ended(&system, "").await);

    // Who acts with it writes as its user, until it is revoked.
    let acting = system.seen_by(found);
    acting.begin().await.unwrap().commit().await.unwrap();
    // A session's digest proves no token, and a token no session.
    let digests = boss.tokens(Some("lin"), now()).await.unwrap();
    assert!(digests[0].works);
    system.open_session(&lin, b"session", now()).await.unwrap();
    assert!(ended(&system, "session").await);
    assert!(!boss.revoke_token(first, Some("wang"), why).await.unwrap(), "it is another user's");
    assert!(boss.revoke_token(first, Some("lin"), why).await.unwrap());
    assert!(ended(&system, &text).await);
    assert!(matches!(acting.begin().await.err(), Some(LedgerError::SessionEnded { .. })));

    // It ends with its user's password, with the user, by time, and when somebody else puts it elsewhere.
    let (_, text) = made(&boss, "lin", 30).await;
    let place = Place::of("here");
    boss.set_verifier("lin", "another", &place, why).await.unwrap();
    assert!(ended(&system, &text).await);
    let (_, text) = made(&boss, "lin", 1).await;
    execute(&system, "UPDATE api_token SET until = until + 86400000000").await;
    assert!(ended(&system, &text).await && ended(&system, &other).await, "its end was changed by SQL");
    execute(&system, "UPDATE api_token SET until = until - 86400000000").await;
    assert!(!ended(&system, &text).await);
    execute(&system, "UPDATE api_token SET user_id = (SELECT id FROM users WHERE name = 'boss')").await;
    assert!(ended(&system, &text).await, "it was given to another user by SQL");
    execute(&system, "DELETE FROM api_token").await;
    let (_, text) = made(&boss, "lin", 1).await;
    boss.move_user("lin", "disabled", why).await.unwrap();
    assert!(ended(&system, &text).await);
    boss.move_user("lin", "enabled", why).await.unwrap();
    assert!(ended(&system, &text).await, "it does not come back with its user");
    let laws = system.books(now(), true, None).await.unwrap();
    assert_eq!(broken(&laws), Vec::<String>::new());
    system.close().await;
}
