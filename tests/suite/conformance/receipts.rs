//! A delivery that is not as it was shipped: the point has the carton, a person decides, and nobody is told of a card
//! that is not there.

use cardline::actions::cases::decide::decide;
use cardline::actions::cases::list::{ListedCase, case_page};
use cardline::actions::cases::refusal::CaseRefusal;
use cardline::actions::outcome::{ActionError, Instruction, Outcome};
use cardline::actions::pickup::days::WindowChange;
use cardline::actions::pickup::refusal::PickupRefusal;
use cardline::actions::pickup::windows::{Ask, move_windows};
use cardline::books::case_shown::show_case;
use cardline::books::day_explained::explain_day;
use cardline::cases::case_list::CaseQuery;
use cardline::kafka::RawMessage;
use cardline::route::deadlines::Deadlines;
use cardline::route::distribution::windows::OpenWindows;
use cardline::route::intake::settle::{ChunkSource, IntakeCounts};
use cardline::route::servicing::{event_dates, read_event};
use cardline::step::{Step, Worker};
use cardline::store::{Ledger, Stamp};
use cardline::time::{instant, local_date};
use cardline_core::domain::staff::Role;
use cardline_core::state_machines::decision::Decision;
use cardline_world::play::day;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::conformance::arrivals::{number, texts};
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, on_both_engines};
use crate::plays::{Play, broken};
use crate::steps::{claim, drain};

on_both_engines!(what_a_point_counts_is_held_against_the_carton);

/// A carton on its way.
pub(super) struct Carton {
    pub number: String,
    pub container: String,
    pub cards: i64,
    region: String,
    bank: String,
}

impl Carton {
    pub(super) fn event(&self, kind: &str, count: i64) -> Value {
        json!({ "type": kind, "shipment": self.number, "box": self.container, "count": count })
    }
}

async fn what_a_point_counts_is_held_against_the_carton(database: Database) {
    let mut play = Play::new(database, 3, 120, 5).await;
    let mut n = 0;
    while cartons(&play.worker.ledger).await.len() < 6 {
        assert!(n < 22, "the play shows too little");
        play.day(n).await;
        n += 1;
    }
    let now = instant(day(n - 1), 18, 0);
    let cartons = cartons(&play.worker.ledger).await;
    let [short, whole, again, broken_one, late, spare, ..] = &cartons[..] else { panic!("six cartons") };
    assert!(short.cards > 1, "the play shows too little");

    a_delivery_is_short_by_two(&play.worker, short, whole, now).await;
    a_later_count_agrees(&play.worker, again, now).await;
    what_is_damaged_waits_for_a_person(&play.worker, broken_one, spare, now).await;
    a_count_while_its_window_is_opened_holds_it(&play.worker, late, now).await;
    what_cannot_be_is_refused(&play.worker, whole, spare, now).await;
    a_city_counts_what_passes(&play.worker, spare, whole, now).await;
    a_case_of_a_delivery_is_of_its_area(&mut play.worker, short, now).await;
    drain(&OpenWindows, &play.worker, now).await.unwrap();
    assert_eq!(place(&play.worker.ledger, short).await, "on_shelf");
    laws_hold(&play.worker, now).await;

    // No notice opens what is to be decided; why its cards are due on their day is told as of any other's.
    let until = local_date(now).saturating_add(jiff::Span::new().days(30));
    let by = Instruction { actor: "suite", reason: "a notice", at: now, approval: None };
    let point = format!("SELECT point FROM shipment WHERE number = '{}'", broken_one.number);
    let point = texts(&play.worker.ledger, point.leak()).await.remove(0);
    let ask = Ask { place: &point, change: WindowChange::Open { until }, confirm: None, dry_run: true };
    let left_out = match move_windows(&play.worker, ask, by).await {
        Err(ActionError::Refused(PickupRefusal::NothingMoves { left_out, .. })) => left_out,
        previewed => previewed.unwrap().left_out,
    };
    assert!(left_out.disputed > 0, "{left_out:?}");
    let waits = "SELECT a.application_id FROM card a JOIN receipt r ON r.shipment = a.shipment
         WHERE a.place = 'at_point' AND r.desk_case IS NOT NULL ORDER BY 1";
    let waits = texts(&play.worker.ledger, waits).await;
    assert!(!waits.is_empty());
    for at in [now, instant(day(n + 90), 19, 0)] {
        if at > now {
            drain(&Deadlines, &play.worker, instant(day(n + 90), 18, 0)).await.unwrap();
        }
        for id in &waits {
            let day = explain_day(&play.worker, id, at).await.unwrap().unwrap();
            assert!(day.agrees, "{id} on {}", day.due_on.unwrap_or_default());
        }
    }

    // What nobody decides is escalated; no carrier is asked for what lies at the point.
    let months = instant(day(n + 90), 18, 0);
    let chased = "SELECT count(*) FROM shipment WHERE NOT done AND place = 'at_point' AND due_on < '2026-04-01'";
    assert_eq!(number(&play.worker.ledger, chased).await, 0);
    let listed = deliveries(&play.worker, months).await;
    assert!(listed.len() == 2 && listed.iter().all(|case| case.state == "escalated"), "{listed:?}");
    play.end().await;
}

/// The first item of an administrator's week.
async fn a_delivery_is_short_by_two(worker: &Worker, short: &Carton, whole: &Carton, now: Timestamp) {
    let events = [short.event("point.short", 2), whole.event("point.received", whole.cards)];
    assert_eq!(told(worker, "short", &events, now).await.accepted, 2);
    assert_eq!(
        (place(&worker.ledger, short).await, place(&worker.ledger, whole).await),
        ("at_point".into(), "at_point".into())
    );
    let cases = deliveries(worker, now).await;
    let [case] = &cases[..] else { panic!("one case: {cases:?}") };
    assert_eq!((case.reason.as_str(), case.owner.as_str()), ("a delivery is short by 2", "administrator"));
    assert_eq!(
        (case.bank.as_str(), case.area.as_str(), case.cards),
        (short.bank.as_str(), short.region.as_str(), short.cards)
    );
    assert_eq!(case.shipment.as_deref(), Some(short.number.as_str()));

    // The same twice is a repeat; the same said with all cards is one case.
    assert_eq!(told(worker, "short", &events, now).await.repeated, 2);
    let same = [short.event("point.received", short.cards - 2)];
    assert_eq!(told(worker, "counted", &same, now).await.accepted, 1);
    assert_eq!(deliveries(worker, now).await.len(), 1);
    let shown = show_case(worker, case.number, now).await.unwrap().unwrap();
    assert_eq!(shown.delivery.unwrap().receipts.len(), 2);
    assert_eq!(shown.words.iter().map(|word| word.word).collect::<Vec<_>>(), ["go-on"]);

    drain(&OpenWindows, worker, now).await.unwrap();
    assert_eq!(
        (place(&worker.ledger, short).await, place(&worker.ledger, whole).await),
        ("at_point".into(), "on_shelf".into())
    );
}

/// The point counts again and finds them.
async fn a_later_count_agrees(worker: &Worker, carton: &Carton, now: Timestamp) {
    let before = deliveries(worker, now).await.len();
    told(worker, "less", &[carton.event("point.received", carton.cards - 1)], now).await;
    assert_eq!(deliveries(worker, now).await.len(), before + 1);
    // One that was made before and comes late says nothing of it.
    let mut earlier = carton.event("point.received", carton.cards);
    earlier["at"] = json!((now - SignedDuration::from_hours(1)).to_string());
    told(worker, "earlier", &[earlier], now).await;
    assert_eq!(deliveries(worker, now).await.len(), before + 1);
    let counts = told(worker, "recount", &[carton.event("point.received", carton.cards)], now).await;
    assert_eq!((counts.accepted, deliveries(worker, now).await.len()), (1, before));
    drain(&OpenWindows, worker, now).await.unwrap();
    assert_eq!(place(&worker.ledger, carton).await, "on_shelf");
}

/// No count mends a broken card or a wrong box.
async fn what_is_damaged_waits_for_a_person(worker: &Worker, carton: &Carton, other: &Carton, now: Timestamp) {
    let before = deliveries(worker, now).await.len();
    let wrong_box = json!({ "type": "point.wrong_box", "shipment": carton.number, "box": other.container });
    let events = [
        carton.event("point.damaged", 1),
        carton.event("point.over", 1),
        wrong_box,
        carton.event("point.received", carton.cards),
    ];
    assert_eq!(told(worker, "damaged", &events, now).await.accepted, 4);
    let cases = deliveries(worker, now).await;
    assert_eq!(cases.len(), before + 1);
    assert!(cases.iter().any(|case| case.reason == "damaged cards in a delivery: 1"), "{cases:?}");
    drain(&OpenWindows, worker, now).await.unwrap();
    assert_eq!(place(&worker.ledger, carton).await, "at_point");
}

/// Between claim and settle of its window the point says that a card is missing.
async fn a_count_while_its_window_is_opened_holds_it(worker: &Worker, carton: &Carton, now: Timestamp) {
    told(worker, "first", &[carton.event("point.received", carton.cards)], now).await;
    let claimed = claim(&OpenWindows, worker, now).await.unwrap().expect("a window to open");
    let worked = OpenWindows.work(worker, claimed, now).unwrap();
    told(worker, "second", &[carton.event("point.short", 1)], now).await;
    OpenWindows.settle(worker, worked, now).await.unwrap();
    assert_eq!(place(&worker.ledger, carton).await, "at_point");
}

async fn what_cannot_be_is_refused(worker: &Worker, on_shelf: &Carton, carton: &Carton, now: Timestamp) {
    let mut unknown = carton.event("point.received", 1);
    unknown["shipment"] = json!("T-NONE");
    let mut other = carton.event("point.received", carton.cards);
    other["box"] = json!(on_shelf.container);
    let mut elsewhere = carton.event("point.received", carton.cards);
    elsewhere["place"] = json!({ "kind": "village", "code": "999999999999" });
    let events = [
        unknown,
        other,
        elsewhere,
        carton.event("point.received", -1),
        carton.event("point.received", 1_000_000),
        carton.event("point.short", carton.cards + 1),
        carton.event("point.wrong_box", 0),
        on_shelf.event("point.short", 1),
    ];
    let counts = told(worker, "absurd", &events, now).await;
    assert_eq!((counts.quarantined, counts.rejected, counts.accepted), (1, 7, 0));
    assert_eq!(place(&worker.ledger, carton).await, "in_transit");
    let sql = "SELECT reason FROM message WHERE event_id LIKE 'absurd-%' ORDER BY reason";
    let codes = texts(&worker.ledger, sql).await;
    let count = "RECEIPT-COUNT";
    assert_eq!(
        codes,
        ["RECEIPT-BOX", "RECEIPT-BOX", count, count, count, "RECEIPT-ELSEWHERE", "RECEIPT-LATE", "UNKNOWN-SHIPMENT"]
    );
}

/// On its way a carton is counted in the city: it stays on its way, by the same day.
async fn a_city_counts_what_passes(worker: &Worker, carton: &Carton, on_shelf: &Carton, now: Timestamp) {
    let city =
        |number: &str, count: i64| json!({ "type": "shipment.received_city", "shipment": number, "count": count });
    let stands =
        format!("SELECT place || ' ' || owner || ' ' || due_on FROM shipment WHERE number = '{}'", carton.number);
    let before = (texts(&worker.ledger, stands.clone().leak()).await.remove(0), deliveries(worker, now).await.len());
    let less = [city(&carton.number, carton.cards - 1)];
    assert_eq!(told(worker, "city", &less, now).await.accepted, 1);
    assert_eq!(told(worker, "city", &less, now).await.repeated, 1);
    assert_eq!(told(worker, "city-again", &less, now).await.accepted, 1);
    let cases = deliveries(worker, now).await;
    let of_carton: Vec<_> = cases.iter().filter(|case| case.shipment.as_ref() == Some(&carton.number)).collect();
    let [case] = &of_carton[..] else { panic!("one case: {cases:?}") };
    assert_eq!((case.reason.as_str(), case.owner.as_str()), ("a delivery is short by 1", "administrator"));
    let disputed = texts(&worker.ledger, stands.clone().leak()).await.remove(0);
    assert_eq!(disputed, before.0.replace(" carrier ", " administrator "));

    assert_eq!(told(worker, "city-whole", &[city(&carton.number, carton.cards)], now).await.accepted, 1);
    let after = (texts(&worker.ledger, stands.leak()).await.remove(0), deliveries(worker, now).await.len());
    assert_eq!(after, before);
    let card = format!(
        "SELECT a.application_id FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
         JOIN application a ON a.id = m.application WHERE s.number = '{}' AND a.place IS NULL ORDER BY a.id",
        carton.number
    );
    let card = texts(&worker.ledger, card.leak()).await.remove(0);
    let counted = worker.ledger.trace(&card).await.unwrap().unwrap().counted_in_city.unwrap();
    assert_eq!((counted.counted, counted.expected), (carton.cards, carton.cards));
    assert!(explain_day(worker, &card, now).await.unwrap().unwrap().agrees);
    let point = format!("SELECT point FROM shipment WHERE number = '{}'", carton.number);
    let point = texts(&worker.ledger, point.leak()).await.remove(0);
    let coming = worker.ledger.coming_cartons(&point).await.unwrap();
    let coming = coming.iter().find(|coming| coming.number == carton.number).unwrap();
    assert_eq!((coming.cards, coming.counted, coming.expected), (carton.cards, Some(carton.cards), Some(carton.cards)));

    let mut none = city(&carton.number, 1);
    none.as_object_mut().unwrap().remove("count");
    let events =
        [city("T-NONE", 1), city(&on_shelf.number, 1), city(&carton.number, -1), city(&carton.number, 1_000_000), none];
    let counts = told(worker, "no-city", &events, now).await;
    assert_eq!((counts.quarantined, counts.rejected, counts.accepted), (1, 4, 0));
    let sql = "SELECT reason FROM message WHERE event_id LIKE 'no-city-%' ORDER BY reason";
    let count = "RECEIPT-COUNT";
    assert_eq!(texts(&worker.ledger, sql).await, ["CITY-LATE", count, count, count, "UNKNOWN-SHIPMENT"]);
}

/// Who sees the carton's cards sees its case and decides it; nobody else does.
async fn a_case_of_a_delivery_is_of_its_area(worker: &mut Worker, carton: &Carton, now: Timestamp) {
    let cases = deliveries(worker, now).await;
    let case = cases.iter().find(|case| case.shipment.as_deref() == Some(&carton.number)).unwrap().number;
    let ledger = worker.ledger.clone();
    let boss = administered(&ledger).await;
    let by =
        |actor: &'static str| Instruction { actor, reason: "two cards stayed at the bureau", at: now, approval: None };
    for (name, bank, area) in [("far", "", "99"), ("other", "NONE", "")] {
        worker.ledger = boss.seen_by(add(&boss, name, Role::Administrator, bank, area).await);
        assert!(deliveries(worker, now).await.is_empty() && show_case(worker, case, now).await.unwrap().is_none());
        let refused = decide(worker, case, Decision::GoOn, by(name)).await;
        assert!(matches!(refused, Err(ActionError::Refused(CaseRefusal::NoSuchCase { .. }))), "{refused:?}");
    }
    worker.ledger = boss.seen_by(add(&boss, "lin", Role::Administrator, &carton.bank, &carton.region).await);
    let noted = decide(worker, case, Decision::Noted, by("lin")).await;
    assert!(matches!(noted, Err(ActionError::Refused(CaseRefusal::NotOffered { .. }))), "{noted:?}");
    assert!(matches!(decide(worker, case, Decision::GoOn, by("lin")).await, Ok(Outcome::Done(_))));
    assert!(matches!(decide(worker, case, Decision::GoOn, by("lin")).await, Ok(Outcome::Before(_))));
    let owner = format!("SELECT owner FROM shipment WHERE number = '{}'", carton.number);
    assert_eq!(texts(&ledger, owner.leak()).await, ["distribution point"]);
    worker.ledger = ledger;
}

/// Takes in events as from the topic, their ids after `name`.
pub(crate) async fn told(worker: &Worker, name: &str, events: &[Value], now: Timestamp) -> IntakeCounts {
    let topic = worker.config.topics.events.clone();
    let stored = worker.ledger.positions(&topic, &[0]).await.unwrap()[0].1;
    let read = events.iter().enumerate().map(|(at, event)| {
        let mut event = event.clone();
        event["schema"] = json!("card.event.v1");
        event["event_id"] = json!(format!("{name}-{at}"));
        if event["at"].is_null() {
            event["at"] = json!(now.to_string());
        }
        event["actor"] = json!("point-desk");
        let raw = RawMessage::new(stored + at as i64, event.to_string().into_bytes().into());
        read_event(&worker.keys, &raw, now).unwrap()
    });
    let next = stored + events.len() as i64;
    let source = ChunkSource { topic, partition: 0, first: stored, next, stored: Some(stored), generation: 1 };
    let lease = worker.ledger.take_lease("events", "suite", now, 60).await.unwrap().unwrap();
    let why = Stamp { at: now, actor: "servicing", reason: "event" };
    let dates = event_dates(worker, local_date(now));
    worker.ledger.settle_events(&lease, &source, read.collect(), &dates, why).await.unwrap()
}

/// What is on its way, the fullest first.
pub(super) async fn cartons(ledger: &Ledger) -> Vec<Carton> {
    let sql = "SELECT s.number || '|' || min(x.number) || '|' || CAST(count(*) AS TEXT) || '|' || min(a.region) || '|' || min(a.bank)
         FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         WHERE s.place = 'in_transit' AND a.place IS NULL GROUP BY s.id, s.number
         HAVING min(a.region) = max(a.region) AND min(a.bank) = max(a.bank) AND count(*) = max(s.cards) ORDER BY count(*) DESC, s.id";
    let carton = |row: String| {
        let mut cells = row.split('|').map(str::to_owned);
        let mut cell = || cells.next().unwrap();
        let (number, container, cards) = (cell(), cell(), cell().parse().unwrap());
        Carton { number, container, cards, region: cell(), bank: cell() }
    };
    texts(ledger, sql).await.into_iter().map(carton).collect()
}

pub(super) async fn place(ledger: &Ledger, carton: &Carton) -> String {
    texts(ledger, format!("SELECT place FROM shipment WHERE number = '{}'", carton.number).leak()).await.remove(0)
}

/// Open cases about deliveries.
pub(super) async fn deliveries(worker: &Worker, now: Timestamp) -> Vec<ListedCase> {
    let query = CaseQuery { kind: "delivery".into(), limit: 100, ..CaseQuery::default() };
    case_page(worker, &query, now).await.unwrap().cases
}

pub(super) async fn laws_hold(worker: &Worker, now: Timestamp) {
    let report = worker.ledger.books(now, true, None).await.unwrap();
    assert_eq!(broken(&report), Vec::<String>::new());
}
