//! Users of a restored database, on both engines: nobody is logged in, and who was disabled since does not come back
//! unseen.

use cardline::actions::recovery::after_restore::survey;
use cardline::actions::recovery::backup::back_up;
use cardline::config::Config;
use cardline::people::sessions::{self, LoginError, LoginRefusal, Token};
use cardline::people::tokens::{by_token, make};
use cardline::step::Worker;
use cardline::store::{Ledger, Principal, Stamp};
use cardline_core::domain::staff::Role;

use super::users::{add, administered};
use crate::conformance::arrivals::{execute, now, number};
use crate::databases::{Database, Engine, on_both_engines};

on_both_engines!(a_restore_ends_sessions_and_lets_administrators_confirm_users, a_backup_holds_no_session);

async fn token_of(ledger: &Ledger, user: &Principal) -> Token {
    let (token, clock) = (Token::random(), ledger.clock().await.unwrap());
    sessions::begin(ledger, user, &token, clock).await.unwrap();
    token
}

async fn proves(ledger: &Ledger, token: &Token) -> Result<(), Option<LoginRefusal>> {
    match sessions::by_token(ledger, token, None, ledger.clock().await.unwrap()).await {
        Ok(_) => Ok(()),
        Err(LoginError::Refused(refusal)) => Err(Some(refusal)),
        Err(LoginError::Failed(_)) => Err(None),
    }
}

async fn worker(database: &Database) -> Worker {
    let config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
    Worker::open(config, jiff::civil::date(2026, 1, 5)).await.unwrap()
}

async fn a_restore_ends_sessions_and_lets_administrators_confirm_users(database: Database) {
    let worker = worker(&database).await;
    let ledger = worker.ledger.clone();
    let boss = administered(&ledger).await;
    let lin = add(&boss, "lin", Role::Operator, "", "").await;
    let administrator = boss.viewer().unwrap().clone();
    let tokens = [token_of(&ledger, &administrator).await, token_of(&ledger, &lin).await];
    let why = Stamp { at: ledger.clock().await.unwrap(), actor: "boss", reason: "" };
    let of_program = make(&boss, "lin", 30, why).await.unwrap().ok().unwrap().token;
    // Nothing was sent out since the backup; a worker saw that users changed.
    let lease = ledger.take_lease("seal", "w", now(), 60).await.unwrap().unwrap();
    ledger.seal_history(&lease, now()).await.unwrap();
    worker.follow_history(now()).await.unwrap();
    for token in &tokens {
        assert_eq!(proves(&ledger, token).await, Ok(()));
    }
    execute(&ledger, "UPDATE seal SET digest = 'of another history'").await;
    worker.follow_history(now()).await.unwrap();
    for token in &tokens {
        assert_eq!(proves(&ledger, token).await, Err(Some(LoginRefusal::SessionEnded)));
    }
    let ended = by_token(&ledger, of_program.text()).await.err();
    assert!(matches!(ended, Some(LoginError::Refused(LoginRefusal::SessionEnded))), "{ended:?}");
    let found = survey(&worker).await.unwrap();
    let users: Vec<&str> = found.users.iter().map(|user| user.name.as_str()).collect();
    assert_eq!((users, found.sessions_ended, found.halt.is_some()), (vec!["boss", "lin"], Some(2), true));
    // An administrator may look and accept; everybody else waits, also under a new session.
    let (of_boss, of_lin) = (token_of(&ledger, &administrator).await, token_of(&ledger, &lin).await);
    assert_eq!(proves(&ledger, &of_boss).await, Ok(()));
    assert_eq!(proves(&ledger, &of_lin).await, Err(Some(LoginRefusal::Restored { user: "lin".into() })));
    worker.follow_history(now()).await.unwrap();
    assert_eq!(proves(&ledger, &of_boss).await, Ok(()), "found again, it is the same restore");
    execute(&ledger, "UPDATE reconciliation SET accepted_at = 1").await;
    assert_eq!(proves(&ledger, &of_lin).await, Ok(()));
    ledger.close().await;
}

async fn a_backup_holds_no_session(database: Database) {
    let worker = worker(&database).await;
    let boss = administered(&worker.ledger).await;
    let lin = add(&boss, "lin", Role::Operator, "", "").await;
    let token = token_of(&worker.ledger, &lin).await;
    let why = Stamp { at: now(), actor: "boss", reason: "" };
    assert!(make(&boss, "lin", 30, why).await.unwrap().is_ok());
    let backup = back_up(&worker, &database.folder.path().join("b"), now()).await;
    // PostgreSQL is backed up by its own tools.
    assert_eq!(backup.is_ok(), database.engine == Engine::Sqlite);
    if let Ok(backup) = backup {
        let copy = Ledger::unmigrated(&format!("sqlite:{}", backup.ledger.display())).await.unwrap();
        assert_eq!(number(&copy, "SELECT count(*) FROM session").await, 0);
        assert_eq!(number(&copy, "SELECT count(*) FROM api_token").await, 0);
        assert_eq!(number(&copy, "SELECT count(*) FROM users").await, 2);
        copy.close().await;
    }
    assert_eq!(proves(&worker.ledger, &token).await, Ok(()), "the session goes on where it is");
    worker.ledger.close().await;
}
