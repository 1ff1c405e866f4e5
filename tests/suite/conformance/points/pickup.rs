//! What waits at the points, what is due and what is late: the lists against where the cards are.

use std::collections::BTreeSet;

use cardline::route::deadlines::Deadlines;
use cardline::route::distribution::forecast::{forecast, last_forecast};
use cardline::route::distribution::pickup::{By, PickupRow, counted, due_within, one_by_one};
use cardline::route::distribution::pickup_cards::Asked;
use cardline::route::distribution::waiting_by_area::{AreaRow, waiting_by_area};
use cardline::route::distribution::windows::EndWindows;
use cardline::step::{Step, Worker};
use cardline::store::Ledger;
use cardline::time::instant;
use cardline_core::domain::staff::Role;
use cardline_world::play::day;
use jiff::Timestamp;

use crate::conformance::arrivals::{execute, number, texts};
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;
use crate::steps::{claim, drain};

on_both_engines!(the_lists_are_where_the_cards_are);

const DAYS: u32 = 22;

fn evening(n: u32) -> Timestamp {
    instant(day(n), 18, 0)
}

fn cards(rows: &[PickupRow]) -> i64 {
    rows.iter().map(|row| row.cards).sum()
}

fn of_kind(rows: &[PickupRow], kind: &str) -> i64 {
    rows.iter().filter(|row| row.kind == kind).map(|row| row.cards).sum()
}

async fn by_point(worker: &Worker, asked: Asked, n: u32) -> Vec<PickupRow> {
    counted(worker, asked, By::Point, evening(n)).await.unwrap()
}

async fn singles(worker: &Worker, asked: Asked, n: u32) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = one_by_one(worker, asked, &after, 3, evening(n)).await.unwrap();
        let Some(last) = page.last() else { return found };
        after = last.application_id.clone().unwrap();
        found.extend(page.into_iter().map(|row| row.application_id.unwrap()));
    }
}

async fn the_lists_are_where_the_cards_are(database: Database) {
    let mut play = Play::played(database, 3, 60, DAYS).await;
    let ledger = play.worker.ledger.clone();
    let places = |places: &str| format!("SELECT count(*) FROM card WHERE place IN ({places})");
    let waiting = number(&ledger, &places("'at_point', 'on_shelf', 'with_unit'")).await;
    let on_shelf = number(&ledger, &places("'on_shelf'")).await;
    let with_unit = number(&ledger, &places("'with_unit'")).await;
    assert!(on_shelf > 3 && with_unit > 0, "the play shows too little: {on_shelf}, {with_unit}");

    for by in [By::District, By::Street, By::Point] {
        let rows = counted(&play.worker, Asked::Waiting, by, evening(DAYS)).await.unwrap();
        assert_eq!((cards(&rows), of_kind(&rows, "unit")), (waiting, with_unit), "{by:?}");
        for row in &rows {
            let ages = row.ages.unwrap();
            let bands = ages.age_0_7 + ages.age_8_15 + ages.age_16_30 + ages.age_over_30;
            let width = if by == By::Street { 6..=9 } else { 6..=6 };
            assert!(bands == row.cards && width.contains(&row.area.len()) && !row.name.is_empty(), "{row:?}");
            assert_eq!(row.point.is_some(), by == By::Point);
        }
    }
    let later = counted(&play.worker, Asked::Waiting, By::District, evening(DAYS + 60)).await.unwrap();
    assert_eq!(later.iter().map(|row| row.ages.unwrap().age_over_30).sum::<i64>(), waiting);

    // What ends later or today is due, what ended is late; together they are all windows.
    let (mut in_time, mut late) = (0, 0);
    for within in [0, 3, 30] {
        let to = if within == 0 { day(DAYS) } else { play.worker.working_days_after(day(DAYS), within) };
        let rows = by_point(&play.worker, Asked::Due { from: day(DAYS), to }, DAYS).await;
        assert!(rows.iter().all(|row| (0..=i64::from(within)).contains(&row.working_days_left)), "{rows:?}");
        assert!(cards(&rows) >= in_time);
        in_time = cards(&rows);
        late = of_kind(&by_point(&play.worker, Asked::Overdue { today: day(DAYS) }, DAYS).await, "window");
    }
    assert_eq!(in_time + late, on_shelf);
    let months = DAYS + 90;
    let overdue = Asked::Overdue { today: day(months) };
    let rows = by_point(&play.worker, overdue, months).await;
    assert_eq!((of_kind(&rows, "window"), of_kind(&rows, "unit")), (on_shelf, with_unit));
    assert_eq!(of_kind(&rows, "return"), number(&ledger, &places("'awaiting_return'")).await);
    assert!(rows.iter().all(|row| row.working_days_left < 0 && !row.owner.is_empty()), "{rows:?}");
    let not_ready = format!(
        "SELECT count(*) FROM card c JOIN application a ON a.id = c.id LEFT JOIN shipment s ON s.id = c.shipment
         WHERE a.old_number IS NULL AND s.ready_on IS NULL AND a.promise_on < '{}' AND c.place IN ('waiting_account',
            'in_account_batch', 'waiting_production', 'in_production', 'spoiled', 'produced', 'in_transit', 'at_point', 'held')",
        day(months)
    );
    let not_ready = number(&ledger, &not_ready).await;
    assert!(of_kind(&rows, "promise") == not_ready && not_ready > 0, "{not_ready}: {rows:?}");

    // Asking a person about them moves their day in the ledger; they stay late.
    let noon = instant(day(months), 12, 0);
    assert!(drain(&Deadlines, &play.worker, noon).await.unwrap() > 0);
    let chased = by_point(&play.worker, overdue, months).await;
    assert_eq!(cards(&chased), cards(&rows));
    assert!(chased.iter().all(|row| row.working_days_left <= 0 && row.due_on < day(months).to_string()), "{chased:?}");

    areas_are_summed_level_by_level(&play.worker).await;
    what_will_come_is_told_by_point(&play.worker).await;
    let boss = administered(&ledger).await;
    execute(&ledger, "UPDATE application SET bank = 'ABC' WHERE id % 2 = 0").await;
    for (name, bank, area) in [("lin", "", "1101"), ("wang", "ABC", ""), ("zhao", "ABC", "1101"), ("none", "CCB", "99")]
    {
        play.worker.ledger = boss.seen_by(add(&boss, name, Role::Administrator, bank, area).await);
        let within = format!("region LIKE '{area}%' AND ('{bank}' = '' OR bank = '{bank}')");
        let sql = format!(
            "SELECT c.application_id FROM card c JOIN application a ON a.id = c.id
             WHERE c.place IN ('at_point', 'on_shelf', 'with_unit') AND {within}"
        );
        let expected: BTreeSet<String> = texts(&ledger, sql.leak()).await.into_iter().collect();
        let listed = singles(&play.worker, Asked::Waiting, DAYS).await;
        assert!(listed.is_sorted() && listed.len() == expected.len(), "{name}");
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), expected, "{name}");
        assert_eq!(cards(&by_point(&play.worker, Asked::Waiting, DAYS).await), expected.len() as i64, "{name}");
        coming_is_as_a_worker_counts_it(&play.worker, &ledger, name).await;
        let by_area = waiting_by_area(&play.worker, "", evening(DAYS)).await.unwrap();
        assert_eq!(by_area.iter().map(|row| row.cards).sum::<i64>(), expected.len() as i64, "{name}");
        let late = singles(&play.worker, overdue, months).await.len() as i64;
        assert_eq!(cards(&by_point(&play.worker, overdue, months).await), late, "{name}");
        assert!(name == "none" || (!expected.is_empty() && late < cards(&chased)), "{name} shows too little");
    }
    play.worker.ledger = ledger;
    a_window_that_was_moved_meanwhile_goes_on(&play.worker, evening(months)).await;
    play.end().await;
}

/// A window that ends is claimed; before that is settled its last day is moved, as by a new calendar.
async fn a_window_that_was_moved_meanwhile_goes_on(worker: &Worker, now: Timestamp) {
    let open = "SELECT count(*) FROM shipment WHERE NOT done AND place = 'on_shelf' AND window_last = '2027-01-04'";
    let claimed = claim(&EndWindows, worker, now).await.unwrap().expect("a window that ended");
    let worked = EndWindows.work(worker, claimed, now).unwrap();
    let moved =
        "UPDATE shipment SET window_last = '2027-01-04', due_on = '2027-01-04' WHERE NOT done AND place = 'on_shelf'";
    let windows = execute(&worker.ledger, moved).await as i64;
    EndWindows.settle(worker, worked, now).await.unwrap();
    assert_eq!(number(&worker.ledger, open).await, windows);
}

fn summed(rows: &[AreaRow]) -> [i64; 9] {
    let columns = |row: &AreaRow| {
        let ages = row.ages;
        let bands = [ages.age_0_7, ages.age_8_15, ages.age_16_30, ages.age_over_30];
        let [one, two, three, four] = bands;
        [row.cards, one, two, three, four, row.due_1, row.due_3, row.due_7, row.overdue]
    };
    rows.iter().map(columns).fold([0; 9], |sum, row| std::array::from_fn(|at| sum[at] + row[at]))
}

/// Every card that is on its way is told of once, at its point; late ones come this week, and what waits needs its shelf.
async fn what_will_come_is_told_by_point(worker: &Worker) {
    let ledger = &worker.ledger;
    let points = forecast(worker, evening(DAYS)).await.unwrap();
    assert!(points.is_sorted_by(|one, other| one.point < other.point));
    let of_place = |places: &str, at: &str| {
        format!(
            "SELECT count(*) FROM card c JOIN application a ON a.id = c.id LEFT JOIN shipment s ON s.id = c.shipment
            WHERE c.place IN ({places}) AND COALESCE(s.point, a.point) LIKE '{at}'"
        )
    };
    let coming = "'waiting_account', 'in_account_batch', 'waiting_production', 'in_production', 'spoiled', 'produced', 'in_transit'";
    let (mut all, mut further) = (0, 0);
    for point in &points {
        assert_eq!(
            point.waiting,
            number(ledger, &of_place("'at_point', 'on_shelf'", &point.point)).await,
            "{}",
            point.point
        );
        let arrivals: i64 = point.weeks.iter().map(|week| week.arrivals).sum();
        assert_eq!(arrivals + point.later, number(ledger, &of_place(coming, &point.point)).await, "{}", point.point);
        assert_eq!(point.weeks[3].shelf, point.waiting + arrivals);
        assert!(!point.name.is_empty() && point.weeks[0].from == day(DAYS), "{point:?}");
        assert!(point.weeks.windows(2).all(|pair| pair[0].to.tomorrow().unwrap() == pair[1].from));
        all += point.waiting + arrivals + point.later;
        further += point.weeks[1..].iter().map(|week| week.arrivals).sum::<i64>();
    }
    assert_eq!(all, number(ledger, &of_place(&format!("'at_point', 'on_shelf', {coming}"), "%")).await);
    assert!(further > 0, "the play shows too little");
    // Two months later everything that has not come is late.
    let later = forecast(worker, evening(DAYS + 90)).await.unwrap();
    let late: i64 = later.iter().map(|point| point.weeks[0].arrivals).sum();
    let made = "'in_production', 'spoiled', 'produced'";
    assert_eq!(late, number(ledger, &of_place(coming, "%")).await - number(ledger, &of_place(made, "%")).await);
}

/// What a page reads of the last count is what is counted now, within the same scope.
async fn coming_is_as_a_worker_counts_it(worker: &Worker, whole: &Ledger, name: &str) {
    let now = evening(DAYS);
    whole.count_figures(now).await.unwrap();
    let (counted, at) = last_forecast(worker, now).await.unwrap();
    assert!(at.is_some(), "{name}");
    assert_eq!(counted, forecast(worker, now).await.unwrap(), "{name}");
    assert!(counted.is_empty() == (name == "none"), "{name} shows too little");
}

/// What lies below an area is what the area tells of itself, down to single points.
async fn areas_are_summed_level_by_level(worker: &Worker) {
    let at = evening(DAYS);
    let mut open = vec![String::new()];
    let (mut points, mut whole) = (0, Vec::new());
    while let Some(above) = open.pop() {
        let rows = waiting_by_area(worker, &above, at).await.unwrap();
        whole.extend(above.is_empty().then(|| rows.clone()));
        for row in rows {
            assert!(row.area.starts_with(&above) || row.is_point, "{row:?}");
            assert!(!row.name.is_empty(), "{row:?}");
            let bands = row.ages.age_0_7 + row.ages.age_8_15 + row.ages.age_16_30 + row.ages.age_over_30;
            assert!(bands == row.cards && row.due_1 <= row.due_3 && row.due_3 <= row.due_7, "{row:?}");
            if row.is_point {
                points += row.cards;
                continue;
            }
            let below = waiting_by_area(worker, &row.area, at).await.unwrap();
            assert_eq!(summed(&below), summed(std::slice::from_ref(&row)), "below {}", row.area);
            open.push(row.area);
        }
    }
    let [cards, .., due_7, overdue] = summed(&whole[0]);
    assert_eq!(cards, points);
    assert_eq!(cards, self::cards(&counted(worker, Asked::Waiting, By::Point, at).await.unwrap()));
    let due = counted(worker, due_within(worker, day(DAYS), 7), By::Point, at).await.unwrap();
    let late = counted(worker, Asked::Overdue { today: day(DAYS) }, By::Point, at).await.unwrap();
    assert_eq!((due_7, overdue), (self::cards(&due), self::cards(&late)));
    assert!(due_7 > 0, "the play shows too little");
    assert!(waiting_by_area(worker, "99", at).await.unwrap().is_empty());
}
