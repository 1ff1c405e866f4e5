//! Why a card is due on its day: reckoned again from the history, for every card of a play that is not finished.

use std::collections::BTreeSet;
use std::path::Path;

use cardline::actions::outcome::{ActionError, Instruction};
use cardline::args;
use cardline::books::day_explained::{ExplainedDay, explain_day};
use cardline::books::person_cards::find_person;
use cardline::books::way::card_way;
use cardline::crypto::keys::RecordOf;
use cardline::step::Worker;
use cardline::time::instant;
use cardline_core::domain::staff::Role;
use cardline_core::state_machines::{APPLICATION, CARD};
use cardline_world::play::day;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use crate::conformance::arrivals::{execute, texts};
use crate::conformance::missing::about;
use crate::conformance::people::users::{add, administered};
use crate::conformance::receipts::told;
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(every_day_is_the_one_reckoned_again);

const DAYS: u32 = 22;
const ALL: &str = "SELECT application_id FROM application ORDER BY id";
/// Leishan keeps a window open longer than others.
const IN_LEISHAN: &str = "SELECT a.application_id FROM application a JOIN card c ON c.id = a.id
    WHERE c.place = 'on_shelf' AND a.region = '522634' ORDER BY a.id";
const ELSEWHERE: &str = "SELECT a.application_id FROM application a JOIN card c ON c.id = a.id
    WHERE c.place = 'on_shelf' AND a.region <> '522634' ORDER BY a.id";

fn evening(n: u32) -> Timestamp {
    instant(day(n), 18, 0)
}

async fn explained(worker: &Worker, id: &str, n: u32) -> ExplainedDay {
    explain_day(worker, id, evening(n)).await.unwrap().unwrap()
}

async fn every_day_is_the_one_reckoned_again(database: Database) {
    let mut play = Play::new(database, 3, 60, DAYS).await;
    let (mut kinds, mut changes) = (BTreeSet::new(), BTreeSet::new());
    for n in 0..DAYS {
        play.day(n).await;
        if n % 7 < 6 && n + 1 < DAYS {
            continue;
        }
        for id in texts(&play.worker.ledger, ALL).await {
            let shown = explained(&play.worker, &id, n).await;
            assert!(shown.agrees, "on day {n}: {shown:?}");
            let is_due = shown.kind == "activation" && shown.state == "in_hand"
                || APPLICATION.unfinished().chain(CARD.unfinished()).any(|state| state == shown.state);
            assert_eq!((is_due, is_due), (shown.kind != "none", shown.rule.is_some()), "{shown:?}");
            kinds.insert(shown.kind);
            changes.extend(shown.changed.iter().map(|change| change.why));
        }
    }
    let seen =
        ["activation", "answer", "correction", "mail", "none", "production", "promise", "transit", "unit", "window"];
    assert_eq!(kinds, BTreeSet::from(seen));
    assert_eq!(changes, BTreeSet::from(["answer", "asked again"]));
    the_way_and_a_look_up_say_the_same(&play.worker).await;
    a_window_names_its_region(&play.worker).await;
    scope_is_that_of_a_trace(&play.worker).await;
    a_day_nobody_set_does_not_agree(&play.worker).await;
}

/// Whether anything is due: nothing is of a card in use, though the ledger remembers the day of the last step.
async fn the_way_and_a_look_up_say_the_same(worker: &Worker) {
    const SOME: &str = "SELECT m.id, m.sealed, a.application_id FROM application a JOIN message m ON m.id = a.message
        JOIN card c ON c.id = a.id WHERE a.state <> 'rejected' ORDER BY c.place <> 'in_hand', a.id";
    let in_hand =
        "SELECT application_id FROM application WHERE place = 'in_hand' AND old_number IS NULL ORDER BY id LIMIT 1";
    let mut activated = about("card.activated", &texts(&worker.ledger, in_hand).await[0]);
    activated["functions"] = "both".into();
    assert_eq!(told(worker, "activated", &[activated], evening(DAYS - 1)).await.accepted, 1);
    for id in texts(&worker.ledger, ALL).await {
        let way = card_way(&worker.ledger, Path::new(""), &id, day(DAYS - 1)).await.unwrap().unwrap();
        assert_eq!(way.is_owed(), explained(worker, &id, DAYS - 1).await.due_on.is_some(), "{id}");
    }
    let by = Instruction { actor: "lin", reason: "asks", at: evening(DAYS - 1), approval: None };
    let mut seen = BTreeSet::new();
    let rows = worker.ledger.read().await.unwrap().rows::<(i64, Vec<u8>, String)>(SOME, args![]).await.unwrap();
    let last = rows.len().saturating_sub(8);
    for (at, (message, sealed, id)) in rows.into_iter().enumerate() {
        if (8..last).contains(&at) {
            continue;
        }
        let plain = worker.keys.decrypt_of(RecordOf::Message(message), &sealed).unwrap();
        let told: Value = serde_json::from_slice(&plain).unwrap();
        if told["holder"]["id_type"] != "resident_id" {
            continue;
        }
        let found = match find_person(worker, told["holder"]["id_number"].as_str().unwrap(), by).await {
            Ok(found) => found,
            Err(ActionError::Refused(refusal)) => panic!("{id}: {refusal:?}"),
            Err(ActionError::Failed(error)) => panic!("{id}: {error}"),
        };
        let found =
            found.into_iter().find(|card| card.application_id == id).unwrap_or_else(|| panic!("{id} is not found"));
        let due_on = explained(worker, &id, DAYS - 1).await.due_on;
        assert_eq!(Some(found.due_on).filter(|day| !day.is_empty()), due_on, "{id}");
        seen.insert((found.state, due_on.is_some()));
    }
    assert!(seen.contains(&("in_hand".to_owned(), false)) && seen.iter().any(|(_, is_due)| *is_due), "{seen:?}");
}

async fn a_window_names_its_region(worker: &Worker) {
    for (cards, section, days) in [(IN_LEISHAN, "522634", 12), (ELSEWHERE, "default", 10)] {
        let id = &texts(&worker.ledger, cards).await[0];
        let shown = explained(worker, id, DAYS - 1).await;
        let (rule, from) = (shown.rule.unwrap(), shown.counted_from.unwrap());
        assert_eq!((rule.section.as_deref(), rule.value, rule.unit), (Some(section), days, "working days"), "{id}");
        assert_eq!((rule.key, rule.policy_version), ("window_working_days", Some(1)));
        let last: Date = shown.due_on.unwrap().parse().unwrap();
        assert!(shown.days_off.iter().all(|off| !worker.calendar.is_working_day(*off).working));
        assert_eq!(i64::from((last - from.on).get_days()), days + shown.days_off.len() as i64, "{id}");
    }
}

async fn scope_is_that_of_a_trace(worker: &Worker) {
    let id = &texts(&worker.ledger, IN_LEISHAN).await[0];
    let boss = administered(&worker.ledger).await;
    for (name, area) in [("far", "11"), ("near", "5226")] {
        let seen = worker.on(boss.seen_by(add(&boss, name, Role::Auditor, "", area).await));
        let shown = explain_day(&seen, id, evening(DAYS - 1)).await.unwrap();
        assert_eq!(shown.map(|shown| shown.agrees), (name == "near").then_some(true), "{name}");
    }
}

async fn a_day_nobody_set_does_not_agree(worker: &Worker) {
    let id = &texts(&worker.ledger, ELSEWHERE).await[0];
    execute(
        &worker.ledger,
        "UPDATE shipment SET due_on = '2026-06-30', window_last = '2026-06-30' WHERE place = 'on_shelf'",
    )
    .await;
    let shown = explained(worker, id, DAYS - 1).await;
    assert!(!shown.agrees && shown.reckoned_on.unwrap().to_string().as_str() < "2026-06-30", "{shown:?}");
}
