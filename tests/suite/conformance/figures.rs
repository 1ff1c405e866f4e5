//! The figures for charts against the cards themselves: what passed on which day, what is at risk, and that a count
//! carried on is the one made anew.

use std::collections::BTreeSet;

use cardline::args;
use cardline::books::figures::{KEPT, MISSED, PASSED, listed, waiting, waiting_at_point};
use cardline::route::distribution::pickup::{By, PickupRow, counted, due_within};
use cardline::route::distribution::pickup_cards::Asked;
use cardline::route::distribution::point_cards::PointCard;
use cardline::route::distribution::waiting_by_area::{waiting_at, waiting_by_area};
use cardline::step::Worker;
use cardline::store::Ledger;
use cardline::time::{instant, local_date};
use cardline_core::domain::staff::Role;
use cardline_world::play::day;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::conformance::arrivals::{execute, number, texts};
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(figures_are_what_the_cards_say);

/// It stops in the middle, when something is under way everywhere.
const PLAY: (u64, u32, u32) = (150, 48, 34);

/// What the whole ledger says, by figure.
const SLOWLY: [(&str, &str); 4] = [
    ("arrived", "SELECT count(*) FROM application WHERE old_number IS NULL"),
    ("ordered", "SELECT count(*) FROM production_row"),
    ("shipped", "SELECT count(*) FROM card WHERE shipment IS NOT NULL"),
    (
        "collected",
        "SELECT count(*) FROM move WHERE life = 'card' AND scope = 'application' AND to_state = 'in_hand' AND from_state <> ''",
    ),
];

async fn all(ledger: &Ledger, sql: &'static str) -> Vec<(String, String, String, String, i64)> {
    ledger.read().await.unwrap().rows(sql, args![]).await.unwrap()
}

const PASSED_ALL: &str = "SELECT figure, day, region, bank, cards FROM day_figure ORDER BY figure, day, region, bank";
const UNREADY_ALL: &str = "SELECT state, promise_on, region, bank, cards FROM unfinished WHERE promise_on <> '' ORDER BY state, promise_on, region, bank";
const UNREADY_SLOWLY: &str = "SELECT c.place, a.promise_on, a.region, a.bank, count(*) FROM card c
    JOIN application a ON a.id = c.id LEFT JOIN shipment s ON s.id = c.shipment
    WHERE a.old_number IS NULL AND s.ready_on IS NULL AND c.place IN ('waiting_account', 'in_account_batch', 'waiting_production',
        'in_production', 'spoiled', 'produced', 'in_transit', 'at_point', 'held', 'missing')
    GROUP BY c.place, a.promise_on, a.region, a.bank ORDER BY c.place, a.promise_on, a.region, a.bank";

async fn figures_are_what_the_cards_say(database: Database) {
    let (cards, days, until) = PLAY;
    let mut play = Play::new(database, 5, cards, days).await;
    for n in 0..until {
        play.day(n).await;
        if n == until / 2 {
            play.worker.ledger.count_figures(instant(day(n), 18, 0)).await.unwrap();
        }
    }
    let ledger = &play.worker.ledger;
    let today = day(until - 1);
    let now = instant(today, 18, 0);
    ledger.count_figures(now).await.unwrap();
    it_is_the_ledger_as_a_whole(ledger, today).await;

    let carried_on = all(ledger, PASSED_ALL).await;
    execute(ledger, "DELETE FROM day_figure").await;
    ledger.count_figures(now).await.unwrap();
    assert!(all(ledger, PASSED_ALL).await.is_empty(), "counted again within a few minutes");
    execute(ledger, "UPDATE figures_run SET at = 0").await;
    ledger.count_figures(now).await.unwrap();
    assert_eq!(all(ledger, PASSED_ALL).await, carried_on);

    what_waits_is_counted(&play.worker, now).await;
    each_sees_their_own(ledger, today).await;
    play.end().await;
}

async fn it_is_the_ledger_as_a_whole(ledger: &Ledger, today: Date) {
    let figures = ledger.day_figures(day(0), "").await.unwrap();
    let sum = |figure: &str| figures.within(day(0), today, figure);
    for (figure, sql) in SLOWLY {
        assert_eq!(sum(figure), number(ledger, sql).await, "{figure}");
    }
    assert!(PASSED.iter().all(|figure| sum(figure) > 0));
    let promises = ledger.promises(today).await.unwrap();
    assert_eq!((sum(KEPT), sum(MISSED)), (promises.kept, promises.missed));

    let unready = all(ledger, UNREADY_ALL).await;
    assert_eq!(unready, all(ledger, UNREADY_SLOWLY).await);
    let risks = ledger.promises_at_risk(today, "").await.unwrap();
    let broken: i64 =
        unready.iter().filter(|(_, promise_on, ..)| *promise_on < today.to_string()).map(|row| row.4).sum();
    assert_eq!(risks.states.iter().map(|state| state.broken).sum::<i64>(), broken);
    assert!(risks.states.iter().any(|state| state.cards() > 0), "{unready:?}");
}

/// By area from the count a worker left, and point by point.
async fn what_waits_is_counted(worker: &Worker, now: Timestamp) {
    let found = waiting(worker, "", now).await.unwrap();
    assert_eq!(found.counted_at, Some(now));
    assert_eq!(found.areas, waiting_by_area(worker, "", now).await.unwrap());
    let below = waiting(worker, &found.areas[0].area, now).await.unwrap();
    assert_eq!(below.areas, waiting_by_area(worker, &found.areas[0].area, now).await.unwrap());
    every_list_is_what_was_counted(worker, now).await;
    let later = waiting(worker, "", now + 1.hours()).await.unwrap();
    assert_eq!(later.counted_at, None, "an old count is shown");

    let points = texts(&worker.ledger, "SELECT DISTINCT point FROM shipment WHERE NOT done").await;
    let mut in_all = 0;
    for point in points {
        let row = waiting_at(worker, &point, now).await.unwrap();
        assert_eq!(waiting_at_point(worker, &point, now).await.unwrap(), (row.clone(), Some(now)));
        let mut cards: Vec<PointCard> = Vec::new();
        loop {
            let after = cards.last().map(PointCard::mark).unwrap_or_default();
            let page = worker.ledger.point_cards(&point, &after, 3).await.unwrap();
            if page.is_empty() {
                break;
            }
            cards.extend(page);
        }
        let once: BTreeSet<&str> = cards.iter().map(|card| card.application_id.as_str()).collect();
        assert_eq!((cards.len() as i64, once.len()), (row.cards, cards.len()), "{point}");
        let shelf = cards.iter().take_while(|card| card.kind() == "window");
        assert!(shelf.map(|card| &card.due_on).is_sorted(), "{point}");
        in_all += row.cards;
    }
    assert!(in_all > 0 && in_all <= found.areas.iter().map(|row| row.cards).sum());
}

/// Where more waits than is counted when somebody asks every list is the last count, unless that is of the day before.
async fn every_list_is_what_was_counted(worker: &Worker, now: Timestamp) {
    let today = local_date(now);
    the_list_is_the_count(worker, Asked::Waiting, now).await;
    the_list_is_the_count(worker, due_within(worker, today, 7), now).await;

    let midnight = instant(day(PLAY.2 + 60), 0, 0);
    let (evening, night) = (midnight - 5.minutes(), midnight + 5.minutes());
    let late = Asked::Overdue { today: local_date(evening) };
    worker.ledger.count_figures(evening).await.unwrap();
    the_list_is_the_count(worker, late, evening).await;
    execute(&worker.ledger, ALL_MORE).await;
    let late = listed(worker, Asked::Overdue { today: local_date(night) }, By::Point, night).await.unwrap();
    assert!(late.iter().all(|row| row.counted_at.is_none()), "what was late the day before is shown");
    worker.ledger.count_figures(night).await.unwrap();
    let told = waiting(worker, "", night).await.unwrap();
    assert_eq!(told.counted_at, Some(night), "a new day is not counted");
    execute(&worker.ledger, "UPDATE figures_run SET at = 0").await;
    worker.ledger.count_figures(now).await.unwrap();
}

const TIMES: i64 = 10_000;
const ALL_MORE: &str = "UPDATE waiting_count SET cards = cards * 10000";

async fn the_list_is_the_count(worker: &Worker, asked: Asked, at: Timestamp) {
    for by in [By::District, By::Street, By::Point] {
        let few = listed(worker, asked, by, at).await.unwrap();
        assert_eq!(few, counted(worker, asked, by, at).await.unwrap());
        assert!(!few.is_empty() && few.iter().all(|row| row.counted_at.is_none()), "{asked:?} by {by:?}: {few:?}");
        execute(&worker.ledger, ALL_MORE).await;
        let many = listed(worker, asked, by, at).await.unwrap();
        execute(&worker.ledger, &ALL_MORE.replace('*', "/")).await;
        let all_more =
            few.into_iter().map(|row| PickupRow { cards: row.cards * TIMES, ages: None, counted_at: Some(at), ..row });
        let many: Vec<_> = many.into_iter().map(|row| PickupRow { ages: None, ..row }).collect();
        assert_eq!(many, all_more.collect::<Vec<_>>(), "{asked:?} by {by:?}");
    }
}

async fn each_sees_their_own(ledger: &Ledger, today: Date) {
    let boss = administered(ledger).await;
    let whole = boss.day_figures(day(0), "").await.unwrap();
    for (name, bank, area) in [("lin", "", "1101"), ("wang", "ABC", ""), ("none", "CCB", "99")] {
        let seen = boss.seen_by(add(&boss, name, Role::Operator, bank, area).await);
        let figures = seen.day_figures(day(0), "").await.unwrap();
        let narrowed = boss.day_figures(day(0), area).await.unwrap();
        for figure in PASSED {
            let own = figures.within(day(0), today, figure);
            assert!(own < whole.within(day(0), today, figure), "{name} sees {figure} of others");
            assert_eq!(own > 0, name != "none", "{name} {figure}");
            assert!(!bank.is_empty() || own == narrowed.within(day(0), today, figure), "{name} {figure}");
        }
        let risks = seen.promises_at_risk(today, "").await.unwrap();
        assert!(name != "none" || risks.states.is_empty());
    }
}
