//! What cannot be read: kept encrypted, reported to `card.dead-letters`, and nothing stands still for it.

use std::collections::BTreeMap;

use cardline::args;
use cardline::messages::tell_dead_letters::DeadLetters;
use cardline::route::servicing::Events;
use rdkafka::ClientConfig;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Broker, Heard, Sender, applications, books_hold, changed, counts, keyed, queue, take_in};
use crate::conformance::arrivals::{now, number};
use crate::databases::{Database, on_both_engines};
use crate::messages::schema;
use crate::steps::drain;

on_both_engines!(
    poison_is_put_aside_and_told_and_the_rest_goes_on,
    an_oversized_message_is_refused_by_its_beginning,
    unreadable_events_are_told_too,
    what_is_compressed_in_any_way_is_read,
);

/// Messages that are none, each with the code it is refused by.
fn poison() -> Vec<(&'static str, Vec<u8>)> {
    let application = &applications(90, 1)[0];
    let deep = format!("{}1{}", "[".repeat(2_000), "]".repeat(2_000));
    vec![
        ("NOT-JSON", b"canary {".to_vec()),
        ("NOT-JSON", Vec::new()),
        ("NOT-UTF8", vec![0xff, 0xfe, b'{', b'}']),
        ("UNKNOWN-SCHEMA", changed(application, &[("/schema", json!("card.application.v9"))]).1),
        ("SHAPE", changed(application, &[("/holder", json!("canary"))]).1),
        ("TOO-DEEP", deep.into_bytes()),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Letters by the place their message came from.
fn letters(heard: &[Heard]) -> BTreeMap<(String, i64, i64), Value> {
    let (schema, mut all) = (schema("card.dead-letter.v1"), BTreeMap::new());
    for letter in heard {
        let text = String::from_utf8(letter.bytes.clone()).unwrap();
        assert!(!text.contains("canary"), "a letter holds what the message said: {text}");
        let body: Value = serde_json::from_str(&text).unwrap();
        assert!(schema.is_valid(&body), "{body}");
        let (partition, offset) = (body["partition"].as_i64().unwrap(), body["offset"].as_i64().unwrap());
        assert_eq!(letter.key, format!("{}/{partition}", body["topic"].as_str().unwrap()));
        all.insert((body["topic"].as_str().unwrap().to_owned(), partition, offset), body);
    }
    all
}

async fn poison_is_put_aside_and_told_and_the_rest_goes_on(database: Database) {
    let broker = Broker::new(2).await;
    let worker = broker.worker(&database, "one").await;
    let (good, poison) = (keyed(&applications(0, 40)), poison());
    let topic = broker.topics.applications.clone();
    for (number, (_, bytes)) in poison.iter().enumerate() {
        broker.send(&topic, &good[number * 5..(number + 1) * 5]);
        broker.send(&topic, &[(format!("poison-{number}"), bytes.clone())]);
    }
    broker.send(&topic, &good[poison.len() * 5..]);
    take_in(&worker).await.unwrap();
    let found = counts(&worker).await;
    assert_eq!((found.accepted, found.quarantined), (40, poison.len() as i64));
    assert_eq!(drain(&DeadLetters, &worker, now()).await.unwrap(), 1);
    assert_eq!(drain(&DeadLetters, &worker, now()).await.unwrap(), 0);
    let told = letters(&broker.heard(&broker.topics.dead_letters));
    assert_eq!(told.len(), poison.len());
    for heard in broker.heard(&topic).iter().filter(|heard| heard.key.starts_with("poison")) {
        let number: usize = heard.key["poison-".len()..].parse().unwrap();
        let letter = &told[&(topic.clone(), i64::from(heard.partition), heard.offset)];
        assert_eq!(letter["reason"], poison[number].0, "poison {number}");
        assert_eq!(letter["sha256"], hex(&Sha256::digest(&heard.bytes)));
    }
    books_hold(&worker).await;
    worker.ledger.close().await;
    broker.end().await;
}

async fn an_oversized_message_is_refused_by_its_beginning(database: Database) {
    let broker = Broker::new(1).await;
    let worker = broker.worker(&database, "one").await;
    let good = keyed(&applications(0, 2));
    let topic = broker.topics.applications.clone();
    let photo: Vec<u8> = (0..30_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    broker.send(&topic, &[good[0].clone(), ("photo".into(), photo.clone()), good[1].clone()]);
    take_in(&worker).await.unwrap();
    let found = counts(&worker).await;
    assert_eq!((found.accepted, found.quarantined), (2, 1));
    let mut tx = worker.ledger.read().await.unwrap();
    let row = tx
        .row::<(String, Vec<u8>, Vec<u8>)>(
            "SELECT reason, digest, sealed FROM message WHERE outcome = 'quarantined'",
            args![],
        )
        .await
        .unwrap();
    drop(tx);
    let (reason, digest, encrypted) = row.unwrap();
    assert_eq!((reason.as_str(), digest), ("TOO-LARGE", Sha256::digest(&photo).to_vec()));
    assert!(encrypted.len() < 2_000_000, "{} bytes were kept", encrypted.len());
    drain(&DeadLetters, &worker, now()).await.unwrap();
    let told = letters(&broker.heard(&broker.topics.dead_letters));
    assert_eq!(told[&(topic, 0, 1)]["sha256"], hex(&Sha256::digest(&photo)));
    books_hold(&worker).await;
    worker.ledger.close().await;
    broker.end().await;
}

async fn unreadable_events_are_told_too(database: Database) {
    let broker = Broker::new(1).await;
    let worker = broker.worker(&database, "one").await;
    let topic = broker.topics.events.clone();
    let event = json!({ "schema": "card.event.v1", "event_id": "e-1", "type": "card.vanished", "at": "2026-01-05T09:00:00+08:00",
        "actor": "point-1", "card": "canary" });
    broker.send(&topic, &[("a".into(), event.to_string().into_bytes()), ("b".into(), b"[".to_vec())]);
    drain(&Events, &worker, now()).await.unwrap();
    drain(&DeadLetters, &worker, now()).await.unwrap();
    let told = letters(&broker.heard(&broker.topics.dead_letters));
    assert_eq!(told[&(topic.clone(), 0, 0)]["reason"], "UNKNOWN-TYPE");
    assert_eq!(told[&(topic, 0, 1)]["reason"], "SHAPE");
    assert_eq!(number(&worker.ledger, "SELECT count(*) FROM dead_letter").await, 0);
    books_hold(&worker).await;
    worker.ledger.close().await;
    broker.end().await;
}

async fn what_is_compressed_in_any_way_is_read(database: Database) {
    let broker = Broker::new(1).await;
    let worker = broker.worker(&database, "one").await;
    for (codec, first) in ["none", "gzip", "snappy", "lz4", "zstd"].into_iter().zip((0..).step_by(10)) {
        let mut settings = ClientConfig::new();
        settings.set("bootstrap.servers", &broker.servers).set("linger.ms", "50").set("compression.type", codec);
        let sender: Sender = settings.create().unwrap();
        queue(&sender, &broker.topics.applications, &keyed(&applications(first, 10)));
    }
    take_in(&worker).await.unwrap();
    assert_eq!((counts(&worker).await.accepted, counts(&worker).await.received), (50, 50));
    worker.ledger.close().await;
    broker.end().await;
}
