//! A card sent by mail: with the carrier until it is delivered or back, with a day and an owner, and asked for when nothing
//! is heard of it.

use cardline::books::day_explained::explain_day;
use cardline::route::distribution::pickup::{By, counted};
use cardline::route::distribution::pickup_cards::Asked;
use cardline::step::Worker;
use cardline::time::{instant, local_date};
use cardline_world::play::day;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::conformance::arrivals::{number, texts};
use crate::conformance::handed_out::{cases_about, pass, past};
use crate::conformance::missing::{about, told_to_holders, where_is};
use crate::conformance::points::reassign::{handed_on, near};
use crate::conformance::receipts::{laws_hold, told};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(a_card_sent_by_mail_is_delivered_comes_back_or_is_asked_for);

const DAYS: u32 = 22;
/// On shelves, a carton after the other, those with most cards there first.
const ON_SHELF: &str =
    "SELECT a.application_id FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
    JOIN application a ON a.id = m.application WHERE s.place = 'on_shelf' AND NOT s.done AND a.place IS NULL
    ORDER BY (SELECT count(*) FROM box y JOIN made n ON n.box = y.id WHERE y.shipment = s.id) DESC, s.id, a.id";
const LATE: &str = "a card sent by mail was not delivered in time";
const UNHEARD: &str = "nothing was heard of a card sent by mail";
const BACK: &str = "a card came back by mail; its address is asked for";

async fn a_card_sent_by_mail_is_delivered_comes_back_or_is_asked_for(database: Database) {
    let play = Play::played(database, 3, 60, DAYS).await;
    let now = instant(day(DAYS - 1), 18, 0);
    let cards = texts(&play.worker.ledger, ON_SHELF).await;
    let [first, second, third, fourth, fifth, others @ ..] = &cards[..] else {
        panic!("the play shows too little: {cards:?}")
    };
    let last = at_a_pickup_point(&play.worker, others).await;
    what_cannot_be_is_refused(&play.worker, first, now).await;
    it_is_with_the_carrier_until_it_is_delivered(&play, first, now).await;
    what_comes_back_lies_on_its_shelf_again(&play, second, now).await;
    delivered_in_other_words(&play.worker, fourth, fifth, now).await;
    two_names_are_one_card(&play.worker, &others[..2], now).await;
    laws_hold(&play.worker, now).await;
    nothing_is_heard_of_it(&play.worker, third, now).await;
    its_window_opens_again(&play.worker, &last).await;
    play.end().await;
}

/// The last of these cards that does not lie at an outlet.
async fn at_a_pickup_point(worker: &Worker, cards: &[String]) -> String {
    for card in cards.iter().rev() {
        let point = format!("SELECT point FROM application WHERE application_id = '{card}'");
        if worker.reference.point(&texts(&worker.ledger, point.leak()).await[0]).is_some() {
            return card.clone();
        }
    }
    panic!("the play shows too little: {cards:?}")
}

async fn what_cannot_be_is_refused(worker: &Worker, card: &str, now: Timestamp) {
    let mut unnamed = letter("card.sent_by_mail", card, "PA-1");
    unnamed.as_object_mut().unwrap().remove("tracking");
    let mut person = letter("card.sent_by_mail", card, "PA-1");
    person["tracking"] = json!("a b");
    let in_hand = "SELECT a.application_id FROM application a JOIN made m ON m.application = a.id WHERE a.place = 'in_hand' LIMIT 1";
    let in_hand = texts(&worker.ledger, in_hand).await.remove(0);
    let mut future = letter("card.sent_by_mail", card, "PA-1");
    future["at"] = json!("2036-01-01T00:00:00Z");
    let events = [
        unnamed,
        person,
        future,
        letter("card.sent_by_mail", "A-NONE", "PA-1"),
        letter("card.delivered", card, "PA-1"),
        letter("card.returned_by_mail", card, "PA-1"),
        letter("card.sent_by_mail", &in_hand, "PA-1"),
    ];
    let counts = told(worker, "absurd", &events, now).await;
    assert_eq!((counts.quarantined, counts.rejected, counts.accepted), (4, 3, 0));
    let reasons =
        "SELECT DISTINCT reason FROM message WHERE event_id LIKE 'absurd-%' OR event_id IS NULL ORDER BY reason";
    let reasons = texts(&worker.ledger, reasons).await;
    for code in ["EVENT-FUTURE", "EVENT-NOT-POSSIBLE", "KEY-FORM", "MAIL-NUMBER", "UNKNOWN-CARD"] {
        assert!(reasons.iter().any(|reason| reason == code), "{code}: {reasons:?}");
    }
    assert_eq!(where_is(worker, card).await, "on_shelf");
}

async fn it_is_with_the_carrier_until_it_is_delivered(play: &Play, card: &str, now: Timestamp) {
    let worker = &play.worker;
    let sent = [letter("card.sent_by_mail", card, "PA-2")];
    assert_eq!(told(worker, "sent", &sent, now).await.accepted, 1);
    assert_eq!(told(worker, "sent", &sent, now).await.repeated, 1);
    assert_eq!(where_is(worker, card).await, "in_mail");
    let shown = explain_day(worker, card, now).await.unwrap().unwrap();
    assert_eq!((shown.kind, shown.owner.as_str(), shown.agrees), ("mail", "carrier", true), "{shown:?}");
    let rule = shown.rule.as_ref().unwrap();
    assert_eq!((rule.key, rule.value), ("mail_working_days", 7));
    let rows = counted(worker, Asked::Waiting, By::Point, now).await.unwrap();
    assert!(rows.iter().any(|row| row.kind == "mail" && row.owner == "carrier"), "{rows:?}");
    // Its holder heard today that it was ready.
    let tomorrow = now + jiff::Span::new().hours(18);
    assert!(told_to_holders(play, "sent_by_mail", tomorrow).await.iter().any(|told| told == card));
    let mailed = worker.ledger.trace(card).await.unwrap().unwrap().mailed.unwrap();
    assert_eq!((mailed.carrier.as_str(), mailed.tracking.as_str()), ("POST", "PA-2"));

    let mut other_carrier = letter("card.delivered", card, "PA-2");
    other_carrier["carrier"] = json!("OTHER");
    let mut by_holder = about("card.collected", card);
    by_holder["by"] = json!("holder");
    let mut long_ago = letter("card.delivered", card, "PA-2");
    long_ago["at"] = json!("2026-01-06T00:00:00Z");
    let wrong = [
        letter("card.delivered", card, "PA-9"),
        other_carrier,
        letter("card.returned_by_mail", card, "PA-9"),
        letter("card.sent_by_mail", card, "PA-9"),
        by_holder,
        about("card.missing", card),
        long_ago,
    ];
    let counts = told(worker, "wrong", &wrong, now).await;
    assert_eq!((counts.rejected, counts.accepted), (7, 0));
    let refused =
        |code: &str| format!("SELECT count(*) FROM message WHERE event_id LIKE 'wrong-%' AND reason = '{code}'");
    assert_eq!(number(&worker.ledger, &refused("MAIL-OTHER")).await, 3);
    assert_eq!(number(&worker.ledger, &refused("EVENT-NOT-POSSIBLE")).await, 4);

    let delivered = [letter("card.delivered", card, "PA-2")];
    assert_eq!(told(worker, "delivered", &delivered, now).await.accepted, 1);
    assert_eq!(told(worker, "twice", &delivered, now).await.rejected, 1);
    let shown = explain_day(worker, card, now).await.unwrap().unwrap();
    let shown = (shown.state.as_str(), shown.kind, shown.owner.as_str(), shown.agrees);
    assert_eq!(shown, ("in_hand", "activation", "holder", true));
}

async fn what_comes_back_lies_on_its_shelf_again(play: &Play, card: &str, now: Timestamp) {
    let worker = &play.worker;
    told(worker, "out", &[letter("card.sent_by_mail", card, "PA-3")], now).await;
    let told_before = told_to_holders(play, "ready", now).await.iter().filter(|told| *told == card).count();
    assert_eq!(told(worker, "back", &[letter("card.returned_by_mail", card, "PA-3")], now).await.accepted, 1);
    assert_eq!(where_is(worker, card).await, "on_shelf");
    // Told once a day.
    let tomorrow = now + jiff::Span::new().hours(18);
    let ready = told_to_holders(play, "ready", tomorrow).await.iter().filter(|told| *told == card).count();
    assert_eq!(ready, told_before + 1);
    let back = of_card(worker, BACK, card, now).await;
    assert_eq!(back, ["administrator"]);
    let shown = explain_day(worker, card, now).await.unwrap().unwrap();
    assert_eq!((shown.kind, shown.agrees), ("window", true), "{shown:?}");

    // Sent again, under another number: what is told of the first letter says nothing of it.
    told(worker, "again", &[letter("card.sent_by_mail", card, "PA-4")], now).await;
    assert!(of_card(worker, BACK, card, now).await.is_empty());
    assert_eq!(told(worker, "first", &[letter("card.delivered", card, "PA-3")], now).await.rejected, 1);
    assert_eq!(told(worker, "second", &[letter("card.delivered", card, "PA-4")], now).await.accepted, 1);
    assert_eq!(where_is(worker, card).await, "in_hand");
}

/// A producer that knows no letters: what is in the mail is delivered. What nobody sent is gone, so it is recorded, and a
/// person looks into it.
async fn delivered_in_other_words(worker: &Worker, never_sent: &str, sent: &str, now: Timestamp) {
    assert_eq!(told(worker, "other", &[letter("card.sent_by_mail", sent, "PA-7")], now).await.accepted, 1);
    for (card, name, cases) in [(sent, "was-sent", 0), (never_sent, "never-sent", 1)] {
        let mut collected = about("card.collected", card);
        collected["by"] = json!("mail");
        assert_eq!(told(worker, name, &[collected], now).await.accepted, 1);
        assert_eq!(where_is(worker, card).await, "in_hand");
        let found = of_card(worker, "handed over by mail, and nobody had sent it", card, now).await;
        assert_eq!(found, vec!["administrator"; cases]);
    }
}

/// Two systems tell the same under different names of the card, and their events come in one chunk.
async fn two_names_are_one_card(worker: &Worker, cards: &[String], now: Timestamp) {
    let [mailed, collected] = cards else { panic!("the play shows too little") };
    let mut events = Vec::new();
    for (card, event) in [
        (mailed, letter("card.sent_by_mail", mailed, "PA-8")),
        (collected, {
            let mut event = about("card.collected", collected);
            event["by"] = json!("holder");
            event
        }),
    ] {
        let number = format!(
            "SELECT p.card_number FROM production_row p JOIN application a ON a.id = p.application WHERE a.application_id = '{card}'"
        );
        let mut by_number = event.clone();
        by_number.as_object_mut().unwrap().remove("application_id");
        by_number["card"] = json!(texts(&worker.ledger, number.leak()).await.remove(0));
        events.extend([event, by_number]);
    }
    let counts = told(worker, "two-names", &events, now).await;
    assert_eq!((counts.accepted, counts.rejected), (2, 2));
    assert_eq!(
        (where_is(worker, mailed).await.as_str(), where_is(worker, collected).await.as_str()),
        ("in_mail", "in_hand")
    );
    let letters = "SELECT count(*) FROM mailing WHERE tracking = 'PA-8'";
    assert_eq!(number(&worker.ledger, letters).await, 1);
}

/// The carrier is asked once; then it is on hold, until it is delivered after all.
async fn nothing_is_heard_of_it(worker: &Worker, card: &str, now: Timestamp) {
    told(worker, "unheard", &[letter("card.sent_by_mail", card, "PA-5")], now).await;
    let after = past(worker, card).await;
    pass(worker, after).await;
    assert_eq!(of_card(worker, LATE, card, after).await, ["administrator"]);
    assert_eq!(where_is(worker, card).await, "in_mail");
    let shown = explain_day(worker, card, after).await.unwrap().unwrap();
    assert_eq!((shown.kind, shown.agrees), ("mail", true), "{shown:?}");
    let rows = counted(worker, Asked::Overdue { today: local_date(after) }, By::Point, after).await.unwrap();
    assert!(rows.iter().any(|row| row.kind == "mail" && row.working_days_left < 0), "{rows:?}");
    laws_hold(worker, after).await;

    let later = past(worker, card).await;
    pass(worker, later).await;
    assert_eq!(where_is(worker, card).await, "held");
    assert!(of_card(worker, LATE, card, later).await.is_empty());
    let cases = cases_about(worker, UNHEARD, later).await;
    let case = cases.iter().find(|case| case.application_id.as_deref() == Some(card)).unwrap();
    let record = worker.ledger.case_record(case.number).await.unwrap().unwrap();
    let words = worker.ledger.words_of(&record).await.unwrap();
    assert_eq!(words.iter().map(|word| word.word).collect::<Vec<_>>(), ["go-on", "close"]);
    laws_hold(worker, later).await;

    assert_eq!(told(worker, "after-all", &[letter("card.delivered", card, "PA-5")], later).await.accepted, 1);
    assert!(of_card(worker, UNHEARD, card, later).await.is_empty());
    let shown = explain_day(worker, card, later).await.unwrap().unwrap();
    assert_eq!((shown.state.as_str(), shown.kind, shown.agrees), ("in_hand", "activation", true), "{shown:?}");
    laws_hold(worker, later).await;
}

/// Everybody else of its carton is gone when it comes back, and its point was handed on twice: once before the window ended,
/// once after it.
async fn its_window_opens_again(worker: &Worker, card: &str) {
    let carton = format!(
        "FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application c ON c.id = m.application
         WHERE c.application_id = '{card}'"
    );
    let of_carton = |what: &str| format!("SELECT {what} {carton}").leak() as &str;
    let window = texts(&worker.ledger, of_carton("s.window_last")).await.remove(0);
    let at = instant(window.parse::<Date>().unwrap(), 8, 0);
    let others = format!(
        "SELECT a.application_id FROM box y JOIN made n ON n.box = y.id JOIN application a ON a.id = n.application
         WHERE a.place IS NULL AND y.shipment = (SELECT s.id {carton}) ORDER BY a.id"
    );
    let others = texts(&worker.ledger, others.leak()).await;
    let sent: Vec<Value> = others.iter().map(|id| letter("card.sent_by_mail", id, "PA-6")).collect();
    assert_eq!(told(worker, "all", &sent, at).await.accepted, others.len() as i64);

    // Nothing of it travels.
    let places = of_carton("s.point || ' ' || x.point || ' ' || c.point || ' ' || s.place");
    let at_point = |point: &str| vec![format!("{point} {point} {point} on_shelf")];
    let first = texts(&worker.ledger, of_carton("s.point")).await.remove(0);
    let (second, third) = (near(worker, &first).remove(0), near(worker, &first).remove(1));
    handed_on(worker, &first, &second, at).await;
    assert_eq!(texts(&worker.ledger, places).await, at_point(&second));
    let late = instant(window.parse::<Date>().unwrap().tomorrow().unwrap(), 9, 0);
    pass(worker, late).await;
    let done = format!("SELECT count(*) {carton} AND s.done");
    assert_eq!(number(&worker.ledger, &done).await, 1);
    handed_on(worker, &second, &third, late).await;
    assert_eq!(texts(&worker.ledger, places).await, at_point(&third));

    assert_eq!(told(worker, "late", &[letter("card.returned_by_mail", card, "PA-6")], late).await.accepted, 1);
    assert_eq!(number(&worker.ledger, &done).await, 0);
    let shown = explain_day(worker, card, late).await.unwrap().unwrap();
    assert_eq!((shown.state.as_str(), shown.kind, shown.agrees), ("on_shelf", "window", true), "{shown:?}");
    assert!(shown.working_days_left.unwrap() >= 10, "{shown:?}");
    laws_hold(worker, late).await;
}

fn letter(kind: &str, card: &str, tracking: &str) -> Value {
    let mut event = about(kind, card);
    event["carrier"] = json!("POST");
    event["tracking"] = json!(tracking);
    event
}

/// Who has the open cases for that reason about a card.
async fn of_card(worker: &Worker, reason: &str, card: &str, now: Timestamp) -> Vec<String> {
    let cases = cases_about(worker, reason, now).await.into_iter();
    cases.filter(|case| case.application_id.as_deref() == Some(card)).map(|case| case.owner).collect()
}
