//! Positions: what was deleted unread, a topic recreated, partitions added, transactions that ended
//! in nothing.

use std::time::{Duration, Instant};

use cardline::actions::outcome::ActionError;
use cardline::actions::recovery::topics::{Standing, accept, jumps, look};
use cardline::kafka::BrokerError;
use cardline::step::StageError;
use cardline::store::LedgerError;
use cardline::store::topic_identity::TopicIdentity;
use rdkafka::producer::Producer;
use serde_json::json;

use super::{Broker, PATIENCE, applications, books_hold, changed, counts, keyed, queue, state, take_in};
use crate::conformance::arrivals::{now, number};
use crate::databases::{Database, on_both_engines};

on_both_engines!(
    messages_deleted_unread_stop_intake_until_a_person_goes_on,
    a_topic_made_anew_is_not_read_until_a_person_accepts_it,
    added_partitions_are_read_and_a_person_stays_in_order,
    aborted_transactions_are_invisible_and_gaps_are_normal,
);

async fn messages_deleted_unread_stop_intake_until_a_person_goes_on(database: Database) {
    let broker = Broker::new(1).await;
    let worker = broker.worker(&database, "one").await;
    let topic = broker.topics.applications.clone();
    let sent = applications(0, 60);
    broker.send_applications(&sent[..20]);
    take_in(&worker).await.unwrap();
    broker.send_applications(&sent[20..]);
    broker.delete_before(&topic, 0, 45).await;
    let before = state(&worker.ledger).await;
    let error = take_in(&worker).await.err().unwrap();
    assert!(
        matches!(&error, StageError::Broker(BrokerError::OutOfRange { stored: 20, low: 45, high: 60, .. })),
        "{error}"
    );
    assert!(error.to_string().contains("accept it with a reason"), "{error}");
    // Trying again never jumps, not even with a new reader.
    let other = broker.worker(&database, "two").await;
    assert!(take_in(&other).await.is_err());
    other.ledger.close().await;
    assert_eq!(state(&worker.ledger).await, before);
    assert_eq!(number(&worker.ledger, "SELECT next FROM source_offset WHERE topic LIKE '%applications'").await, 20);

    let view = look(&worker, &topic).await.unwrap();
    assert_eq!((view.partitions[0].standing, jumps(&view)[0].begins_at), (Standing::Lost, 45));
    assert_eq!(accept(&worker, &view, "lin", "a test", now()).await.unwrap(), 2);
    // Looked at before somebody else went on: refused.
    let late = accept(&worker, &view, "lin", "a test", now()).await.err().unwrap();
    assert!(matches!(late, ActionError::Failed(StageError::Ledger(LedgerError::AcceptedMeanwhile { .. }))), "{late:?}");
    take_in(&worker).await.unwrap();
    assert_eq!(counts(&worker).await.accepted, 20 + 15);
    assert_eq!(number(&worker.ledger, "SELECT begins_at - left_at FROM source_jump").await, 25);
    assert!(!look(&worker, &topic).await.unwrap().is_stopped());
    books_hold(&worker).await;
    worker.ledger.close().await;
    broker.end().await;
}

async fn a_topic_made_anew_is_not_read_until_a_person_accepts_it(database: Database) {
    let broker = Broker::new(2).await;
    let worker = broker.worker(&database, "one").await;
    let topic = broker.topics.applications.clone();
    broker.send_applications(&applications(0, 30));
    take_in(&worker).await.unwrap();
    let before = state(&worker.ledger).await;
    broker.delete(&topic).await;
    broker.create(&topic, 1).await;
    // As many as before, so that no position is out of range.
    broker.send_applications(&applications(100, 40));
    let error = take_in(&worker).await.err().unwrap();
    assert!(matches!(&error, StageError::Ledger(LedgerError::OtherTopic { .. })), "{error}");
    assert!(
        error.to_string().contains("made anew") && error.to_string().contains("accept it with a reason"),
        "{error}"
    );
    assert_eq!(state(&worker.ledger).await, before);
    let told = worker.ledger.all_set_aside().await.unwrap();
    assert!(told.len() == 1 && told[0].found.contains("made anew"), "a person is told: {told:?}");

    // The same id elsewhere is another topic too: a copy of the cluster.
    let known = worker.ledger.newest_generation(&topic).await.unwrap().unwrap().identity;
    let copied = TopicIdentity { cluster: "another".into(), ..known };
    assert!(worker.ledger.generation(&topic, &copied).await.is_err());

    let view = look(&worker, &topic).await.unwrap();
    let standing: Vec<Standing> = view.partitions.iter().map(|p| p.standing).collect();
    assert_eq!(standing, [Standing::MadeAnew, Standing::Gone]);
    // As an operator goes on: look, name oneself and the reason.
    let listed = broker.cardline(&database, &["topic", "list"]);
    assert!(!listed.status.success() && String::from_utf8_lossy(&listed.stdout).contains("made anew"), "{listed:?}");
    assert_eq!(broker.cardline(&database, &["topic", "accept", &topic, "--reason", "a test"]).status.code(), Some(2));
    let accepting = ["topic", "accept", &topic, "--reason", "a test", "--as", "lin"];
    let accepted = broker.cardline(&database, &accepting);
    assert!(accepted.status.success(), "{accepted:?}");
    assert!(broker.cardline(&database, &["topic", "list"]).status.success());
    take_in(&worker).await.unwrap();
    assert_eq!(counts(&worker).await.accepted, 70);
    books_hold(&worker).await;
    worker.ledger.close().await;
    broker.end().await;
}

async fn added_partitions_are_read_and_a_person_stays_in_order(database: Database) {
    let broker = Broker::new(1).await;
    let worker = broker.worker(&database, "one").await;
    let topic = broker.topics.applications.clone();
    let sent = applications(0, 40);
    let wrong: Vec<_> = sent.iter().map(|a| changed(a, &[("/holder/mobile", json!("1"))])).collect();
    broker.send(&topic, &wrong[..20]);
    take_in(&worker).await.unwrap();
    // The second half waits unread in the old partition while corrections go to new ones.
    broker.send(&topic, &wrong[20..]);
    broker.grow(&topic, 5).await;
    let corrected: Vec<_> = sent
        .iter()
        .map(|a| changed(a, &[("/event_id", json!(format!("{}-2", a.application_id))), ("/revision", json!(2))]))
        .collect();
    broker.send(&topic, &corrected);
    take_in(&worker).await.unwrap();
    take_in(&worker).await.unwrap();
    assert!(
        number(&worker.ledger, "SELECT count(*) FROM source_offset WHERE next > 0").await > 2,
        "nothing was spread"
    );
    let found =
        number(&worker.ledger, "SELECT count(*) FROM application WHERE revision = 2 AND state = 'accepted'").await;
    assert_eq!(found, 40);
    books_hold(&worker).await;
    worker.ledger.close().await;
    broker.end().await;
}

async fn aborted_transactions_are_invisible_and_gaps_are_normal(database: Database) {
    let broker = Broker::new(1).await;
    let worker = broker.worker(&database, "one").await;
    let topic = broker.topics.applications.clone();
    let sender = broker.sender(Some(&topic));
    sender.init_transactions(PATIENCE).unwrap();
    let sent = keyed(&applications(0, 40));
    // Taken in after each, so that an end which is only control records is met, and met again.
    for (number, ten) in sent.chunks(10).enumerate() {
        sender.begin_transaction().unwrap();
        queue(&sender, &topic, ten);
        // Not yet decided: nobody sees it.
        take_in(&worker).await.unwrap();
        let commits = number % 2 == 0;
        if commits {
            sender.commit_transaction(PATIENCE).unwrap()
        } else {
            sender.abort_transaction(PATIENCE).unwrap()
        }
        // The broker answers a commit before it shows the messages.
        let (expected, decided) = ((number as i64 / 2 + 1) * 10, Instant::now());
        while counts(&worker).await.accepted < expected && decided.elapsed() < PATIENCE * 2 {
            take_in(&worker).await.unwrap();
        }
        for _ in 0..3 {
            take_in(&worker).await.unwrap();
        }
        assert_eq!(counts(&worker).await.accepted, expected, "after transaction {number}");
    }
    // An end of control records is believed for half a minute; then it is read again, and found again.
    tokio::time::sleep(Duration::from_secs(31)).await;
    take_in(&worker).await.unwrap();
    let view = look(&worker, &topic).await.unwrap();
    assert!(!view.is_stopped());
    assert_eq!(counts(&worker).await.received, 20);
    books_hold(&worker).await;
    worker.ledger.close().await;
    broker.end().await;
}
