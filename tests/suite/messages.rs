//! The JSON Schemas of `schemas/messages` against everything that is really sent and read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cardline::crypto::keys::Keys;
use cardline::kafka::RawMessage;
use cardline::reference::tables::built_in_reference;
use cardline::route::servicing::read_event;
use cardline::time::instant;
use cardline_core::domain::message::{DecodeDefect, Expectation, decode};
use cardline_world::generate::applications::application;
use cardline_world::generate::plan::{KindChoice, Plan};
use cardline_world::play::{FIRST_DAY, day};
use jiff::civil::date;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::databases::{Database, Engine};
use crate::plays::Play;

const SCHEMAS: &[&str] = &[
    "card.application.v1",
    "card.event.v1",
    "card.outcome.v1",
    "card.notice.v1",
    "card.ecard.v1",
    "card.dead-letter.v1",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn schema(name: &str) -> Validator {
    let text = std::fs::read_to_string(root().join(format!("schemas/messages/{name}.json"))).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(schema["$id"], name);
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

/// What a message has against a schema; synthetic people only, so that values may be shown.
fn against(schema: &Validator, message: &Value) -> Vec<String> {
    schema.iter_errors(message).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// `pass.json` or `fail.json` of every rule.
fn rule_examples(file: &str) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(root().join("fixtures/rules")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = folders.map(|folder| folder.join(file)).filter(|path| path.is_file()).collect();
    paths.sort();
    paths
}

#[test]
fn every_schema_is_a_valid_schema_and_there_is_no_other() {
    let files = std::fs::read_dir(root().join("schemas/messages")).unwrap().map(|entry| entry.unwrap().file_name());
    let found: BTreeSet<String> = files.map(|name| name.into_string().unwrap()).collect();
    assert_eq!(found, SCHEMAS.iter().map(|name| format!("{name}.json")).collect());
    for name in SCHEMAS {
        let text = std::fs::read_to_string(root().join(format!("schemas/messages/{name}.json"))).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(jsonschema::meta::is_valid(&value), "{name}");
        assert!(!schema(name).is_valid(&json!({})), "{name} takes an empty message");
        assert!(!text.contains("additionalProperties"), "{name}: an unknown field is a note, never a refusal");
    }
}

#[test]
fn the_contracts_example_and_every_rules_examples_meet_the_schema() {
    let schema = schema("card.application.v1");
    let mut paths = vec![root().join("fixtures/rules/application.example.json")];
    paths.extend(rule_examples("pass.json"));
    // A rule looks at values; what fails it still has the shape of an application.
    paths.extend(rule_examples("fail.json"));
    assert!(paths.len() > 100, "the rules' examples were not found");
    for path in paths {
        assert_eq!(against(&schema, &read(&path)), Vec::<String>::new(), "{}", path.display());
    }
}

#[test]
fn generated_applications_meet_the_schema() {
    let schema = schema("card.application.v1");
    let regions = ["110101", "522634", "622926"].map(str::to_owned);
    let reference = built_in_reference().unwrap();
    let plan = Plan::new(3, 30, &regions, FIRST_DAY, &reference, 2).ok().unwrap();
    for index in 0..300 {
        let generated = application(&plan, index, day((index % 50) as u32), &KindChoice::FirstIssue);
        let message = serde_json::from_str(&generated.json).unwrap();
        assert_eq!(
            against(&schema, &message),
            Vec::<String>::new(),
            "{} {:?}",
            generated.application_id,
            generated.expected
        );
    }
}

/// Paths of every member of a message, lists by their first element.
fn members(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                found.push(format!("{path}/{name}"));
                members(inner, &format!("{path}/{name}"), found);
            }
        }
        Value::Array(list) => {
            if let Some(first) = list.first() {
                found.push(format!("{path}/0"));
                members(first, &format!("{path}/0"), found);
            }
        }
        _ => {}
    }
}

fn without(message: &Value, path: &str) -> Value {
    let (mut message, (parent, name)) = (message.clone(), path.rsplit_once('/').unwrap());
    match message.pointer_mut(parent).unwrap() {
        Value::Object(object) => drop(object.remove(name)),
        Value::Array(list) => drop(list.remove(0)),
        _ => {}
    }
    message
}

fn with(message: &Value, path: &str, value: Value) -> Value {
    let mut message = message.clone();
    *message.pointer_mut(path).unwrap() = value;
    message
}

#[test]
fn the_schema_and_the_reader_refuse_the_same_applications() {
    let schema = schema("card.application.v1");
    let mut example = read(&root().join("fixtures/rules/application.example.json"));
    example["holder"]["employer"] = json!({ "code": "x", "name": "y" });
    example["previous_card"] = json!({ "card_number": "A00000001", "bank": "ICBC", "reason": "lost" });
    let (mut paths, mut looked, mut refused) = (Vec::new(), 0, 0);
    members(&example, "", &mut paths);
    for path in &paths {
        let wrong =
            [json!(null), json!("no such word"), json!(true), json!(-1), json!(7), json!({}), json!({ "extra": 1 })];
        let mut edited: Vec<Value> = wrong.into_iter().map(|value| with(&example, path, value)).collect();
        edited.push(without(&example, path));
        for message in edited {
            let read = decode(message.to_string().as_bytes()).is_ok();
            looked += 1;
            refused += u32::from(!read);
            assert_eq!(read, schema.is_valid(&message), "at {path}: reader {read}; {:?}", against(&schema, &message));
        }
    }
    assert!(looked > 400 && refused > 200, "{looked} {refused}");
}

/// One event of every type of the contract.
fn events() -> Vec<Value> {
    let more = [
        ("point.received", json!({ "shipment": "S1", "box": "B1", "count": 3 })),
        ("point.short", json!({ "shipment": "S1", "box": "B1", "count": 2 })),
        ("point.over", json!({ "shipment": "S1", "box": "B1", "count": 2 })),
        ("point.damaged", json!({ "shipment": "S1", "box": "B1", "count": 1 })),
        ("point.wrong_box", json!({ "shipment": "S1", "box": "B1" })),
        ("shipment.received_city", json!({ "shipment": "S1", "count": 3 })),
        (
            "card.collected",
            json!({ "by": "guardian", "evidence": [{ "kind": "resident_id", "sha256": "0".repeat(64) }] }),
        ),
        ("card.handed_over", json!({})),
        ("card.sent_by_mail", json!({ "carrier": "POST", "tracking": "PA-1" })),
        ("card.delivered", json!({ "carrier": "POST", "tracking": "PA-1" })),
        ("card.returned_by_mail", json!({ "carrier": "POST", "tracking": "PA-1" })),
        ("card.missing", json!({ "box": "B1" })),
        ("card.found", json!({})),
        ("card.activated", json!({ "functions": "both" })),
        ("card.locked", json!({})),
        ("card.unlocked", json!({})),
        ("card.password_reset", json!({})),
        ("card.loss_reported", json!({ "formal": true })),
        ("card.loss_lifted", json!({})),
        ("holder.phone_changed", json!({ "mobile": "-" })),
        ("holder.died", json!({ "on": "2026-02-01" })),
        ("holder.left", json!({ "on": "2026-02-01" })),
        ("plastic.returned", json!({ "reason": "replaced" })),
        ("plastic.destroyed", json!({ "reason": "replaced", "witnesses": ["a", "b"] })),
        ("application.corrected", json!({})),
        ("application.withdrawn", json!({ "reason": "changed_mind" })),
    ];
    let event = |(kind, more): &(&str, Value)| {
        let mut event = json!({
            "schema": "card.event.v1", "event_id": format!("e-{kind}"), "type": kind, "at": "2026-02-01T08:40:00+08:00",
            "place": { "kind": "point", "code": "000000000000" }, "actor": "desk-1",
        });
        if !kind.starts_with("point.") {
            event["application_id"] = json!("110101-20260105-000000123");
        }
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    more.iter().map(event).collect()
}

#[test]
fn every_type_of_event_meets_the_schema_and_is_read() {
    let (schema, folder) = (schema("card.event.v1"), tempfile::tempdir().unwrap());
    let keys = Keys::make(folder.path()).unwrap();
    let text = std::fs::read_to_string(root().join("schemas/messages/card.event.v1.json")).unwrap();
    let listed: Value = serde_json::from_str(&text).unwrap();
    let kinds: Vec<Value> = events().iter().map(|event| event["type"].clone()).collect();
    assert_eq!(listed["properties"]["type"]["enum"], Value::Array(kinds));
    let mut refused = 0;
    for event in events() {
        assert_eq!(against(&schema, &event), Vec::<String>::new(), "{}", event["type"]);
        let mut edited: Vec<Value> =
            event.as_object().unwrap().keys().map(|name| without(&event, &format!("/{name}"))).collect();
        edited.push(event);
        for event in edited {
            let raw = RawMessage::new(0, event.to_string().into_bytes().into());
            let read = read_event(&keys, &raw, instant(date(2026, 2, 1), 9, 0)).unwrap();
            // The schema asks for more than we need to go on; what meets it must always be read.
            assert!(read.kind.is_some() || !schema.is_valid(&event), "{event}: {:?}", read.reason);
            refused += u32::from(!schema.is_valid(&event));
        }
    }
    assert!(refused > 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_sent_in_a_play_meets_its_schema() {
    let play = Play::played(Database::new(Engine::Sqlite).await, 11, 150, 50).await;
    let topics = play.worker.config.topics.clone();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let named = [
        (&topics.applications, 0),
        (&topics.events, 1),
        (&topics.outcomes, 2),
        (&topics.notices, 3),
        (&topics.ecards, 4),
        (&topics.dead_letters, 5),
    ];
    for (topic, number) in named {
        let (schema, mut ids) = (schema(SCHEMAS[number]), BTreeMap::<String, Vec<u8>>::new());
        for bytes in play.messages(topic) {
            let message: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            if number == 0
                && let Err(defect) = decode(&bytes)
            {
                // The world plants what cannot be read. The schema refuses it as we do, except what it
                // cannot see: how deep a member nobody knows is, and a member that stands twice.
                let seen = !matches!(&defect, DecodeDefect::TooDeep)
                    && !matches!(&defect, DecodeDefect::Shape { expectation: Expectation::Once, .. });
                assert!(!seen || !schema.is_valid(&message), "{topic}: {defect}");
                continue;
            }
            assert_eq!(against(&schema, &message), Vec::<String>::new(), "{topic}: {message}");
            let kind = ["type", "kind", "reason"].iter().find_map(|field| message[field].as_str()).unwrap_or("");
            *seen.entry(format!("{topic} {kind}")).or_default() += 1;
            if number > 1 {
                let id = message["event_id"].as_str().unwrap().to_owned();
                let same = ids.insert(id, bytes.clone()).is_none_or(|before| before == bytes);
                assert!(same, "{topic}: one event_id for two messages: {message}");
            }
        }
    }
    let told = ["outcomes accepted", "outcomes rejected", "outcomes produced", "outcomes ready"];
    let more = [
        "outcomes collected",
        "outcomes activated",
        "outcomes closed",
        "notices ready",
        "ecards requested",
        "ecards confirmed",
    ];
    for kind in told.iter().chain(&more) {
        assert!(seen.contains_key(&format!("card.{kind}")), "no card.{kind} in {seen:?}");
    }
    play.end().await;
}
