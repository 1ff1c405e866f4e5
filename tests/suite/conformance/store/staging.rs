//! Rows handed over in bulk come out as they went in, on both engines.

use cardline::route::intake::from_file;
use cardline::route::intake::settle::ArrivingMessage;
use cardline::{args, bulk_row};

use crate::conformance::arrivals::{Intake, arriving, now, number};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(
    odd_texts_and_bytes_survive,
    many_rows_survive_and_are_replaced,
    odd_identities_survive_intake,
    a_message_with_nul_never_stops_a_chunk,
);

bulk_row! {
    #[derive(PartialEq, Debug)]
    struct Odd in "odd" { id: i64, words: Option<String>, bytes: Option<Vec<u8>>, flag: bool }
}

const TEXTS: &[&str] = &[
    "",
    " ",
    "a\tb",
    "a\nb",
    "a\r\nb",
    "\\",
    "\\N",
    "\\.",
    "\\t",
    "a\\",
    "'",
    "\"",
    "';--",
    "𠮷",
    "龘\u{2CEB2}",
    "🀄",
    "ไทย",
    "\u{feff}x",
    "\u{1}\u{7f}",
    "e\u{301}",
    "{\"a\":\"\\u0000\"}",
    "NULL",
    "$1",
];

cardline::read_by_name!(Odd { id, words, bytes, flag });

fn odd(id: i64, words: &str, bytes: Vec<u8>, flag: bool) -> Odd {
    Odd { id, words: Some(words.to_owned()), bytes: Some(bytes), flag }
}

/// The table is temporary and of the test's own.
async fn staged(database: &Database, rows: Vec<Odd>) -> Vec<Odd> {
    let ledger = database.ledger().await;
    let mut tx = ledger.begin().await.unwrap();
    let ddl = "CREATE TEMPORARY TABLE odd (id BIGINT, words TEXT, bytes BYTEA, flag BOOLEAN)";
    tx.scratch(ddl, args![]).await.unwrap();
    tx.stage(vec![odd(-1, "to be replaced", vec![0], true)]).await.unwrap();
    tx.stage(rows).await.unwrap();
    tx.rows("SELECT id, words, bytes, flag FROM odd ORDER BY id", args![]).await.unwrap()
}

async fn odd_texts_and_bytes_survive(database: Database) {
    let bytes = |n: usize| -> Vec<u8> { (0..=255).cycle().skip(n).take(n * 37 % 600).collect() };
    let text = |n: usize| odd(n as i64, TEXTS[n], bytes(n), n.is_multiple_of(2));
    let null = || Odd { id: i64::MAX, words: None, bytes: None, flag: false };
    let long = || odd(i64::MIN, &"x".repeat(1_000_000), Vec::new(), true);
    let rows = (0..TEXTS.len()).map(text).chain([null(), long()]).collect();
    let found = staged(&database, rows).await;
    assert_eq!(found.len(), TEXTS.len() + 2);
    assert_eq!(found[0], long());
    for n in 0..TEXTS.len() {
        assert_eq!(found[n + 1], text(n));
    }
    assert_eq!(found[TEXTS.len() + 1], null());
}

async fn many_rows_survive_and_are_replaced(database: Database) {
    // Around the number of rows one statement of SQLite can bind.
    for count in [0_i64, 1, 3_999, 4_000, 4_001, 10_000] {
        let row = |n: i64| odd(n, &format!("{n}\t\\"), vec![(n % 256) as u8], false);
        let rows = (0..count).map(row).collect();
        let found = staged(&database, rows).await;
        assert_eq!(found.len() as i64, count);
        assert!(found.iter().zip(0..).all(|(found, n)| *found == row(n)), "{count} rows");
    }
}

async fn odd_identities_survive_intake(database: Database) {
    let mut intake = Intake::on(&database).await;
    let odd = |n: usize, text: &str| ArrivingMessage {
        event_id: Some(format!("e{n}{text}")),
        application_id: Some(format!("a{n}{text}")),
        encrypted: text.as_bytes().to_vec(),
        ..arriving(n as u32, 1, text)
    };
    let all = || TEXTS.iter().enumerate().map(|(n, text)| odd(n, text)).collect::<Vec<_>>();
    assert_eq!(intake.settle(all()).await.unwrap().accepted, TEXTS.len() as i64);
    assert_eq!(intake.settle(all()).await.unwrap().repeated, TEXTS.len() as i64);
    for (n, text) in TEXTS.iter().enumerate() {
        let trace = intake.ledger.trace(&format!("a{n}{text}")).await.unwrap();
        assert!(trace.is_some_and(|trace| trace.application_id == format!("a{n}{text}")), "{text:?}");
    }
    // The order of application ids is the order of bytes on both engines: batches are cut in it.
    let ordered = "SELECT application_id FROM application ORDER BY application_id";
    let found = intake.ledger.read().await.unwrap().rows::<(String,)>(ordered, args![]).await.unwrap();
    assert!(found.is_sorted());
}

/// NUL is the one character PostgreSQL's text cannot hold; a producer may still send it.
async fn a_message_with_nul_never_stops_a_chunk(database: Database) {
    let path = database.folder.path().join("nul.ndjson");
    let example =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rules/ADDRESS-LENGTH/pass.json"));
    let example: serde_json::Value = serde_json::from_str(&example.unwrap()).unwrap();
    let places = [
        "/event_id",
        "/application_id",
        "/region",
        "/bank",
        "/opening_outlet",
        "/holder/name",
        "/holder/id_number",
        "/approved_at",
        "/holder/address/detail",
        "/photo/object",
        "/pickup/point",
        "/consent/statement",
    ];
    let mut lines = String::new();
    for (n, place) in places.iter().enumerate() {
        let mut message = example.clone();
        message["event_id"] = format!("nul-{n}").into();
        message["application_id"] = format!("110101-20261120-{n:09}").into();
        if let Some(value) = message.pointer_mut(place) {
            *value = format!("{}\0", value.as_str().unwrap_or_default()).into();
        }
        message[format!("unknown\0{n}")] = true.into();
        lines.push_str(&format!("{message}\n"));
    }
    std::fs::write(&path, lines).unwrap();
    let play = Play::new(database, 1, 0, 1).await;
    let counts = from_file(&play.worker, &path, now(), |_, _| ()).await.unwrap();
    assert_eq!((counts.received, counts.quarantined), (places.len() as i64, 2), "{counts:?}");
    let ledger = &play.worker.ledger;
    assert_eq!(number(ledger, "SELECT count(*) FROM message WHERE reason = 'KEY-FORM'").await, 2);
    let report = ledger.books(now(), true, None).await.unwrap();
    assert_eq!(crate::plays::broken(&report), Vec::<String>::new());
    play.end().await;
}
