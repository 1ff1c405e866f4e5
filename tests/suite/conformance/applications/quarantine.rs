//! The quarantine on both engines: previewed, confirmed, carried out once, whatever stops it.

use cardline::actions::outcome::ActionError;
use cardline::actions::quarantine::operations::{Ask, Report, What, operate};
use cardline::actions::quarantine::refusal::{QuarantineRefusal, RepairRefusal};
use cardline::actions::quarantine::repair::{Assignment, Corrected, Repair};
use cardline::actions::quarantine::retry::{Again, next_members, settle_again};
use cardline::args;
use cardline::books::law::Scene;
use cardline::books::trace::Trace;
use cardline::config::Config;
use cardline::kafka::RawMessage;
use cardline::quarantine::operation_record::{Request, name_operation, record_operation};
use cardline::quarantine::quarantined::{Selection, choose};
use cardline::route::intake::settle::{ChunkSource, IntakeCounts};
use cardline::route::intake::{check_messages, from_file};
use cardline::route::servicing::{event_dates, read_event};
use cardline::step::Worker;
use cardline::store::Ledger;
use cardline::time::{instant, local_date};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::conformance::arrivals::{number, why};
use crate::conformance::laws::planted_offenders_are_found;
use crate::databases::{Database, on_both_engines};
use crate::plays::broken;

on_both_engines!(
    a_bulk_repair_is_previewed_confirmed_and_done_once,
    what_is_still_refused_stays_in_the_quarantine,
    stopped_half_way_the_same_operation_goes_on,
    a_discarded_message_is_counted_and_known,
    of_two_in_conflict_either_may_be_kept,
    corrected_messages_come_from_a_file,
    refused_events_are_taken_in_again,
    everything_held_is_listed_by_selection_and_reason,
    law_two_sees_a_corrupted_operation,
);

/// Day on which the example was approved, and one more.
pub const FIRST_DAY: Date = date(2026, 11, 21);

/// The example of the contract for the n-th person, with members changed.
pub fn application(n: u32, revision: i64, change: Value) -> Value {
    let text = include_str!("../../../../fixtures/rules/application.example.json");
    let mut message: Value = serde_json::from_str(text).unwrap();
    message["event_id"] = json!(format!("event-{n}-{revision}"));
    message["application_id"] = json!(Desk::id(n));
    message["revision"] = json!(revision);
    let front = format!("11010120181120{:03}", 321 + 2 * n);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = front.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    message["holder"]["id_number"] = json!(format!("{front}{}", char::from(b"10X98765432"[sum as usize % 11])));
    message.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    message
}

/// A worker on a database of its own, and its events so far.
pub struct Desk {
    pub worker: Worker,
    sent: std::sync::Mutex<Vec<Value>>,
    // Last, so that the connections are closed before the database is dropped.
    database: Database,
}

impl Desk {
    pub async fn new(database: Database) -> Desk {
        let config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
        let worker = Worker::open(config, FIRST_DAY).await.unwrap();
        Desk { worker, sent: std::sync::Mutex::default(), database }
    }

    pub async fn end(self) {
        self.worker.ledger.close().await;
    }

    pub fn id(n: u32) -> String {
        format!("110101-20261120-{n:09}")
    }

    pub fn ledger(&self) -> &Ledger {
        &self.worker.ledger
    }

    /// The ledger as nobody's: whoever the desk's user is may be changed by what a test plants.
    pub async fn system(&self) -> Ledger {
        self.database.ledger().await
    }

    pub async fn take_in(&self, messages: &[Value], now: Timestamp) -> IntakeCounts {
        let path = self.database.folder.path().join("messages.ndjson");
        let lines: String = messages.iter().map(|message| format!("{message}\n")).collect();
        std::fs::write(&path, lines).unwrap();
        from_file(&self.worker, &path, now, |_, _| ()).await.unwrap()
    }

    /// Takes in events as if they had come from the topic, each under an id of its own.
    pub async fn events(&self, events: &[Value], now: Timestamp) -> IntakeCounts {
        let mut raws = Vec::new();
        for event in events {
            let mut sent = self.sent.lock().unwrap();
            let mut event = event.clone();
            event["schema"] = json!("card.event.v1");
            event["event_id"] = json!(format!("e-{}", sent.len()));
            event["at"] = json!("2026-11-21T08:00:00+08:00");
            event["actor"] = json!("desk-1");
            raws.push(event.clone());
            sent.push(event);
        }
        self.settle_events(&raws, now).await
    }

    pub async fn event_again(&self, n: usize) -> IntakeCounts {
        let event = self.sent.lock().unwrap()[n].clone();
        self.settle_events(&[event], instant(FIRST_DAY, 9, 30)).await
    }

    /// Takes in events as they are.
    pub async fn settle_events(&self, events: &[Value], now: Timestamp) -> IntakeCounts {
        let topic = self.worker.config.topics.events.clone();
        let stored = self.ledger().positions(&topic, &[0]).await.unwrap()[0].1;
        let next = stored + events.len() as i64;
        let read = events.iter().zip(stored..).map(|(event, position)| {
            let raw = RawMessage::new(position, event.to_string().into_bytes().into());
            read_event(&self.worker.keys, &raw, now).unwrap()
        });
        let source = ChunkSource { topic, partition: 0, first: stored, next, stored: Some(stored), generation: 1 };
        let lease = self.ledger().take_lease("events", "suite", now, 60).await.unwrap().unwrap();
        let dates = event_dates(&self.worker, local_date(now));
        self.ledger().settle_events(&lease, &source, read.collect(), &dates, why()).await.unwrap()
    }

    pub async fn trace(&self, n: u32) -> Trace {
        self.ledger().trace(&Desk::id(n)).await.unwrap().unwrap()
    }

    /// Reasons of everything in the quarantine, in the order it came.
    pub async fn quarantined(&self) -> Vec<String> {
        let held = self.ledger().quarantined(&Selection::default(), 0, 1000).await.unwrap();
        held.into_iter().map(|item| item.reason).collect()
    }

    async fn ids_of(&self, code: &str) -> Vec<i64> {
        let selection = Selection { code: code.into(), ..Selection::default() };
        self.ledger().quarantined(&selection, 0, 1000).await.unwrap().into_iter().map(|item| item.id).collect()
    }

    async fn ask(
        &self,
        selection: Selection,
        what: What,
        confirm: Option<&str>,
        dry_run: bool,
    ) -> Result<Report, QuarantineRefusal> {
        let ask = Ask { actor: "lin", reason: "a test", selection, what, confirm, dry_run, approval: None };
        ended(operate(&self.worker, &ask, instant(date(2026, 11, 24), 9, 0)).await)
    }

    /// Asks for a preview, then confirms it.
    async fn done(&self, selection: Selection, what: impl Fn() -> What) -> Report {
        let preview = report(self.ask(selection.clone(), what(), None, true).await);
        report(self.ask(selection, what(), Some(&preview.operation), false).await)
    }

    pub async fn retry(&self, ids: &[i64]) -> Report {
        self.done(Selection { ids: ids.into(), ..Selection::default() }, || What::Retry(Repair::Nothing)).await
    }

    pub async fn discard(&self, ids: &[i64]) -> Report {
        self.done(Selection { ids: ids.into(), ..Selection::default() }, || What::Discard).await
    }

    async fn repair(&self, ids: &[i64], edits: &[&str]) -> Report {
        self.done(Selection { ids: ids.into(), ..Selection::default() }, || set(edits)).await
    }

    /// Every law holds, over what changed and over everything.
    pub async fn books_hold(&self, on: Date) {
        for whole in [false, true] {
            let report = self.ledger().books(instant(on, 18, 0), whole, None).await.unwrap();
            assert_eq!(broken(&report), Vec::<String>::new(), "whole: {whole}");
        }
    }

    /// Rows of every table that an operation could touch.
    pub async fn rows(&self) -> i64 {
        let sql = "SELECT (SELECT count(*) FROM message) + (SELECT count(*) FROM chunk) + (SELECT count(*) FROM move)
            + (SELECT count(*) FROM act) + (SELECT count(*) FROM act_member) + (SELECT count(*) FROM application)
            + (SELECT count(*) FROM message WHERE act <> 0) + (SELECT count(*) FROM finding)";
        number(self.ledger(), sql).await
    }
}

fn set(edits: &[&str]) -> What {
    What::Retry(Repair::Set(edits.iter().map(|edit| Assignment::read(edit).unwrap()).collect()))
}

/// Not stopped by anything but a refusal.
pub fn ended<T, R>(ended: Result<T, ActionError<R>>) -> Result<T, R> {
    ended.map_err(|error| match error {
        ActionError::Refused(refusal) => refusal,
        ActionError::Failed(error) => panic!("{error}"),
    })
}

fn report(ended: Result<Report, QuarantineRefusal>) -> Report {
    ended.unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

fn morning() -> Timestamp {
    instant(FIRST_DAY, 9, 0)
}

fn of_code(code: &str) -> Selection {
    Selection { code: code.into(), ..Selection::default() }
}

async fn encrypted_of(ledger: &Ledger, id: i64) -> Vec<u8> {
    let sql = "SELECT sealed FROM message WHERE id = $1";
    ledger.read().await.unwrap().rows::<(Vec<u8>,)>(sql, args![id]).await.unwrap().remove(0).0
}

async fn a_bulk_repair_is_previewed_confirmed_and_done_once(database: Database) {
    let desk = Desk::new(database).await;
    let unknown = json!({"schema": "card.application.v9"});
    let messages: Vec<Value> = (1..=3).map(|n| application(n, 1, unknown.clone())).collect();
    assert_eq!(desk.take_in(&messages, morning()).await.quarantined, 3);
    let (selection, edits) = (of_code("UNKNOWN-SCHEMA"), ["schema=card.application.v1"]);
    let before = (desk.rows().await, encrypted_of(desk.ledger(), 1).await);

    let preview = report(desk.ask(selection.clone(), set(&edits), None, true).await);
    assert_eq!((preview.messages, preview.outcome.counts.accepted, preview.outcome.remaining), (3, 3, 0));
    assert_eq!(desk.rows().await, before.0, "a preview changes nothing");
    assert!(matches!(
        desk.ask(selection.clone(), set(&edits), None, false).await,
        Err(QuarantineRefusal::Unconfirmed { count: 3 })
    ));
    let wrong = desk.ask(selection.clone(), set(&edits), Some("0000000000000000"), false).await;
    assert!(matches!(wrong, Err(QuarantineRefusal::OtherOperation { count: 3, .. })));
    assert_eq!(desk.rows().await, before.0);

    // One more came since: what was previewed is no longer what would be done.
    desk.take_in(&[application(4, 1, unknown)], morning()).await;
    let grown = desk.ask(selection.clone(), set(&edits), Some(&preview.operation), false).await;
    assert!(matches!(grown, Err(QuarantineRefusal::OtherOperation { count: 4, .. })));
    let preview = report(desk.ask(selection.clone(), set(&edits), None, true).await);
    let done = report(desk.ask(selection.clone(), set(&edits), Some(&preview.operation), false).await);
    assert!(!done.done_before && done.operation == preview.operation);
    assert_eq!((done.what, done.outcome.counts.accepted, done.outcome.counts.received), ("repair", 4, 4));
    assert_eq!(desk.trace(1).await.state, "accepted");
    assert!(desk.quarantined().await.is_empty());
    assert_eq!(encrypted_of(desk.ledger(), 1).await, before.1, "the message as it came stays as it was encrypted");
    assert_eq!(
        number(desk.ledger(), "SELECT count(*) FROM message WHERE outcome = 'accepted' AND origin = 1").await,
        1
    );
    desk.books_hold(date(2026, 11, 24)).await;

    let rows = desk.rows().await;
    let again = report(desk.ask(selection.clone(), set(&edits), Some(&preview.operation), false).await);
    assert!(again.done_before && again.outcome.counts == done.outcome.counts);
    let other = desk.ask(selection, set(&["schema=card.event.v1"]), Some(&preview.operation), false).await;
    assert!(matches!(other, Err(QuarantineRefusal::OtherOperation { .. })), "another edit is not what was confirmed");
    assert_eq!(desk.rows().await, rows, "the same operation again has no second effect");
    let acts = desk.trace(1).await.operations;
    assert_eq!((acts.len(), acts[0].what.as_str(), acts[0].by.as_str()), (1, "repair", "lin"));
    desk.end().await;
}

async fn what_is_still_refused_stays_in_the_quarantine(database: Database) {
    let desk = Desk::new(database).await;
    let came = application(1, 1, json!({"bank": "NONE"}));
    desk.take_in(&[came.clone(), application(2, 1, json!({}))], morning()).await;
    let id = desk.ids_of("BANK-UNKNOWN").await[0];
    let first = desk.retry(&[id]).await;
    assert_eq!(first.outcome.refused.get("BANK-UNKNOWN"), Some(&1));
    let again = report(
        desk.ask(Selection { ids: vec![id], ..Selection::default() }, What::Retry(Repair::Nothing), None, false).await,
    );
    assert!(again.done_before, "the same single retry needs no confirmation and has no second effect");
    let now = desk.ids_of("BANK-UNKNOWN").await;
    assert_eq!(now.len(), 1);
    assert_ne!(now[0], id);
    assert_eq!((desk.trace(1).await.state.as_str(), desk.trace(1).await.due_on.as_str()), ("rejected", "2026-12-21"));
    desk.books_hold(date(2026, 11, 24)).await;
    let repaired = desk.repair(&now, &["bank=ICBC"]).await;
    assert_eq!(repaired.outcome.counts.accepted, 1);
    assert_eq!((desk.trace(1).await.state.as_str(), desk.trace(1).await.revision), ("accepted", 1));
    // What came first is still known: told again, it is a repeat and undoes nothing.
    assert_eq!(desk.take_in(&[came], morning()).await.repeated, 1);
    assert!(desk.quarantined().await.is_empty());
    desk.books_hold(date(2026, 11, 24)).await;
    desk.end().await;
}

async fn stopped_half_way_the_same_operation_goes_on(database: Database) {
    let desk = Desk::new(database).await;
    let messages: Vec<Value> = (1..=3).map(|n| application(n, 1, json!({"bank": "NONE"}))).collect();
    desk.take_in(&messages, morning()).await;
    let selection = of_code("BANK-UNKNOWN");
    let preview = report(desk.ask(selection.clone(), set(&["bank=ICBC"]), None, true).await);
    // A first page of one message, as if the process had been killed after it.
    let ask = Ask {
        actor: "lin",
        reason: "a test",
        selection: selection.clone(),
        what: set(&["bank=ICBC"]),
        confirm: None,
        dry_run: false,
        approval: None,
    };
    let digest = ask.digest();
    let request = Request { what: "repair", at: morning(), actor: "lin", reason: None, digest, approval: None };
    let mut tx = desk.ledger().begin().await.unwrap();
    choose(&mut tx, &selection).await.unwrap();
    let (id, count) = name_operation(&mut tx, &request).await.unwrap();
    assert_eq!((id.as_str(), count), (preview.operation.as_str(), 3));
    let operation = record_operation(&mut tx, &request, &id, count).await.unwrap();
    let member = next_members(&mut tx, &operation, 0).await.unwrap().remove(0);
    let bytes = application(1, 1, json!({})).to_string().into_bytes();
    let checked = check_messages(&desk.worker, &[RawMessage::new(member.id, bytes.into())], morning()).unwrap();
    settle_again(&mut tx, &operation, Again::Applications(checked), why(), FIRST_DAY).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(desk.ledger().unfinished_operations().await.unwrap(), [(id.clone(), 3, 2)]);
    desk.books_hold(date(2026, 11, 24)).await;
    let done = report(desk.ask(selection.clone(), set(&["bank=ICBC"]), Some(&id), false).await);
    assert_eq!((done.done_before, done.outcome.remaining, done.outcome.counts.accepted), (false, 0, 3));
    assert!(desk.ledger().unfinished_operations().await.unwrap().is_empty());
    let rows = desk.rows().await;
    assert!(report(desk.ask(selection, set(&["bank=ICBC"]), Some(&id), false).await).done_before);
    assert_eq!(desk.rows().await, rows);
    assert_eq!(desk.ledger().cards_by_state().await.unwrap(), [("waiting_account".to_owned(), 3)].into());
    desk.books_hold(date(2026, 11, 24)).await;
    desk.end().await;
}

async fn a_discarded_message_is_counted_and_known(database: Database) {
    let desk = Desk::new(database).await;
    let (first, mut other) = (application(1, 1, json!({})), application(1, 1, json!({"bank": "ABC"})));
    other["event_id"] = json!("other");
    desk.take_in(&[first, other.clone()], morning()).await;
    let id = desk.ids_of("REVISION-CONFLICT").await;
    let counts = |n: i64| format!("SELECT count(*) FROM chunk WHERE conflicting = {n} AND source = 'file'");
    desk.discard(&id).await;
    assert!(desk.quarantined().await.is_empty());
    assert_eq!(number(desk.ledger(), &counts(1)).await, 1, "what was consumed stays as it was counted");
    assert_eq!(
        number(desk.ledger(), "SELECT count(*) FROM message WHERE outcome = 'conflicting' AND length(sealed) > 0")
            .await,
        1
    );
    assert_eq!(desk.take_in(&[other], morning()).await.repeated, 1, "told again it is a repeat, and stays discarded");
    assert!(desk.quarantined().await.is_empty());
    assert!(matches!(
        desk.ask(Selection { ids: vec![999], ..Selection::default() }, What::Discard, None, false).await,
        Err(QuarantineRefusal::NothingChosen { .. })
    ));
    desk.books_hold(date(2026, 11, 24)).await;
    desk.end().await;
}

async fn of_two_in_conflict_either_may_be_kept(database: Database) {
    let desk = Desk::new(database).await;
    let pair = |n: u32| [application(n, 1, json!({"bank": "NONE"})), application(n, 1, json!({}))];
    desk.take_in(&[pair(1), pair(2)].concat(), morning()).await;
    assert_eq!(desk.ids_of("EVENT-CONFLICT").await.len(), 2);
    let (rejected, conflicts) = (desk.ids_of("BANK-UNKNOWN").await, desk.ids_of("EVENT-CONFLICT").await);
    // The first is given up, the other takes its place.
    assert_eq!(
        desk.retry(&conflicts[..1]).await.outcome.counts.conflicting,
        1,
        "as long as the first stands it conflicts"
    );
    desk.discard(&rejected[..1]).await;
    let again = desk.ids_of("EVENT-CONFLICT").await;
    assert_eq!(desk.retry(&again[1..]).await.outcome.counts.accepted, 1);
    assert_eq!((desk.trace(1).await.state.as_str(), desk.trace(1).await.revision), ("accepted", 1));
    // The other becomes a further revision of the first.
    let taken = desk.repair(&conflicts[1..], &["revision=2", "event_id=corrected-2"]).await;
    assert_eq!(taken.outcome.counts.accepted, 1);
    assert_eq!((desk.trace(2).await.state.as_str(), desk.trace(2).await.revision), ("accepted", 2));
    assert!(desk.quarantined().await.is_empty());
    desk.books_hold(date(2026, 11, 24)).await;
    desk.end().await;
}

async fn corrected_messages_come_from_a_file(database: Database) {
    let desk = Desk::new(database).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, messages: &[Value]| {
        let path = folder.path().join(name);
        std::fs::write(&path, messages.iter().map(|m| format!("{m}\n")).collect::<String>()).unwrap();
        path
    };
    let bad = |n| application(n, 1, json!({"bank": "NONE"}));
    let mut unread = application(3, 1, json!({}));
    unread["revision"] = json!("1");
    desk.take_in(&[bad(1), bad(2), unread], morning()).await;
    let corrected = |path: &std::path::Path| What::Retry(Repair::Corrected(ended(Corrected::open(path)).unwrap()));
    let two = file("two.ndjson", &[application(1, 1, json!({})), application(2, 1, json!({}))]);
    let done = desk.done(Selection::default(), || corrected(&two)).await;
    assert_eq!((done.messages, done.outcome.counts.accepted), (2, 2));
    let rows = desk.rows().await;
    assert!(report(desk.ask(Selection::default(), corrected(&two), Some(&done.operation), false).await).done_before);
    assert_eq!(desk.rows().await, rows);
    // What could not be read has no event id yet: one message for one id.
    let three = file("three.ndjson", &[application(3, 1, json!({}))]);
    assert!(matches!(
        desk.ask(Selection::default(), corrected(&three), None, true).await,
        Err(QuarantineRefusal::Unmatched(_))
    ));
    let id = desk.ids_of("SHAPE").await;
    let done = desk.done(Selection { ids: id, ..Selection::default() }, || corrected(&three)).await;
    assert_eq!(done.outcome.counts.accepted, 1);
    assert!(
        desk.trace(3).await.operations.iter().any(|act| act.what == "repair"),
        "its acts are found though it had no id then"
    );
    let twice = file("twice.ndjson", &[application(1, 1, json!({})), application(1, 1, json!({}))]);
    assert!(matches!(ended(Corrected::open(&twice)), Err(RepairRefusal::SameEvent { line: 2, .. })));
    desk.books_hold(date(2026, 11, 24)).await;
    desk.end().await;
}

async fn refused_events_are_taken_in_again(database: Database) {
    let desk = Desk::new(database).await;
    desk.take_in(&[application(1, 1, json!({}))], morning()).await;
    let counts = desk
        .events(
            &[
                json!({"type": "card.collected", "application_id": Desk::id(1), "by": "holder"}),
                json!({"type": "card.collected", "application_id": Desk::id(9), "by": "holder"}),
                json!({"type": "card.sung", "application_id": Desk::id(1)}),
                json!({"type": "point.received", "shipment": "S-1", "count": 1}),
            ],
            morning(),
        )
        .await;
    assert_eq!((counts.rejected, counts.quarantined), (1, 3));
    let mut held = desk.quarantined().await;
    held.sort();
    assert_eq!(held, ["EVENT-NOT-POSSIBLE", "UNKNOWN-CARD", "UNKNOWN-SHIPMENT", "UNKNOWN-TYPE"]);
    let all = desk
        .done(Selection { outcome: "quarantined".into(), ..Selection::default() }, || What::Retry(Repair::Nothing))
        .await;
    assert_eq!((all.messages, all.outcome.counts.quarantined), (3, 3));
    let repaired = desk.repair(&desk.ids_of("UNKNOWN-TYPE").await, &["type=card.locked"]).await;
    assert_eq!(repaired.outcome.counts.accepted, 1);
    let withdrawn = desk.repair(&desk.ids_of("EVENT-NOT-POSSIBLE").await, &["type=application.withdrawn"]).await;
    assert_eq!(withdrawn.outcome.counts.accepted, 1);
    assert_eq!(desk.trace(1).await.state, "withdrawn");
    assert_eq!(desk.event_again(0).await.repeated, 1, "what it was is still known");
    desk.books_hold(date(2026, 11, 24)).await;
    desk.end().await;
}

async fn everything_held_is_listed_by_selection_and_reason(database: Database) {
    let desk = Desk::new(database).await;
    let mut two = application(2, 1, json!({"bank": "NONE", "region": "999999"}));
    two["holder"]["mobile"] = json!("1");
    desk.take_in(&[application(1, 1, json!({"bank": "NONE"})), two], morning()).await;
    desk.take_in(
        &[application(3, 2, json!({})), application(4, 1, json!({"schema": "x"}))],
        instant(date(2026, 11, 23), 9, 0),
    )
    .await;
    let count = async |selection: Selection| desk.ledger().quarantined_count(&selection).await.unwrap();
    assert_eq!(count(Selection::default()).await, 4);
    assert_eq!(count(of_code("BANK-UNKNOWN")).await, 2);
    assert_eq!(count(of_code("MOBILE-FORM")).await, 1);
    assert_eq!(count(Selection { outcome: "waiting".into(), ..Selection::default() }).await, 1);
    assert_eq!(count(Selection { region: "1101".into(), ..Selection::default() }).await, 1);
    let since = instant(date(2026, 11, 22), 0, 0).as_microsecond();
    assert_eq!(count(Selection { since, ..Selection::default() }).await, 2);
    let groups = desk.ledger().quarantined_groups(&Selection::default()).await.unwrap();
    let first = &groups[0];
    assert_eq!((first.reason.as_str(), first.count, first.owner.as_str()), ("BANK-UNKNOWN", 2, "applicant"));
    assert_eq!(first.due_on.as_deref(), Some("2026-12-21"));
    let page = desk.ledger().quarantined(&Selection::default(), 0, 2).await.unwrap();
    let next = desk.ledger().quarantined(&Selection::default(), page[1].id, 2).await.unwrap();
    assert_eq!((page.len(), next.len(), next[0].id > page[1].id), (2, 2, true));
    assert!(page[1].more_errors > 0);
    // Corrected by its applicant, it is not in the quarantine any more.
    desk.take_in(&[application(1, 2, json!({}))], instant(date(2026, 11, 23), 9, 0)).await;
    assert_eq!(count(of_code("BANK-UNKNOWN")).await, 1);
    desk.end().await;
}

async fn law_two_sees_a_corrupted_operation(database: Database) {
    let engine = database.engine;
    let desk = Desk::new(database).await;
    let bad: Vec<Value> = (1..=4).map(|n| application(n, 1, json!({"bank": "NONE"}))).collect();
    desk.take_in(&bad, morning()).await;
    let ids = desk.ids_of("BANK-UNKNOWN").await;
    desk.repair(&ids[..2], &["bank=ICBC"]).await;
    desk.discard(&ids[2..3]).await;
    let withdrawn = json!({"type": "application.withdrawn", "application_id": Desk::id(7), "reason": "changed_mind"});
    desk.events(&[withdrawn], morning()).await;
    desk.take_in(&[application(7, 1, json!({}))], morning()).await;
    desk.books_hold(FIRST_DAY).await;
    planted_offenders_are_found(desk.ledger(), engine, Scene::Quarantine, 34).await;
    desk.books_hold(FIRST_DAY).await;
    desk.end().await;
}
