//! Messages out: a worker that dies after publishing and before it records that publishes the same again, under
//! the same ids; a person's messages stay in order.

use std::collections::{BTreeMap, BTreeSet};

use cardline::messages::history::{Relay, Seal};
use cardline::messages::tell_dead_letters::DeadLetters;
use cardline::step::Step;
use jiff::ToSpan;
use serde_json::{Value, json};

use super::{Broker, Heard, applications, changed, take_in};
use crate::conformance::arrivals::{now, number};
use crate::databases::{Database, on_both_engines};
use crate::steps::drain;

on_both_engines!(
    what_was_told_before_a_crash_is_told_again_under_the_same_ids,
    letters_told_before_a_crash_are_told_again
);

const APPLICATIONS: u64 = 30;

fn body(heard: &Heard) -> Value {
    serde_json::from_slice(&heard.bytes).unwrap()
}

/// Distinct messages by id, each always with the same bytes and key.
fn once(heard: &[Heard]) -> BTreeMap<String, (String, Vec<u8>)> {
    let mut all = BTreeMap::new();
    for message in heard {
        let told = (message.key.clone(), message.bytes.clone());
        let before = all.insert(body(message)["event_id"].as_str().unwrap().to_owned(), told.clone());
        assert!(before.is_none_or(|before| before == told), "one id for two messages: {}", body(message));
    }
    all
}

async fn what_was_told_before_a_crash_is_told_again_under_the_same_ids(database: Database) {
    let broker = Broker::new(3).await;
    let worker = broker.worker(&database, "one").await;
    let sent = applications(0, APPLICATIONS);
    // Rejected first, corrected then: two outcomes of each person, in this order.
    let wrong: Vec<_> = sent.iter().map(|a| changed(a, &[("/holder/mobile", json!("1"))])).collect();
    broker.send(&broker.topics.applications, &wrong);
    take_in(&worker).await.unwrap();
    drain(&Seal, &worker, now()).await.unwrap();
    let right: Vec<_> = sent
        .iter()
        .map(|a| changed(a, &[("/event_id", json!(format!("{}-2", a.application_id))), ("/revision", json!(2))]))
        .collect();
    broker.send(&broker.topics.applications, &right);
    take_in(&worker).await.unwrap();
    drain(&Seal, &worker, now()).await.unwrap();

    // Told, and dead before it could remember.
    let claimed = crate::steps::claim(&Relay, &worker, now()).await.unwrap().unwrap();
    let told = Relay.work(&worker, claimed, now()).unwrap().messages;
    assert_eq!(told.len() as u64, APPLICATIONS);
    tokio::task::block_in_place(|| worker.publish(&told)).unwrap();
    worker.ledger.close().await;
    drop(worker);

    let worker = broker.worker(&database, "two").await;
    assert_eq!(drain(&Relay, &worker, now()).await.unwrap(), 0, "the dead worker's lease had not lapsed");
    drain(&Relay, &worker, now() + 61.seconds()).await.unwrap();
    let outcomes = broker.heard(&broker.topics.outcomes);
    assert_eq!(outcomes.len() as u64, 3 * APPLICATIONS, "the first seal was told twice");
    assert_eq!(once(&outcomes).len() as u64, 2 * APPLICATIONS);
    let cards = broker.heard(&broker.topics.ecards);
    assert_eq!((cards.len() as u64, once(&cards).len() as u64), (APPLICATIONS, APPLICATIONS));
    let mut of_person: BTreeMap<&str, (BTreeSet<i32>, Vec<Value>)> = BTreeMap::new();
    for heard in &outcomes {
        let (partitions, kinds) = of_person.entry(&heard.key).or_default();
        partitions.insert(heard.partition);
        kinds.push(body(heard)["type"].clone());
    }
    // Rejected applications of a person without a valid key of its own are keyed apart; all have one here.
    assert_eq!(of_person.len() as u64, APPLICATIONS);
    for (partitions, kinds) in of_person.values() {
        assert_eq!(partitions.len(), 1);
        assert_eq!(kinds, &["rejected", "rejected", "accepted"]);
    }
    worker.ledger.close().await;
    broker.end().await;
}

async fn letters_told_before_a_crash_are_told_again(database: Database) {
    let broker = Broker::new(1).await;
    let worker = broker.worker(&database, "one").await;
    let poison: Vec<_> = (0..20).map(|n| (format!("{n}"), format!("poison {n}").into_bytes())).collect();
    broker.send(&broker.topics.applications, &poison);
    take_in(&worker).await.unwrap();
    let claimed = crate::steps::claim(&DeadLetters, &worker, now()).await.unwrap().unwrap();
    let (_, _, told) = DeadLetters.work(&worker, claimed, now()).unwrap();
    tokio::task::block_in_place(|| worker.publish(&told)).unwrap();
    worker.ledger.close().await;
    drop(worker);

    let worker = broker.worker(&database, "two").await;
    drain(&DeadLetters, &worker, now() + 61.seconds()).await.unwrap();
    let letters = broker.heard(&broker.topics.dead_letters);
    assert_eq!((letters.len(), once(&letters).len()), (40, 20));
    let offsets: Vec<i64> = letters.iter().map(|letter| body(letter)["offset"].as_i64().unwrap()).collect();
    assert_eq!(offsets, (0..20).chain(0..20).collect::<Vec<i64>>());
    assert_eq!(number(&worker.ledger, "SELECT count(*) FROM dead_letter").await, 0);
    worker.ledger.close().await;
    broker.end().await;
}
