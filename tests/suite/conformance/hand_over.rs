//! What a hand-over must show: refused or made a case, as the policy says; and events of another place or of the future.

use cardline::kafka::RawMessage;
use cardline::route::distribution::windows::OpenWindows;
use cardline::route::servicing::read_event;
use cardline::step::Worker;
use cardline::time::instant;
use cardline_core::domain::policy::Policy;
use cardline_world::play::day;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::conformance::arrivals::{number, texts};
use crate::conformance::batching::batches::{laws_hold, morning, played};
use crate::conformance::receipts::told;
use crate::databases::{Database, on_both_engines};
use crate::steps::drain;

on_both_engines!(a_hand_over_shows_what_the_policy_asks_for);

/// A card on a shelf, and where.
struct OnShelf {
    application: String,
    point: String,
}

async fn on_shelf(worker: &Worker, which: &str) -> Vec<OnShelf> {
    let sql = format!(
        "SELECT a.application_id || ' ' || s.point FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
         JOIN application a ON a.id = m.application WHERE NOT s.done AND s.place = 'on_shelf' AND a.place IS NULL AND {which} ORDER BY a.id"
    );
    let card = |row: String| {
        let (application, point) = row.split_once(' ').unwrap();
        OnShelf { application: application.into(), point: point.into() }
    };
    texts(&worker.ledger, sql.leak()).await.into_iter().map(card).collect()
}

fn collected(card: &OnShelf, by: &str, shown: &[&str]) -> Value {
    let evidence: Vec<_> = shown
        .iter()
        .map(|kind| json!({ "kind": kind, "sha256": format!("{kind:0>64.64}").replace('_', "0") }))
        .collect();
    json!({ "type": "card.collected", "application_id": card.application, "by": by, "evidence": evidence,
        "place": { "kind": "other", "code": card.point }, "at": morning().to_string() })
}

async fn place(worker: &Worker, card: &OnShelf) -> String {
    let sql = format!("SELECT place FROM card WHERE application_id = '{}'", card.application);
    texts(&worker.ledger, sql.leak()).await.remove(0)
}

const REASONS: &str = "SELECT k.reason FROM desk_case k WHERE k.reason LIKE 'handed over%' ORDER BY k.id";

async fn a_hand_over_shows_what_the_policy_asks_for(database: Database) {
    let mut play = played(database).await;
    drain(&OpenWindows, &play.worker, morning()).await.unwrap();
    let adults = on_shelf(&play.worker, "a.method <> 'agent_at_outlet'").await;
    let minors = on_shelf(&play.worker, "a.method = 'agent_at_outlet'").await;
    assert!(adults.len() > 6 && minors.len() > 2, "the play shows too little: {} {}", adults.len(), minors.len());
    assert_eq!(texts(&play.worker.ledger, REASONS).await, [""; 0], "the world shows what it must");

    what_lacks_something_is_a_case(&play.worker, &adults, &minors).await;
    laws_hold(&play, "hand-overs that lack something").await;
    what_lacks_something_is_refused(&mut play.worker, &adults, &minors).await;
    laws_hold(&play, "hand-overs that were refused").await;
    nothing_happens_in_the_future(&play.worker, &adults[5]);
    play.end().await;
}

/// The card is gone: it is recorded, and a person looks into it.
async fn what_lacks_something_is_a_case(worker: &Worker, adults: &[OnShelf], minors: &[OnShelf]) {
    let mut elsewhere = collected(&adults[1], "holder", &["id_front"]);
    elsewhere["place"]["code"] = json!("999999999999");
    let events = [
        collected(&adults[0], "holder", &[]),
        elsewhere,
        collected(&minors[0], "holder", &["id_front"]),
        collected(&adults[2], "agent", &["agent_id_front", "id_front"]),
    ];
    let mut years_ago = collected(&adults[6], "holder", &["id_front"]);
    years_ago["at"] = json!("2020-02-11T10:00:00Z");
    let events = events.into_iter().chain([years_ago]).collect::<Vec<_>>();
    let counts = told(worker, "case", &events, morning()).await;
    assert_eq!((counts.accepted, counts.rejected), (5, 0));
    for card in [&adults[0], &adults[1], &minors[0], &adults[2], &adults[6]] {
        assert_eq!(place(worker, card).await, "in_hand");
    }
    let found = texts(&worker.ledger, REASONS).await;
    let expected = [
        "handed over without everything that must be shown",
        "handed over elsewhere than where it is collected",
        "handed over to somebody who may not take it",
        "handed over before it lay there",
    ];
    assert_eq!(found, expected);
    // The same again is a repeat and no second case.
    assert_eq!(told(worker, "case", &events, morning()).await.repeated, 5);
    assert_eq!(texts(&worker.ledger, REASONS).await.len(), 4);
}

/// Where the policy says so the card counts as lying where it was.
async fn what_lacks_something_is_refused(worker: &mut Worker, adults: &[OnShelf], minors: &[OnShelf]) {
    let shipped = include_str!("../../../schemas/policy.toml");
    let strict = shipped.replacen("hand_over_lacking = \"case\"", "hand_over_lacking = \"refuse\"", 1);
    let before = std::mem::replace(&mut worker.policy, std::sync::Arc::new(Policy::load(&strict).unwrap()));
    let mut one_paper = collected(&adults[3], "agent", &["agent_id_front", "id_front"]);
    one_paper["evidence"][1]["sha256"] = one_paper["evidence"][0]["sha256"].clone();
    let mut elsewhere = collected(&adults[4], "holder", &["id_front"]);
    elsewhere["place"]["code"] = json!(adults[0].point.chars().rev().collect::<String>());
    let events = [
        one_paper,
        elsewhere,
        collected(&minors[1], "unit", &["id_front"]),
        collected(&minors[1], "guardian", &["agent_id_front"]),
        collected(&adults[5], "nobody", &[]),
    ];
    let counts = told(worker, "refused", &events, morning()).await;
    assert_eq!((counts.accepted, counts.rejected), (0, 5));
    let codes = "SELECT reason FROM message WHERE event_id LIKE 'refused-%' ORDER BY event_id";
    assert_eq!(
        texts(&worker.ledger, codes).await,
        ["HAND-OVER-PAPERS", "HAND-OVER-PLACE", "HAND-OVER-BY", "HAND-OVER-PAPERS", "HAND-OVER-BY"]
    );
    for card in [&adults[3], &adults[4], &minors[1]] {
        assert_eq!(place(worker, card).await, "on_shelf");
    }
    assert_eq!(texts(&worker.ledger, REASONS).await.len(), 4);
    let whole = [collected(
        &minors[1],
        "guardian",
        &["agent_id_front", "household_holder_page", "birth_certificate", "holder_present"],
    )];
    assert_eq!(told(worker, "whole", &whole, morning()).await.accepted, 1);
    assert_eq!(place(worker, &minors[1]).await, "in_hand");
    let present = "SELECT count(*) FROM move WHERE evidence LIKE '%holder_present%'";
    assert!(number(&worker.ledger, present).await > 0);
    worker.policy = before;
}

fn nothing_happens_in_the_future(worker: &Worker, card: &OnShelf) {
    let now: Timestamp = instant(day(22), 8, 0);
    for (hours, expected) in [(23, None), (25, Some("EVENT-FUTURE"))] {
        let mut event = collected(card, "holder", &["id_front"]);
        event["schema"] = json!("card.event.v1");
        event["event_id"] = json!("ahead");
        event["actor"] = json!("point-desk");
        event["at"] = json!((now + jiff::SignedDuration::from_hours(hours)).to_string());
        let raw = RawMessage::new(1, event.to_string().into_bytes().into());
        assert_eq!(read_event(&worker.keys, &raw, now).unwrap().reason.as_deref(), expected);
    }
}
