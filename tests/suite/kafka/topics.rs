//! Topics that are missing, mistyped, deleted or forbidden: reported by name, at once, with advice that fits.

use std::ffi::CString;
use std::time::{Duration, Instant};

use cardline::kafka::{BrokerError, Operation, Reader};
use cardline::messages::history::{Relay, Seal};
use cardline::step::StageError;
use rdkafka::bindings as library;
use rdkafka::bindings::rd_kafka_AclOperation_t as Granted;
use rdkafka::error::RDKafkaErrorCode;
use serde_json::Value;

use super::{Broker, PATIENCE, applications, books_hold, counts, take_in};
use crate::conformance::arrivals::now;
use crate::databases::{Database, Engine, on_both_engines};
use crate::steps::drain;

on_both_engines!(
    an_input_topic_that_is_missing_is_an_error_of_its_step,
    what_cannot_be_told_for_want_of_a_topic_waits_and_is_told_later,
);

/// What `doctor` says of each topic, with its advice.
fn doctor(broker: &Broker, database: &Database) -> Vec<(String, String)> {
    let output = broker.cardline(database, &["doctor", "--output", "json"]);
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let topics = findings.iter().filter(|f| f["what"] == "topic" && f["verdict"] != "ok");
    topics.map(|f| (f["found"].to_string(), f["do"].to_string())).collect()
}

async fn an_input_topic_that_is_missing_is_an_error_of_its_step(database: Database) {
    let mut broker = Broker::new(2).await;
    let there = broker.topics.applications.clone();
    broker.topics.applications = format!("{there}-mistyped");
    let worker = broker.worker(&database, "one").await;
    let error = take_in(&worker).await.expect_err("nobody would see that nothing comes");
    assert!(
        matches!(&error, StageError::Broker(BrokerError::NoTopic { topic, .. }) if topic.ends_with("-mistyped")),
        "{error}"
    );
    assert!(error.to_string().contains("create it"), "{error}");
    let found = doctor(&broker, &database);
    assert!(found.len() == 1 && found[0].0.contains("-mistyped") && found[0].1.contains("create it"), "{found:?}");
    worker.ledger.close().await;

    broker.topics.applications = there.clone();
    let worker = broker.worker(&database, "one").await;
    broker.send_applications(&applications(0, 20));
    take_in(&worker).await.unwrap();
    // Deleted under a running worker; the topic may take a moment to go.
    broker.delete(&there).await;
    let error = loop {
        if let Err(error) = take_in(&worker).await {
            break error;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(matches!(&error, StageError::Broker(BrokerError::TopicGone { topic, .. }) if *topic == there), "{error}");
    assert!(!error.to_string().contains("create it"), "{error}");
    let found = doctor(&broker, &database);
    assert!(found.len() == 1 && found[0].0.contains("any more") && !found[0].1.contains("create it"), "{found:?}");
    let listed = broker.cardline(&database, &["topic", "list"]);
    assert_eq!(listed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&listed.stderr).contains("any more"));
    assert_eq!(counts(&worker).await.accepted, 20);
    books_hold(&worker).await;
    worker.ledger.close().await;
    broker.create(&there, 1).await;
    broker.end().await;
}

async fn what_cannot_be_told_for_want_of_a_topic_waits_and_is_told_later(database: Database) {
    let broker = Broker::new(1).await;
    let worker = broker.worker(&database, "one").await;
    broker.send_applications(&applications(0, 5));
    take_in(&worker).await.unwrap();
    drain(&Seal, &worker, now()).await.unwrap();
    broker.delete(&broker.topics.outcomes).await;
    // At once, which a machine that stands still may hide once.
    let (mut quickest, mut error) = (Duration::MAX, None);
    for _ in 0..3 {
        let started = Instant::now();
        error = drain(&Relay, &worker, now()).await.err();
        quickest = quickest.min(started.elapsed());
    }
    let error = error.expect("there is no such topic");
    let expected = broker.topics.outcomes.clone();
    assert!(
        matches!(&error, StageError::Broker(BrokerError::NoOutgoingTopic { topic, .. }) if *topic == expected),
        "{error}"
    );
    assert!(quickest < Duration::from_secs(9), "{quickest:?}");
    let found = doctor(&broker, &database);
    assert!(found.len() == 1 && found[0].0.contains(&expected), "{found:?}");
    broker.create(&broker.topics.outcomes, 1).await;
    while drain(&Relay, &worker, now()).await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(broker.heard(&broker.topics.outcomes).len(), 5);
    worker.ledger.close().await;
    broker.end().await;
}

/// Grants everybody these operations on one topic; from then on nobody may do anything else with it. The
/// library's safe part has no call for it.
fn grant(broker: &Broker, topic: &str, operations: &[Granted]) {
    let (topic, everybody, everywhere) = (c_string(topic), c_string("User:*"), c_string("*"));
    let mut words = [0; 512];
    // SAFETY: the client and the strings outlive the calls; what is allocated is given back at the end.
    let told = unsafe {
        let client = broker.admin.inner().native_ptr();
        let mut bindings: Vec<_> = operations
            .iter()
            .map(|operation| {
                library::rd_kafka_AclBinding_new(
                    library::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC,
                    topic.as_ptr(),
                    library::rd_kafka_ResourcePatternType_t::RD_KAFKA_RESOURCE_PATTERN_LITERAL,
                    everybody.as_ptr(),
                    everywhere.as_ptr(),
                    *operation,
                    library::rd_kafka_AclPermissionType_t::RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW,
                    words.as_mut_ptr(),
                    words.len(),
                )
            })
            .collect();
        let queue = library::rd_kafka_queue_new(client);
        library::rd_kafka_CreateAcls(client, bindings.as_mut_ptr(), bindings.len(), std::ptr::null(), queue);
        let event = library::rd_kafka_queue_poll(queue, PATIENCE.as_millis() as i32);
        let told = (!event.is_null()).then(|| RDKafkaErrorCode::from(library::rd_kafka_event_error(event)));
        library::rd_kafka_event_destroy(event);
        library::rd_kafka_queue_destroy(queue);
        bindings.into_iter().for_each(|binding| library::rd_kafka_AclBinding_destroy(binding));
        told
    };
    assert_eq!(told, Some(RDKafkaErrorCode::NoError));
}

fn c_string(text: &str) -> CString {
    CString::new(text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_may_not_be_used_is_told_with_the_permission_that_is_missing() {
    let database = Database::new(Engine::Sqlite).await;
    let broker = Broker::new(1).await;
    let worker = broker.worker(&database, "one").await;
    broker.send_applications(&applications(0, 5));
    take_in(&worker).await.unwrap();
    drain(&Seal, &worker, now()).await.unwrap();
    let (read, written) = (broker.topics.applications.clone(), broker.topics.outcomes.clone());
    tokio::task::block_in_place(|| {
        use Granted::{
            RD_KAFKA_ACL_OPERATION_DELETE as DELETE, RD_KAFKA_ACL_OPERATION_DESCRIBE as DESCRIBE,
            RD_KAFKA_ACL_OPERATION_READ as READ, RD_KAFKA_ACL_OPERATION_WRITE as WRITE,
        };
        grant(&broker, &read, &[DESCRIBE, WRITE, DELETE]);
        grant(&broker, &written, &[DESCRIBE, READ, DELETE]);
    });
    let refused = |error: &StageError, topic: &str, wanted: Operation| matches!(error, StageError::Broker(BrokerError::NotAllowed { topic: t, operation }) if t == topic && *operation == wanted);
    let error = loop {
        if let Err(error) = take_in(&worker).await {
            break error;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(refused(&error, &read, Operation::Read) && error.to_string().contains("READ"), "{error}");
    // The server takes in one permission after the other.
    let found = loop {
        let found = doctor(&broker, &database);
        if found.len() > 1 {
            break found;
        }
    };
    assert!(found.len() == 2 && found[0].1.contains("READ") && found[1].1.contains("WRITE"), "{found:?}");
    let error = drain(&Relay, &worker, now()).await.expect_err("it may not be written");
    assert!(refused(&error, &written, Operation::Write) && error.to_string().contains("WRITE"), "{error}");
    worker.ledger.close().await;
    broker.end().await;
}

/// All partitions are asked about at once, and each is reported as if it had been asked alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_partitions_are_asked_about_at_once() {
    const PARTITIONS: i32 = 60;
    let database = Database::new(Engine::Sqlite).await;
    let broker = Broker::new(1).await;
    let topic = broker.topics.applications.clone();
    broker.grow(&topic, PARTITIONS as usize).await;
    let worker = broker.worker(&database, "one").await;
    tokio::task::block_in_place(|| {
        let reader = Reader::connect(&cardline::kafka::Broker::at(&broker.servers), &topic).unwrap();
        while reader.partitions().unwrap().len() < PARTITIONS as usize {
            std::thread::sleep(Duration::from_millis(50));
        }
        broker.send_applications(&applications(0, 90));
        let partitions = reader.partitions().unwrap();
        let started = Instant::now();
        let together: Vec<_> =
            reader.ranges(&partitions).unwrap().iter().map(|r| (r.partition, r.low, r.high)).collect();
        let at_once = started.elapsed();
        let alone: Vec<_> =
            partitions.iter().map(|p| reader.range(*p).unwrap()).map(|r| (r.partition, r.low, r.high)).collect();
        println!("{PARTITIONS} partitions at once {at_once:.1?}, one by one {:.1?}", started.elapsed() - at_once);
        assert_eq!(together, alone);
        assert_eq!(together.iter().map(|(_, _, high)| high).sum::<i64>(), 90);
    });
    take_in(&worker).await.unwrap();
    assert_eq!(counts(&worker).await.accepted, 90);
    worker.ledger.close().await;
    broker.end().await;
}
