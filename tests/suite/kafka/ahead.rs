//! A chunk that was read and checked while the one before it was settled is used once, or given up and
//! read again; it is never passed over.

use std::time::Instant;

use cardline::kafka::{PartitionChunk, Reader};
use cardline::route::intake::FromKafka;
use cardline::step::{StageError, Step, Worker};
use rdkafka::producer::Producer;

use super::{Broker, PATIENCE, books_hold, counts, queue};
use crate::conformance::arrivals::now;
use crate::databases::{Database, on_both_engines};
use crate::steps::once;

on_both_engines!(what_another_worker_took_meanwhile_is_given_up);

/// Unreadable messages of 100 kB: a chunk holds fewer than a hundred of them.
fn large(count: usize) -> Vec<(String, Vec<u8>)> {
    (0..count).map(|n| (format!("key-{n}"), format!("{n}{}", "x".repeat(100_000)).into_bytes())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_read_ahead_is_given_once_or_read_again() {
    let broker = Broker::new(1).await;
    let topic = broker.topics.applications.clone();
    let sender = broker.sender(Some(&topic));
    sender.init_transactions(PATIENCE).unwrap();
    sender.begin_transaction().unwrap();
    queue(&sender, &topic, &large(110));
    sender.commit_transaction(PATIENCE).unwrap();
    tokio::task::block_in_place(|| {
        let (mut reader, first) = from_the_beginning(&broker, &topic);
        // Behind the last messages there is only the end of the transaction.
        let ahead = reader.read_ahead().unwrap().unwrap();
        assert_eq!((ahead.stored, first.messages.len() + ahead.messages.len()), (first.next, 110));
        let second = reader.next_chunk(&[(0, first.next)]).unwrap().unwrap();
        assert_eq!((second.stored, second.next), (ahead.stored, ahead.next));
        assert!(reader.read_ahead().unwrap().is_none());
        assert!(reader.next_chunk(&[(0, second.next)]).unwrap().is_none());

        // The first chunk could not be settled: it comes again, and then what was read ahead of it.
        let (mut reader, _) = from_the_beginning(&broker, &topic);
        reader.read_ahead().unwrap().unwrap();
        let again = reader.next_chunk(&[(0, 0)]).unwrap().unwrap();
        assert_eq!((again.stored, again.next), (0, first.next));
        let second = reader.next_chunk(&[(0, first.next)]).unwrap().unwrap();
        assert_eq!((second.stored, second.messages.len()), (first.next, ahead.messages.len()));
    });
    broker.end().await;
}

/// A reader and the first chunk. The broker answers a commit before it shows the messages.
fn from_the_beginning(broker: &Broker, topic: &str) -> (Reader, PartitionChunk) {
    let began = Instant::now();
    loop {
        let mut reader = Reader::connect(&cardline::kafka::Broker::at(&broker.servers), topic).unwrap();
        if let Some(first) = reader.next_chunk(&[(0, 0)]).unwrap() {
            return (reader, first);
        }
        assert!(began.elapsed() < PATIENCE, "nothing came");
    }
}

async fn what_another_worker_took_meanwhile_is_given_up(database: Database) {
    let broker = Broker::new(1).await;
    let (first, second) = (broker.worker(&database, "first").await, broker.worker(&database, "second").await);
    broker.send(&broker.topics.applications, &large(300));
    // Each leaves with a chunk that it checked ahead and that the other takes in.
    for round in 0.. {
        let worker = if round % 2 == 0 { &first } else { &second };
        if once(&FromKafka, worker, now()).await.unwrap() == cardline::step::Ran::Idle {
            break;
        }
        assert!(round < 10, "it does not end");
    }
    assert_eq!((counts(&first).await.quarantined, counts(&first).await.received), (300, 300));

    // A lost settling leaves nothing that is used later.
    broker.send(&broker.topics.applications, &large(200));
    let late = claimed_and_checked(&first).await;
    once(&FromKafka, &second, now() + jiff::SignedDuration::from_secs(61)).await.unwrap();
    let lost: Result<(), StageError> = FromKafka.settle(&first, late, now()).await;
    assert!(lost.is_err());
    FromKafka.forget(&first);
    let later = now() + jiff::SignedDuration::from_secs(122);
    crate::steps::drain(&FromKafka, &first, later).await.unwrap();
    assert_eq!((counts(&first).await.quarantined, counts(&first).await.received), (500, 500));
    books_hold(&first).await;
    first.ledger.close().await;
    second.ledger.close().await;
    broker.end().await;
}

async fn claimed_and_checked(worker: &Worker) -> <FromKafka as Step>::Worked<'_> {
    let claimed = crate::steps::claim(&FromKafka, worker, now()).await.unwrap().unwrap();
    tokio::task::block_in_place(|| FromKafka.work(worker, claimed, now())).unwrap()
}
