//! Deadlines follow the policy of the card's own region, also where many regions are settled together; and
//! what is locked at one partner stops no deadline of another.

use std::sync::Arc;
use std::time::Duration;

use cardline::args;
use cardline::config::Config;
use cardline::route::deadlines::Deadlines;
use cardline::route::intake::settle::ChunkSource;
use cardline::route::servicing::arriving::{ArrivingEvent, EventKind, Handed};
use cardline::route::servicing::event_dates;
use cardline::step::set_aside::Resting;
use cardline::step::{Worker, driver};
use cardline::store::Ledger;
use cardline::store::schema::Schema;
use cardline::store::timeouts::Timeouts;
use cardline_core::domain::policy::Policy;
use sha2::{Digest, Sha256};

use crate::conformance::arrivals::{Intake, TODAY, arriving, execute, now, number, why};
use crate::databases::{Database, Engine, on_both_engines};
use crate::steps::drain;

on_both_engines!(overdue_cards_and_cases_wait_as_their_region_says, events_set_the_days_of_the_cards_region,);

const HERE: &str = "110101";
const THERE: &str = "522634";

/// A ledger with a card of each of two regions, of which one gives more days.
async fn two_regions(database: &Database) -> (Worker, Intake) {
    let config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
    let mut worker = Worker::open(config, TODAY).await.unwrap();
    let more = "[version.region.52]\ncase_working_days = 9\nreturn_working_days = 40\n";
    let built_in = include_str!("../../../../schemas/policy.toml");
    worker.policy = Arc::new(Policy::load(&format!("{built_in}\n{more}")).unwrap());
    let mut intake = Intake::on(database).await;
    let of = |application: u32, region: &str| {
        let mut message = arriving(application, 1, &format!("person {application}"));
        message.facts.as_mut().unwrap().region = region.into();
        message
    };
    intake.settle(vec![of(1, HERE), of(2, THERE)]).await.unwrap();
    (worker, intake)
}

async fn days(ledger: &Ledger, sql: &'static str) -> Vec<(String, String)> {
    ledger.read().await.unwrap().rows(sql, args![]).await.unwrap()
}

fn expected(worker: &Worker, here: u32, there: u32) -> Vec<(String, String)> {
    let day = |region: &str, days| (region.to_owned(), worker.working_days_after(TODAY, days).to_string());
    vec![day(HERE, here), day(THERE, there)]
}

async fn overdue_cards_and_cases_wait_as_their_region_says(database: Database) {
    let (worker, intake) = two_regions(&database).await;
    execute(&intake.ledger, "UPDATE application SET due_on = '2026-01-01'").await;
    drain(&Deadlines, &worker, now()).await.unwrap();
    let cards = "SELECT region, due_on FROM application ORDER BY region";
    let cases =
        "SELECT a.region, k.due_on FROM desk_case k JOIN application a ON a.id = k.application ORDER BY a.region";
    assert_eq!(days(&intake.ledger, cards).await, expected(&worker, 5, 9));
    assert_eq!(days(&intake.ledger, cases).await, expected(&worker, 5, 9));
    // First a case is escalated, then it gets its next day.
    for _ in 0..2 {
        execute(&intake.ledger, "UPDATE desk_case SET due_on = '2026-01-01'").await;
        drain(&Deadlines, &worker, now()).await.unwrap();
        assert_eq!(days(&intake.ledger, cases).await, expected(&worker, 5, 9));
    }
    assert!(intake.ledger.overdue(TODAY).await.unwrap().is_empty());
    worker.ledger.close().await;
}

async fn events_set_the_days_of_the_cards_region(database: Database) {
    let (worker, intake) = two_regions(&database).await;
    execute(&intake.ledger, "DELETE FROM account_waiting").await;
    let in_hand = "UPDATE application SET place = 'in_hand', social = 'active'";
    assert_eq!(execute(&intake.ledger, in_hand).await, 2);
    let ended = |application: u32| ArrivingEvent {
        position: i64::from(application),
        event_id: Some(format!("ended-{application}")),
        digest: Sha256::digest(format!("ended {application}")).to_vec(),
        kind: Some(EventKind::Ended),
        reason: None,
        subject: format!("110101-20260105-{application:09}"),
        application: None,
        count: None,
        container: None,
        at: now(),
        actor: "suite".into(),
        evidence: None,
        place: None,
        handed: Handed::default(),
        mailing: None,
        because: Some("left".into()),
        encrypted: vec![1],
    };
    intake.ledger.positions("card.events", &[0]).await.unwrap();
    let source =
        ChunkSource { topic: "card.events".into(), partition: 0, first: 0, next: 2, stored: Some(0), generation: 1 };
    let lease = intake.ledger.take_lease("servicing", "suite", now(), 60).await.unwrap().unwrap();
    let dates = event_dates(&worker, TODAY);
    let counts = intake.ledger.settle_events(&lease, &source, vec![ended(1), ended(2)], &dates, why()).await.unwrap();
    assert_eq!(counts.accepted, 2);
    let cards = "SELECT region, due_on FROM application WHERE place = 'awaiting_return' ORDER BY region";
    assert_eq!(days(&intake.ledger, cards).await, expected(&worker, 20, 40));
    worker.ledger.close().await;
}

/// Only PostgreSQL locks rows; a SQLite file has one writer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_on_one_partners_batch_stops_no_other_deadline() {
    let database = Database::new(Engine::Postgres).await;
    let (mut worker, intake) = two_regions(&database).await;
    let patience = Timeouts { lock: Duration::from_millis(50), ..Timeouts::default() };
    worker.ledger.close().await;
    worker.ledger = Ledger::open_with(&database.url, &Schema::built_in(), patience).await.unwrap();
    for partner in ["ABC", "ICBC"] {
        let batch = format!(
            "INSERT INTO batch (number, kind, state, partner, region, bank, lane, cards, cut_on, due_on, owner)
             VALUES ('A-{partner}', 'account', 'sent', '{partner}', '110101', '{partner}', 'normal', 1, '2026-01-01', '2026-01-01', 'bank')"
        );
        execute(&intake.ledger, &batch).await;
    }
    execute(&intake.ledger, "UPDATE application SET due_on = '2026-01-01'").await;
    let overdue = async |of: &str| {
        let sql = format!("SELECT count(*) FROM {of} AND due_on = '2026-01-01'");
        number(&intake.ledger, &sql).await
    };
    let (own, others, cards) = (
        "batch WHERE partner = 'ICBC'",
        "batch WHERE partner <> 'ICBC'",
        "application a JOIN account_waiting w ON w.application = a.id WHERE TRUE",
    );
    assert_eq!((overdue(own).await, overdue(others).await, overdue(cards).await), (1, 1, 2));
    let mut holding = intake.ledger.begin().await.unwrap();
    holding.run("UPDATE batch SET cards = cards WHERE partner = 'ICBC'", args![]).await.unwrap();
    let run = async || driver::drain(&Deadlines, "care/deadlines", &worker, Resting::Try, now()).await.unwrap();
    assert_eq!(run().await.set_aside.len(), 1);
    assert_eq!((overdue(own).await, overdue(others).await, overdue(cards).await), (1, 0, 0));
    let told = worker.ledger.all_set_aside().await.unwrap();
    let told: Vec<_> = told.iter().map(|aside| (&aside.partner[..], &aside.unit[..], &aside.cause[..])).collect();
    assert_eq!(told, [("ICBC", "batches", "locked")]);
    drop(holding);
    assert!(run().await.set_aside.is_empty());
    assert_eq!((overdue(own).await, worker.ledger.all_set_aside().await.unwrap().len()), (0, 0));
    worker.ledger.close().await;
}
