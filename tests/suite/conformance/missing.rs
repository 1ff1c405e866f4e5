//! A card that is not in its box: missing until it is found or decided, with a day and an owner, and nobody is told to
//! collect it.

use std::collections::BTreeSet;

use cardline::actions::cases::decide::decide;
use cardline::actions::cases::list::{ListedCase, case_page};
use cardline::actions::outcome::{Instruction, Outcome};
use cardline::books::day_explained::explain_day;
use cardline::cases::case_list::CaseQuery;
use cardline::messages::history::{Relay, Seal};
use cardline::messages::notices::Notices;
use cardline::route::deadlines::Deadlines;
use cardline::route::distribution::pickup::{By, counted};
use cardline::route::distribution::pickup_cards::Asked;
use cardline::route::distribution::windows::{EndWindows, OpenWindows};
use cardline::step::Worker;
use cardline::time::{instant, local_date};
use cardline_core::state_machines::decision::Decision;
use cardline_world::play::day;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::conformance::arrivals::{execute, number, texts};
use crate::conformance::receipts::{Carton, cartons, deliveries, laws_hold, place, told};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;
use crate::steps::drain;

on_both_engines!(a_missing_card_is_looked_for_and_found_or_decided);

async fn a_missing_card_is_looked_for_and_found_or_decided(database: Database) {
    let mut play = Play::new(database, 3, 120, 5).await;
    let mut n = 0;
    while cartons(&play.worker.ledger).await.len() < 6 {
        assert!(n < 22, "the play shows too little");
        play.day(n).await;
        n += 1;
    }
    let now = instant(day(n - 1), 18, 0);
    let cartons = cartons(&play.worker.ledger).await;
    let [first, short, other, .., least] = &cartons[..] else { panic!("six cartons") };

    let looked_for = nobody_is_told_of_a_missing_card(&play, first, now).await;
    a_short_delivery_ends_when_its_cards_are_missing(&play.worker, short, now).await;
    what_cannot_be_is_refused(&play.worker, other, now).await;
    laws_hold(&play.worker, now).await;
    not_found_in_time_a_person_decides(&play.worker, &looked_for, n).await;
    its_window_opens_again(&play, least, n).await;
    play.end().await;
}

/// Two cards are missing before their carton is received; one is found. Returns the other.
async fn nobody_is_told_of_a_missing_card(play: &Play, carton: &Carton, now: Timestamp) -> String {
    let worker = &play.worker;
    let cards = cards_of(worker, carton).await;
    let [lost, found, ..] = &cards[..] else { panic!("two cards") };
    let gone = [about("card.missing", lost), about("card.missing", found)];
    assert_eq!(told(worker, "gone", &gone, now).await.accepted, 2);
    assert_eq!(told(worker, "gone", &gone, now).await.repeated, 2);
    let received = [carton.event("point.received", carton.cards - 2)];
    assert_eq!(told(worker, "received", &received, now).await.accepted, 1);
    assert!(deliveries(worker, now).await.is_empty(), "the count agrees with those who travel");
    drain(&OpenWindows, worker, now).await.unwrap();
    assert_eq!(place(&worker.ledger, carton).await, "on_shelf");
    let ready = ready(play, now).await;
    let told_of = cards.iter().filter(|card| ready.contains(*card)).count() as i64;
    assert_eq!((told_of, ready.contains(lost), ready.contains(found)), (carton.cards - 2, false, false));

    // It has a day, its reason and an owner, and stands in the lists of its point under its own kind.
    let shown = explain_day(worker, lost, now).await.unwrap().unwrap();
    assert_eq!((shown.state.as_str(), shown.kind, shown.owner.as_str()), ("missing", "missing", "administrator"));
    let rule = shown.rule.as_ref().unwrap();
    assert_eq!((rule.key, rule.value, shown.agrees), ("missing_working_days", 10, true), "{shown:?}");
    let rows = counted(worker, Asked::Waiting, By::Point, now).await.unwrap();
    let missing = rows.iter().filter(|row| row.kind == "missing");
    assert_eq!(missing.map(|row| (row.cards, row.owner.as_str())).collect::<Vec<_>>(), [(2, "administrator")]);
    assert!(rows.iter().any(|row| row.kind == "window" && row.cards >= carton.cards - 2));

    assert_eq!(told(worker, "found", &[about("card.found", found)], now).await.accepted, 1);
    assert_eq!(where_is(worker, found).await, "on_shelf");
    assert!(self::ready(play, now).await.contains(found));
    // It is collected as any other.
    let mut collected = about("card.collected", found);
    collected["by"] = json!("holder");
    assert_eq!(told(worker, "collected", &[collected], now).await.accepted, 1);
    lost.clone()
}

/// Short by two: one missing card leaves the case open, two end it.
async fn a_short_delivery_ends_when_its_cards_are_missing(worker: &Worker, carton: &Carton, now: Timestamp) {
    told(worker, "short", &[carton.event("point.received", carton.cards - 2)], now).await;
    let cards = cards_of(worker, carton).await;
    for (at, open) in [(0, 1), (1, 0)] {
        assert_eq!(told(worker, &format!("less{at}"), &[about("card.missing", &cards[at])], now).await.accepted, 1);
        assert_eq!(deliveries(worker, now).await.len(), open);
    }
    drain(&OpenWindows, worker, now).await.unwrap();
    assert_eq!(place(&worker.ledger, carton).await, "on_shelf");
    assert_eq!(told(worker, "back", &[about("card.found", &cards[0])], now).await.accepted, 1);
    assert_eq!((where_is(worker, &cards[0]).await.as_str(), deliveries(worker, now).await.len()), ("on_shelf", 0));
}

async fn what_cannot_be_is_refused(worker: &Worker, carton: &Carton, now: Timestamp) {
    let card = &cards_of(worker, carton).await[0];
    let in_hand = "SELECT a.application_id FROM application a JOIN made m ON m.application = a.id WHERE a.place = 'in_hand' LIMIT 1";
    let queued = "SELECT application_id FROM account_waiting LIMIT 1";
    let mut other_box = about("card.missing", card);
    other_box["box"] = json!("BX-NONE");
    let mut events = vec![about("card.found", card), other_box, about("card.missing", "A-NONE")];
    for one in [in_hand, queued] {
        events.extend(texts(&worker.ledger, one).await.iter().map(|id| about("card.missing", id)));
    }
    let refused = events.len() as i64 - 1;
    let counts = told(worker, "absurd", &events, now).await;
    assert_eq!((counts.quarantined, counts.rejected, counts.accepted), (1, refused, 0));
    assert_eq!(where_is(worker, card).await, "in_transit");
    let sql = "SELECT DISTINCT reason FROM message WHERE event_id LIKE 'absurd-%' ORDER BY reason";
    assert_eq!(texts(&worker.ledger, sql).await, ["EVENT-NOT-POSSIBLE", "RECEIPT-BOX", "UNKNOWN-CARD"]);
    let mut right = about("card.missing", card);
    right["box"] = json!(carton.container);
    assert_eq!(told(worker, "right", &[right], now).await.accepted, 1);
    // Its carton is still on its way, and it is with it again.
    assert_eq!(told(worker, "again", &[about("card.found", card)], now).await.accepted, 1);
    assert_eq!(where_is(worker, card).await, "in_transit");
}

/// On its last day it is still looked for; then it is on hold, until it is found after all or decided.
async fn not_found_in_time_a_person_decides(worker: &Worker, lost: &str, n: u32) {
    let due_on = texts(&worker.ledger, "SELECT min(due_on) FROM application WHERE place = 'missing'").await.remove(0);
    let due_on: jiff::civil::Date = due_on.parse().unwrap();
    drain(&Deadlines, worker, instant(due_on, 18, 0)).await.unwrap();
    assert_eq!(number(&worker.ledger, "SELECT count(*) FROM application WHERE place = 'missing'").await, 2);
    let after = instant(due_on.tomorrow().unwrap(), 9, 0);
    drain(&Deadlines, worker, after).await.unwrap();
    drain(&Deadlines, worker, after).await.unwrap();
    let cases = not_found(worker, after).await;
    let [one, two] = &cases[..] else { panic!("{cases:?}") };
    assert_eq!((one.owner.as_str(), one.kind.as_str()), ("administrator", "card-on-hold"));
    let ids = [one, two].map(|case| case.application_id.clone().unwrap());
    assert!(ids.iter().any(|id| id == lost));
    for id in &ids {
        let shown = explain_day(worker, id, after).await.unwrap().unwrap();
        assert_eq!((shown.kind, shown.agrees), ("case", true), "{shown:?}");
    }
    let record = worker.ledger.case_record(one.number).await.unwrap().unwrap();
    let words = worker.ledger.words_of(&record).await.unwrap();
    assert_eq!(words.iter().map(|word| word.word).collect::<Vec<_>>(), ["go-on", "close"]);

    assert_eq!(told(worker, "after-all", &[about("card.found", &ids[0])], after).await.accepted, 1);
    assert_eq!(where_is(worker, &ids[0]).await, "on_shelf");
    assert_eq!(not_found(worker, after).await.len(), 1);
    let by = Instruction { actor: "lin", reason: "nobody has it", at: after, approval: None };
    assert!(matches!(decide(worker, two.number, Decision::Close, by).await, Ok(Outcome::Done(_))));
    assert!(matches!(decide(worker, two.number, Decision::Close, by).await, Ok(Outcome::Before(_))));
    assert_eq!(where_is(worker, &ids[1]).await, "to_recycle");
    let shown = explain_day(worker, &ids[0], after).await.unwrap().unwrap();
    assert!(shown.agrees && n > 0, "{shown:?}");
}

/// All its cards are missing, so its window ends; one is found later and has a whole window.
async fn its_window_opens_again(play: &Play, carton: &Carton, n: u32) {
    let worker = &play.worker;
    let at = instant(day(n + 20), 8, 0);
    told(worker, "whole", &[carton.event("point.received", carton.cards)], at).await;
    let cards = cards_of(worker, carton).await;
    let gone: Vec<Value> = cards.iter().map(|card| about("card.missing", card)).collect();
    drain(&OpenWindows, worker, at).await.unwrap();
    assert_eq!(told(worker, "all", &gone, at).await.accepted, carton.cards);
    let late = instant(day(n + 60), 9, 0);
    drain(&EndWindows, worker, late).await.unwrap();
    let done = format!("SELECT count(*) FROM shipment WHERE number = '{}' AND done", carton.number);
    assert_eq!(number(&worker.ledger, &done).await, 1);
    assert_eq!(told(worker, "late", &[about("card.found", &cards[0])], late).await.accepted, 1);
    assert_eq!(number(&worker.ledger, &done).await, 0);
    let shown = explain_day(worker, &cards[0], late).await.unwrap().unwrap();
    assert_eq!((shown.state.as_str(), shown.kind, shown.agrees), ("on_shelf", "window", true), "{shown:?}");
    assert!(shown.working_days_left.unwrap() >= 10, "{shown:?}");
    drain(&EndWindows, worker, late).await.unwrap();
    assert_eq!(where_is(worker, &cards[0]).await, "on_shelf");
    drain(&Deadlines, worker, late).await.unwrap();
    assert!(ready(play, late).await.contains(&cards[0]));
    laws_hold(worker, instant(local_date(late), 9, 0)).await;

    // It is missing once more, and goes on by a decision when all windows of its carton have ended.
    assert_eq!(told(worker, "once-more", &[about("card.missing", &cards[0])], late).await.accepted, 1);
    let later = instant(day(n + 100), 9, 0);
    drain(&EndWindows, worker, later).await.unwrap();
    assert_eq!(number(&worker.ledger, &done).await, 1);
    drain(&Deadlines, worker, later).await.unwrap();
    let open = not_found(worker, later).await;
    let case = open.iter().find(|case| case.application_id.as_ref() == Some(&cards[0])).unwrap().number;
    let by = Instruction { actor: "lin", reason: "it lay in another box", at: later, approval: None };
    assert!(matches!(decide(worker, case, Decision::GoOn, by).await, Ok(Outcome::Done(_))));
    let no_more = format!("UPDATE shipment SET roll_overs = 9 WHERE number = '{}'", carton.number);
    assert_eq!(execute(&worker.ledger, &no_more).await, 1);
    drain(&EndWindows, worker, later).await.unwrap();
    assert_eq!(where_is(worker, &cards[0]).await, "on_shelf");
    let shown = explain_day(worker, &cards[0], later).await.unwrap().unwrap();
    assert_eq!((shown.kind, shown.agrees), ("window", true), "{shown:?}");
    assert!(shown.working_days_left.unwrap() > 0, "{shown:?}");
}

pub(super) fn about(kind: &str, id: &str) -> Value {
    json!({ "type": kind, "application_id": id })
}

async fn cards_of(worker: &Worker, carton: &Carton) -> Vec<String> {
    let sql = format!(
        "SELECT a.application_id FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
         JOIN application a ON a.id = m.application WHERE s.number = '{}' ORDER BY a.id",
        carton.number
    );
    texts(&worker.ledger, sql.leak()).await
}

pub(super) async fn where_is(worker: &Worker, id: &str) -> String {
    texts(&worker.ledger, format!("SELECT place FROM card WHERE application_id = '{id}'").leak()).await.remove(0)
}

/// Whose holders were told that their cards are ready.
async fn ready(play: &Play, now: Timestamp) -> BTreeSet<String> {
    told_to_holders(play, "ready", now).await.into_iter().collect()
}

/// Whose holders were told this, once for each notice.
pub(super) async fn told_to_holders(play: &Play, what: &str, now: Timestamp) -> Vec<String> {
    // On PostgreSQL whatever runs elsewhere in the server holds it up.
    let open = "SELECT (SELECT count(*) FROM move) - CAST(COALESCE(sum(moves), 0) AS BIGINT) FROM seal";
    for tried in 0.. {
        drain(&Seal, &play.worker, now).await.unwrap();
        if number(&play.worker.ledger, open).await == 0 {
            break;
        }
        assert!(tried < 200, "history was not sealed within ten seconds");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    drain(&Relay, &play.worker, now).await.unwrap();
    drain(&Notices, &play.worker, now).await.unwrap();
    let notices = play.messages(&play.worker.config.topics.notices).into_iter();
    let read = notices.map(|bytes| serde_json::from_slice::<Value>(&bytes).unwrap());
    read.filter(|notice| notice["type"] == what)
        .flat_map(|notice| {
            let also = notice["also"].as_array().cloned().unwrap_or_default();
            std::iter::once(notice["application_id"].clone()).chain(also)
        })
        .map(|id| id.as_str().unwrap().to_owned())
        .collect()
}

/// Open cases about cards that nobody found.
async fn not_found(worker: &Worker, now: Timestamp) -> Vec<ListedCase> {
    let query = CaseQuery { limit: 1_000, ..CaseQuery::default() };
    let cases = case_page(worker, &query, now).await.unwrap().cases;
    cases.into_iter().filter(|case| case.reason == "a missing card was not found in time").collect()
}
