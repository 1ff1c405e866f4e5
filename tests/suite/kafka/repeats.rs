//! What is sent twice or read again has no effect; what contradicts waits for a person.

use cardline::route::intake::settle::IntakeCounts;
use serde_json::json;

use super::{Broker, applications, books_hold, changed, counts, keyed, state, take_in};
use crate::conformance::arrivals::execute;
use crate::databases::{Database, on_both_engines};

on_both_engines!(what_is_sent_twice_or_read_again_changes_nothing, one_event_id_with_other_content_is_a_persons);

async fn what_is_sent_twice_or_read_again_changes_nothing(database: Database) {
    let broker = Broker::new(3).await;
    let worker = broker.worker(&database, "one").await;
    let sent = applications(0, 120);
    broker.send_applications(&sent);
    take_in(&worker).await.unwrap();
    let before = state(&worker.ledger).await;
    broker.send_applications(&sent);
    take_in(&worker).await.unwrap();
    assert_eq!(state(&worker.ledger).await, before);
    let once = counts(&worker).await;
    assert_eq!((once.accepted, once.repeated, once.received), (120, 120, 240));
    books_hold(&worker).await;
    // Positions set back to the beginning, as after a restore: everything is read again.
    execute(&worker.ledger, "UPDATE source_offset SET next = 0").await;
    take_in(&worker).await.unwrap();
    assert_eq!(state(&worker.ledger).await, before);
    assert_eq!(counts(&worker).await.repeated, 120 + 240);
    worker.ledger.close().await;
    broker.end().await;
}

async fn one_event_id_with_other_content_is_a_persons(database: Database) {
    let broker = Broker::new(1).await;
    let worker = broker.worker(&database, "one").await;
    let sent = applications(0, 3);
    broker.send_applications(&sent);
    let other = changed(&sent[1], &[("/holder/occupation", json!("changed"))]);
    let same_revision =
        changed(&sent[2], &[("/event_id", json!("another-event")), ("/holder/occupation", json!("changed"))]);
    broker.send(&broker.topics.applications, &[other.clone(), same_revision]);
    take_in(&worker).await.unwrap();
    let expected = IntakeCounts { received: 5, accepted: 3, conflicting: 2, ..IntakeCounts::default() };
    assert_eq!(counts(&worker).await, expected);
    let held = state(&worker.ledger).await;
    // Sent again, a conflict is known, and so is what it contradicts.
    broker.send(&broker.topics.applications, &[other, keyed(&sent).remove(1)]);
    take_in(&worker).await.unwrap();
    assert_eq!(state(&worker.ledger).await, held);
    books_hold(&worker).await;
    worker.ledger.close().await;
    broker.end().await;
}
