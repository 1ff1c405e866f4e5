//! Numbers and names of persons in places of codes, member names and events: what is stored of them is encrypted.

use cardline::quarantine::redaction::masked;
use cardline::store::Ledger;
use cardline::time::instant;
use jiff::civil::date;
use serde_json::{Value, json};

use crate::conformance::applications::quarantine::{Desk, FIRST_DAY, application};
use crate::conformance::arrivals::{execute, number, text_columns, texts};
use crate::databases::{Database, Engine, on_both_engines};

on_both_engines!(what_a_message_says_in_the_place_of_a_code_is_not_stored, an_event_brings_no_person_into_the_history);

/// A name with a citizen number, the number, a mobile number with a name, a PAN.
pub const PLANTED: [&str; 4] = [
    concat!("王小明", "110105", "19850208", "9471"),
    concat!("110105", "19850208", "9471"),
    concat!("138", "12345678", " 王小明"),
    concat!("622848", "0402564890018"),
];

/// What no column and no output may hold: whole or as a filter of digits would leave it.
const TELLING: [&str; 5] = [
    "王小明",
    concat!("110105", "19850208", "9471"),
    concat!("138", "12345678"),
    concat!("622848", "0402564890018"),
    concat!("05", "19850208", "9471"),
];

/// Places of an application in which somebody's number was found before.
const PLACES: [&str; 27] = [
    "/region",
    "/bank",
    "/opening_outlet",
    "/pickup/point",
    "/pickup/method",
    "/priority",
    "/channel",
    "/kind",
    "/photo/object",
    "/photo/source",
    "/photo/sha256",
    "/photo/bytes",
    "/event_id",
    "/application_id",
    "/revision",
    "/holder/address/region",
    "/holder/nationality",
    "/holder/sex",
    "/approved_at",
    "/consent/statement",
    "/previous_card",
    "/previous_card/card_number",
    "/previous_card/bank",
    "/agent",
    "/documents",
    "/documents/0/object",
    "/schema",
];

/// Every text column of the database in which one of the planted values stands.
pub async fn told(ledger: &Ledger, engine: Engine) -> Vec<String> {
    let columns = texts(ledger, text_columns(engine)).await;
    assert!(columns.len() > 100, "{columns:?}");
    let mut found = Vec::new();
    for column in columns {
        let (table, name) = column.split_once('.').unwrap();
        for value in TELLING {
            let sql = format!("SELECT count(*) FROM \"{table}\" WHERE CAST(\"{name}\" AS TEXT) LIKE '%{value}%'");
            if number(ledger, &sql).await > 0 {
                found.push(format!("{column} holds {value}"));
            }
        }
    }
    found
}

fn planted_applications() -> Vec<Value> {
    let previous = json!({ "card_number": "D2143569X", "bank": "ICBC", "reason": "lost" });
    let mut messages = Vec::new();
    for place in PLACES {
        for value in PLANTED {
            let mut message = application(messages.len() as u32 + 1, 1, json!({}));
            if place.starts_with("/previous_card/") {
                message["previous_card"] = previous.clone();
                message["kind"] = json!("replacement");
            }
            *message.pointer_mut(place).unwrap() = json!(value);
            messages.push(message);
        }
    }
    for (n, of) in ["", "/holder", "/pickup"].into_iter().enumerate() {
        let mut message = application(900 + n as u32, 1, json!({}));
        for name in
            PLANTED.iter().copied().chain([concat!("m138", "12345678"), concat!("id_110105", "19850208", "9471")])
        {
            message.pointer_mut(of).unwrap()[name] = json!({ name: [1] });
        }
        messages.push(message);
    }
    // A number that is a number.
    for (n, place) in ["/photo/bytes", "/photo/width", "/revision"].into_iter().enumerate() {
        let mut message = application(950 + n as u32, 1, json!({}));
        *message.pointer_mut(place).unwrap() = json!(110_105_198_502_089_471_u64);
        messages.push(message);
    }
    messages
}

async fn what_a_message_says_in_the_place_of_a_code_is_not_stored(database: Database) {
    let engine = database.engine;
    let desk = Desk::new(database).await;
    let messages = planted_applications();
    let counts = desk.take_in(&messages, instant(FIRST_DAY, 9, 0)).await;
    assert!(counts.rejected > 20 && counts.quarantined > 20, "{counts:?}");
    assert_eq!(told(desk.ledger(), engine).await, Vec::<String>::new());
    for message in &messages {
        let shown: String =
            masked(message.to_string().as_bytes()).into_iter().map(|s| s.path + " " + &s.value).collect();
        assert!(TELLING.iter().all(|value| !shown.contains(value)), "{shown}");
    }
    // What is an unknown member is noted at its place.
    let noted = "SELECT count(*) FROM finding WHERE rule = 'FIELD-UNKNOWN' AND field IN ('?', 'holder.?', 'pickup.?')";
    assert_eq!(number(desk.ledger(), noted).await, 3);
    // The look itself sees what is there.
    execute(desk.ledger(), &format!("UPDATE message SET reason = 'of {}' WHERE id = 1", PLANTED[2])).await;
    assert_eq!(told(desk.ledger(), engine).await.len(), 2, "a name and a number");
    execute(desk.ledger(), "UPDATE message SET reason = NULL WHERE id = 1").await;
    desk.books_hold(date(2026, 11, 24)).await;
    desk.end().await;
}

async fn an_event_brings_no_person_into_the_history(database: Database) {
    let engine = database.engine;
    let desk = Desk::new(database).await;
    assert_eq!(desk.take_in(&[application(1, 1, json!({}))], instant(FIRST_DAY, 9, 0)).await.accepted, 1);
    let event = |n: usize| {
        json!({ "schema": "card.event.v1", "event_id": format!("e-{n}"), "at": "2026-11-21T08:00:00+08:00",
            "actor": "desk-1", "type": "application.withdrawn", "application_id": Desk::id(1) })
    };
    let mut events = Vec::new();
    for value in PLANTED {
        for place in ["type", "card", "application_id", "event_id", "actor", "shipment", "reason", "by", "at", "schema"]
        {
            let mut event = event(events.len());
            event[place] = json!(value);
            events.push(event);
        }
        let mut event = event(events.len());
        event["evidence"] = json!([{ "kind": value, "sha256": value }]);
        event[value] = json!(value);
        events.insert(0, event);
    }
    desk.settle_events(&events, instant(FIRST_DAY, 10, 0)).await;
    assert_eq!(number(desk.ledger(), "SELECT count(*) FROM move WHERE to_state = 'withdrawn'").await, 1);
    assert_eq!(told(desk.ledger(), engine).await, Vec::<String>::new());
    desk.end().await;
}
