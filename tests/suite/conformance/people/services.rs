//! Steps run for a service once there are users, on both engines.

use cardline::people::services::{Credential, ServiceError, ServiceRefusal, admit};
use cardline::people::users::NewUser;
use cardline::store::{Ledger, LedgerError, Stamp};
use cardline_core::domain::staff::{Role, Scope};

use super::users::administered;
use crate::conformance::arrivals::{execute, now, number};
use crate::databases::{Database, on_both_engines};
use crate::plays::broken;

on_both_engines!(
    without_users_steps_run_for_nobody,
    with_users_steps_run_for_an_enabled_service_alone,
    a_service_changed_meanwhile_writes_nothing,
);

async fn add_service(ledger: &Ledger, name: &str) -> Credential {
    let credential = Credential::new(name);
    let (scope, verifier) = (Scope::everything(), credential.verifier());
    let new = NewUser { name: name.into(), role: Role::Service, scope, verifier };
    ledger.add_user(&new, Stamp { at: now(), actor: "boss", reason: "added" }).await.unwrap();
    credential
}

async fn without_users_steps_run_for_nobody(database: Database) {
    let ledger = database.ledger().await;
    assert!(matches!(admit(&ledger, None).await, Ok(None)));
    assert!(matches!(admit(&ledger, Some(&Credential::new("steps-1"))).await, Ok(None)));
    ledger.close().await;
}

async fn with_users_steps_run_for_an_enabled_service_alone(database: Database) {
    let system = database.ledger().await;
    let ledger = administered(&system).await;
    let refused = admit(&ledger, None).await;
    assert!(matches!(refused, Err(ServiceError::Refused(ServiceRefusal::NoCredential))));
    let credential = add_service(&ledger, "steps-1").await;
    let service = admit(&ledger, Some(&credential)).await.unwrap().unwrap();
    assert_eq!((service.name.as_str(), service.role), ("steps-1", Role::Service));
    let served = system.served_by(service.clone());
    served.record_service(&service, "ran tick all as w", now()).await.unwrap();
    let recorded =
        "SELECT count(*) FROM move WHERE life = 'user' AND actor = 'steps-1' AND reason = 'ran tick all as w'";
    assert_eq!(number(&ledger, recorded).await, 1);
    let wrong =
        |told: Result<_, ServiceError>| matches!(told, Err(ServiceError::Refused(ServiceRefusal::WrongCredential(_))));
    assert!(wrong(admit(&ledger, Some(&Credential::new("steps-1"))).await), "another credential");
    assert!(wrong(admit(&ledger, Some(&Credential::new("boss"))).await), "no service");
    assert!(wrong(admit(&ledger, Some(&Credential::new("nobody"))).await));
    execute(&system, "UPDATE users SET role = 'operator' WHERE name = 'steps-1'").await;
    assert!(wrong(admit(&ledger, Some(&credential)).await), "a person is no service");
    execute(&system, "UPDATE users SET role = 'service' WHERE name = 'steps-1'").await;
    let report = system.books(now(), true, None).await.unwrap();
    assert_eq!(broken(&report), Vec::<String>::new());
    ledger.close().await;
}

async fn a_service_changed_meanwhile_writes_nothing(database: Database) {
    let system = database.ledger().await;
    let ledger = administered(&system).await;
    let credential = add_service(&ledger, "steps-1").await;
    let service = admit(&ledger, Some(&credential)).await.unwrap().unwrap();
    let served = system.served_by(service);
    assert!(served.begin().await.is_ok());
    execute(&system, "UPDATE users SET verifier = 'another' WHERE name = 'steps-1'").await;
    assert!(matches!(served.begin().await.err(), Some(LedgerError::ChangedRow { table: "users", .. })));
    let why = Stamp { at: now(), actor: "boss", reason: "left" };
    ledger.move_user("steps-1", "disabled", why).await.unwrap();
    assert!(matches!(served.begin().await.err(), Some(LedgerError::UserDisabled { .. })));
    ledger.close().await;
}
