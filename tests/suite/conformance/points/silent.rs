//! Points that tell nothing: who has cards and was not heard of stands in the list of who sees them, until an event comes.

use cardline::route::distribution::pickup::By;
use cardline::route::distribution::silent::{SilentRow, silent};
use cardline::step::Worker;
use cardline::time::instant;
use cardline_core::domain::staff::Role;
use cardline_world::play::day;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::conformance::arrivals::{number, texts};
use crate::conformance::missing::about;
use crate::conformance::people::users::{add, administered};
use crate::conformance::receipts::{cartons, told};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(a_point_with_cards_that_tells_nothing_is_found);

const DAYS: u32 = 22;

async fn a_point_with_cards_that_tells_nothing_is_found(database: Database) {
    let mut play = Play::played(database, 3, 60, DAYS).await;
    let evening = instant(day(DAYS - 1), 18, 0);
    let months = instant(day(DAYS + 60), 18, 0);
    // Everybody was heard of lately, or their cartons have not been on their way for long.
    assert_eq!(of(&play.worker, 250, evening).await, []);
    let all = of(&play.worker, 10, months).await;
    let with_cards =
        "SELECT count(DISTINCT s.point) FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
         JOIN application a ON a.id = m.application WHERE NOT s.done AND a.place IS NULL";
    assert_eq!(all.len() as i64, number(&play.worker.ledger, with_cards).await);
    assert!(all.len() > 3 && all.iter().any(|row| row.cards > 0), "the play shows too little: {all:?}");
    for row in &all {
        assert!(
            row.working_days_left < 0 && row.kind == "silent" && row.points == 1 && !row.name.is_empty(),
            "{row:?}"
        );
        assert_eq!((row.owner == "distribution point", row.cards + row.coming > 0), (row.cards > 0, true), "{row:?}");
        assert!(row.cards == 0 || row.last_heard_on.is_some(), "what lies there was received: {row:?}");
    }
    assert!(all.is_sorted_by_key(|row| row.due_on));
    areas_are_sums(&play.worker, &all, months).await;
    a_word_is_enough(&play.worker, &all, months).await;
    the_city_and_what_is_refused_say_nothing_of_the_point(&play.worker, months).await;

    let ledger = play.worker.ledger.clone();
    let boss = administered(&ledger).await;
    let all = of(&play.worker, 10, months).await;
    for (name, area) in [("lin", "1101"), ("wang", "5226"), ("none", "99")] {
        play.worker.ledger = boss.seen_by(add(&boss, name, Role::Administrator, "", area).await);
        let seen: Vec<_> = of(&play.worker, 10, months).await;
        let expected: Vec<_> = all.iter().filter(|row| row.area.starts_with(area)).cloned().collect();
        assert_eq!(seen, expected, "{name}");
    }
    play.worker.ledger = ledger;
    play.end().await;
}

async fn areas_are_sums(worker: &Worker, all: &[SilentRow], at: Timestamp) {
    for by in [By::District, By::Street] {
        let rows = silent(worker, 10, (by, ""), at).await.unwrap();
        let sum = |part: fn(&SilentRow) -> i64, rows: &[SilentRow]| rows.iter().map(part).sum::<i64>();
        for part in [|row: &SilentRow| row.points, |row: &SilentRow| row.cards, |row: &SilentRow| row.coming] {
            assert_eq!(sum(part, &rows), sum(part, all), "{by:?}");
        }
        assert!(rows.iter().all(|row| row.point.is_none()));
    }
    let district = silent(worker, 10, (By::Point, "110101"), at).await.unwrap();
    assert_eq!(district.len(), all.iter().filter(|row| row.area == "110101").count());
}

/// A card of its shelf is missing: somebody works there.
async fn a_word_is_enough(worker: &Worker, all: &[SilentRow], at: Timestamp) {
    let row = all.iter().find(|row| row.cards > 1).expect("the play shows too little");
    let point = row.point.clone().unwrap();
    let lying = format!(
        "SELECT a.application_id FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
         JOIN application a ON a.id = m.application
         WHERE s.point = '{point}' AND s.place = 'on_shelf' AND NOT s.done AND a.place IS NULL ORDER BY a.id"
    );
    let card = texts(&worker.ledger, lying.leak()).await.remove(0);
    assert_eq!(told(worker, "word", &[about("card.missing", &card)], at).await.accepted, 1);
    let heard = of(worker, 10, at).await;
    assert_eq!((heard.len(), heard.iter().any(|row| row.point.as_ref() == Some(&point))), (all.len() - 1, false));
    let later = instant(day(DAYS + 90), 18, 0);
    let again = of(worker, 10, later).await;
    let again = again.iter().find(|row| row.point.as_ref() == Some(&point)).expect("silent again");
    assert_eq!(again.last_heard_on.as_deref(), Some(day(DAYS + 60).to_string().as_str()));
}

async fn the_city_and_what_is_refused_say_nothing_of_the_point(worker: &Worker, at: Timestamp) {
    let Some(carton) = cartons(&worker.ledger).await.into_iter().next() else { panic!("the play shows too little") };
    let before = of(worker, 10, at).await;
    let city: Value = json!({ "type": "shipment.received_city", "shipment": carton.number, "count": carton.cards });
    let events = [city, carton.event("point.received", -1)];
    let counts = told(worker, "city", &events, at).await;
    assert_eq!((counts.accepted, counts.rejected), (1, 1));
    assert_eq!(of(worker, 10, at).await, before);
    assert_eq!(told(worker, "point", &[carton.event("point.received", carton.cards)], at).await.accepted, 1);
    assert_eq!(of(worker, 10, at).await.len(), before.len() - 1);
}

async fn of(worker: &Worker, within: u32, at: Timestamp) -> Vec<SilentRow> {
    silent(worker, within, (By::Point, ""), at).await.unwrap()
}
