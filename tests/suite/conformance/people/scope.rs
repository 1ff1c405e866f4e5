//! Who sees an area or a bank sees nothing else: not by list, count, id, trace or operation, and what lies
//! outside changes nothing of what is seen.

use cardline::batching::batch_list::BatchFilter;
use cardline::batching::batch_record::NewBatchAction;
use cardline::books::law::Scene;
use cardline::quarantine::operation_record::{name_operation, record_operation};
use cardline::quarantine::quarantined::{Selection, choose};
use cardline::route::intake::settle::ArrivingMessage;
use cardline::store::{Ledger, Stamp};
use cardline_core::domain::staff::Role;
use serde_json::{Value, json};

use super::users::{add, administered};
use crate::conformance::arrivals::{Intake, arriving, execute, now, number, unreadable, wrong};
use crate::conformance::laws::planted_offenders_are_found;
use crate::databases::{Database, on_both_engines};

on_both_engines!(what_lies_outside_is_as_if_absent, law_thirteen_sees_what_lay_outside);

/// The day laws are judged at: of the arrivals, nothing is due yet.
const DAY: u32 = 1;

fn at(mut message: ArrivingMessage, region: &str, bank: &str) -> ArrivingMessage {
    if let Some(facts) = message.facts.as_mut() {
        facts.region = region.into();
        facts.bank = bank.into();
    }
    message
}

fn id(application: u32) -> String {
    format!("110101-20260105-{application:09}")
}

/// One accepted and two refused applications of a place, a photo that waits, and a batch.
async fn fill(intake: &mut Intake, from: u32, region: &str, bank: &str) {
    let mut messages = vec![at(arriving(from, 1, &format!("p{from}")), region, bank)];
    messages.extend((1..3).map(|n| at(wrong(from + n, 1, &format!("p{}", from + n)), region, bank)));
    if let Some(facts) = messages[0].facts.as_mut() {
        facts.photo = format!("photos/{from}.jpg#00#1#2#3");
    }
    intake.settle(messages).await.unwrap();
    let ledger = &intake.ledger;
    execute(
        ledger,
        &format!("INSERT INTO rendition (source, fault, tries) VALUES ('photos/{from}.jpg#00#1#2#3', 'PHOTO-X', 1)"),
    )
    .await;
    execute(ledger, &format!("INSERT INTO batch (number, kind, state, partner, region, bank, lane, cards, cut_on, due_on, owner)
        VALUES ('B-{from}', 'account', 'sent', '{bank}', '{region}', '{bank}', 'normal', 1, '2026-01-05', '2026-02-05', 'partner')")).await;
}

/// Everything a viewer can read, by every way there is.
async fn seen(ledger: &Ledger) -> Value {
    let all = Selection::default();
    let held = ledger.quarantined(&all, 0, 100).await.unwrap();
    let groups = ledger.quarantined_groups(&all).await.unwrap();
    let mut found = Vec::new();
    for message in 1..=20 {
        if let Some(record) = ledger.quarantined_record(message).await.unwrap() {
            let rival = ledger.rival_of(&record).await.unwrap().map(|(rival, _)| rival.id);
            let neighbours: Vec<i64> = ledger.neighbours_of(&record).await.unwrap().iter().map(|n| n.id).collect();
            found.push(json!([record.id, rival, neighbours]));
        }
    }
    let mut traced = Vec::new();
    for application in 0..30 {
        traced.extend(ledger.trace(&id(application)).await.unwrap().map(|trace| trace.application_id));
    }
    let mut batches = Vec::new();
    for number in ["B-1", "B-11", "B-21"] {
        batches.extend(ledger.batch(number).await.unwrap().map(|(_, batch)| batch.number));
    }
    let pages = ledger.batches_matching(&BatchFilter { limit: 100, ..BatchFilter::default() }).await.unwrap();
    let messages = ledger.quarantine_messages(&all, 0, 100, now()).await.unwrap();
    let photos = ledger.waiting_photos(None).await.unwrap();
    json!({
        "held": held, "count": ledger.quarantined_count(&all).await.unwrap(), "groups": groups, "records": found, "traced": traced,
        "listed": ledger.batches(None, None).await.unwrap(), "batches": batches,
        "photos": photos.iter().map(|p| p.application_id.clone()).collect::<Vec<_>>(),
        "unfinished": ledger.unfinished_operations().await.unwrap(),
        "pages": pages, "messages": messages, "reasons": ledger.quarantine_groups(&all).await.unwrap(),
    })
}

/// A bulk operation on everything this ledger sees, recorded and not carried out.
async fn operation(ledger: &Ledger, what: &'static str) -> i64 {
    let mut tx = ledger.begin().await.unwrap();
    choose(&mut tx, &Selection::default()).await.unwrap();
    let actor = ledger.viewer().map_or("suite", |viewer| viewer.name.as_str());
    let digest = format!("all by {actor}");
    let request = cardline::quarantine::operation_record::Request {
        what,
        at: now(),
        actor,
        reason: None,
        digest,
        approval: None,
    };
    let (name, count) = name_operation(&mut tx, &request).await.unwrap();
    record_operation(&mut tx, &request, &name, count).await.unwrap();
    tx.commit().await.unwrap();
    count
}

async fn what_lies_outside_is_as_if_absent(database: Database) {
    let mut intake = Intake::on(&database).await;
    fill(&mut intake, 1, "110101", "ICBC").await;
    let boss = administered(&intake.ledger).await;
    let lin = intake.ledger.seen_by(add(&boss, "lin", Role::Operator, "", "1101").await);
    let files = intake.ledger.seen_by(add(&boss, "files", Role::BankIt, "ICBC", "").await);
    let both = intake.ledger.seen_by(add(&boss, "both", Role::Operator, "ICBC", "1101").await);
    let nothing = intake.ledger.seen_by(add(&boss, "nothing", Role::Operator, "CCB", "44").await);
    let before = [seen(&lin).await, seen(&files).await, seen(&both).await];
    assert_eq!((&before[0]["count"], before[0]["traced"].as_array().unwrap().len()), (&json!(2), 3));
    assert_eq!((&before[0]["batches"], before[0]["photos"].as_array().unwrap().len()), (&json!(["B-1"]), 1));
    assert!(before.iter().all(|seen| *seen == before[0]), "each of them sees all there is");

    fill(&mut intake, 11, "330106", "ABC").await;
    // Of nobody's application, and a message under an event id that is another area's.
    let mut stolen = at(arriving(2, 2, "p2"), "330106", "ABC");
    stolen.event_id = Some("event-12-1".into());
    intake.settle(vec![unreadable(), stolen]).await.unwrap();
    operation(&intake.ledger, "discard").await;
    let after = [seen(&lin).await, seen(&files).await, seen(&both).await];
    for (was, is) in before.iter().zip(&after) {
        for what in ["groups", "traced", "listed", "pages", "batches", "photos", "unfinished"] {
            let known = |seen: &Value| seen[what].clone();
            if what != "groups" {
                assert_eq!(known(was), known(is), "{what} tells of what lies outside");
            }
        }
        assert!(!is.to_string().contains("330106") && !is.to_string().contains("B-11"), "{is}");
    }
    // The stolen event id conflicts with a message outside, which is not shown beside it.
    let records = after[0]["records"].as_array().unwrap();
    assert!(records.iter().all(|record| record[1].as_i64().is_none_or(|rival| rival <= 3)), "{records:?}");

    let everything = seen(&boss).await;
    assert_eq!(everything["traced"].as_array().unwrap().len(), 6);
    assert_eq!(everything["count"], json!(6));
    let none = seen(&nothing).await;
    assert_eq!(
        (&none["count"], &none["traced"], &none["listed"], &none["records"], &none["photos"]),
        (&json!(0), &json!([]), &json!([]), &json!([]), &json!([]))
    );
    assert_eq!(nothing.ask_photos_again(None, now()).await.unwrap(), 0);
    assert_eq!(lin.ask_photos_again(Some(&id(11)), now()).await.unwrap(), 0);
    assert_eq!(lin.ask_photos_again(None, now()).await.unwrap(), 1);
    assert_eq!(operation(&lin, "retry").await, after[0]["count"].as_i64().unwrap(), "an operation takes what is seen");
    intake.ledger.close().await;
}

async fn law_thirteen_sees_what_lay_outside(database: Database) {
    let mut intake = Intake::on(&database).await;
    fill(&mut intake, 1, "110101", "ICBC").await;
    fill(&mut intake, 11, "330106", "ABC").await;
    let boss = administered(&intake.ledger).await;
    let lin = intake.ledger.seen_by(add(&boss, "lin", Role::Operator, "", "1101").await);
    let files = intake.ledger.seen_by(add(&boss, "files", Role::BankIt, "ICBC", "").await);
    for ledger in [&lin, &files] {
        let actor = ledger.viewer().unwrap().name.clone();
        let why = Stamp { at: now(), actor: &actor, reason: "" };
        ledger.record_reveal(2, vec![1], 20, why).await.unwrap();
    }
    let action = |what, actor: &str, stream: Option<&str>| NewBatchAction {
        at: now(),
        actor: actor.into(),
        what,
        stream: stream.map(str::to_owned),
        reason: Vec::new(),
        approval: None,
        number: None,
        errand: None,
    };
    lin.hold_stream("account/ICBC/110101", &action("hold", "lin", Some("account/ICBC/110101"))).await.unwrap();
    files.hold_stream("account/ICBC", &action("hold", "files", Some("account/ICBC"))).await.unwrap();
    execute(&intake.ledger, "UPDATE batch SET state = 'held' WHERE number = 'B-1'").await;
    let (batch, _) = lin.batch("B-1").await.unwrap().unwrap();
    lin.release_batch(batch, &action("release", "lin", None)).await.unwrap();
    let law = |no| intake.ledger.books(now(), true, Some(no));
    let result = law(13).await.unwrap();
    assert!(result.hold() && result.books[0].cases == 5, "{:?}", result.books[0].offending);
    planted_offenders_are_found(&intake.ledger, database.engine, Scene::Scopes, DAY).await;
    assert!(law(13).await.unwrap().hold(), "something was not put back");
    assert_eq!(number(&intake.ledger, "SELECT count(*) FROM act WHERE by_user IS NOT NULL").await, 2);
    intake.ledger.close().await;
}
