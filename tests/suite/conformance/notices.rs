//! What people are told: warned before a window ends, by day, once a day to a telephone, and only what is still so.

use cardline::args;
use cardline::books::day_explained::explain_day;
use cardline::messages::history::{Relay, Seal};
use cardline::messages::notices::Notices;
use cardline::route::distribution::Warnings;
use cardline::route::distribution::windows::EndWindows;
use cardline::step::Worker;
use cardline::time::instant;
use cardline_world::play::day;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::conformance::arrivals::{number, texts};
use crate::conformance::missing::{about, told_to_holders};
use crate::conformance::receipts::{laws_hold, told};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;
use crate::steps::drain;

on_both_engines!(who_has_not_come_is_warned_once_at_each_of_three_days);

/// A carton in its first window, with three cards at least.
const ON_SHELF: &str =
    "SELECT CAST(s.id AS TEXT) FROM shipment s WHERE s.place = 'on_shelf' AND NOT s.done AND s.roll_overs = 0
    AND (SELECT count(*) FROM box x JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
        WHERE x.shipment = s.id AND a.place IS NULL) > 2 ORDER BY s.id LIMIT 1";

async fn who_has_not_come_is_warned_once_at_each_of_three_days(database: Database) {
    let mut play = Play::new(database, 3, 120, 5).await;
    let mut n = 0;
    while texts(&play.worker.ledger, ON_SHELF).await.is_empty() {
        assert!(n < 22, "nothing came to a shelf");
        play.day(n).await;
        n += 1;
    }
    let (worker, now) = (&play.worker, instant(day(n - 1), 18, 0));
    let carton: i64 = texts(&worker.ledger, ON_SHELF).await[0].parse().unwrap();
    let (set_on, last) = next_window(worker, carton).await;
    assert_eq!(warned(worker, carton, set_on, last).await, expected(worker, set_on, last));

    // Told by day to those who are left, each warning once; a card that was collected is told no more.
    let left = cards_of(worker, carton).await;
    let ended = instant(last, 18, 0);
    assert_eq!(told(worker, "came", &[collected(&left[0], last)], ended).await.accepted, 1);
    quiet_hours_are_kept(&play, last, &left).await;
    laws_hold(worker, now).await;
    let shown = explain_day(worker, &left[1], ended).await.unwrap().unwrap();
    assert_eq!((shown.kind, shown.agrees), ("window", true), "a warning moves no day: {shown:?}");

    // The next window is warned of anew.
    let (set_on, last) = next_window(worker, carton).await;
    assert_eq!(warned(worker, carton, set_on, last).await, expected(worker, set_on, last));
    laws_hold(worker, now).await;
    play.end().await;
}

/// The window of a carton ends and the next one begins: the day this happens, and its last one.
async fn next_window(worker: &Worker, carton: i64) -> (Date, Date) {
    let last = last_day(worker, carton).await;
    let after = last.tomorrow().unwrap();
    drain(&EndWindows, worker, instant(after, 9, 0)).await.unwrap();
    let next = last_day(worker, carton).await;
    assert!(next > last, "the window was not rolled over");
    (after, next)
}

/// Runs the step each day of a window; the days on which a carton was warned of, with what the history says.
async fn warned(worker: &Worker, carton: i64, from: Date, last: Date) -> Vec<(Date, String)> {
    let sql = format!(
        "SELECT reason FROM move WHERE scope = 'shipment' AND subject = {carton} AND reason LIKE 'the window ends%' ORDER BY seq"
    );
    let before = texts(&worker.ledger, sql.clone().leak()).await.len();
    let (mut today, mut found) = (from, Vec::new());
    while today <= last {
        // Twice: what was warned of is not warned of again.
        for hour in [9, 17] {
            drain(&Warnings, worker, instant(today, hour, 0)).await.unwrap();
        }
        for reason in texts(&worker.ledger, sql.clone().leak()).await.into_iter().skip(before + found.len()) {
            found.push((today, reason));
        }
        today = today.tomorrow().unwrap();
    }
    found
}

/// The same, counted day by day.
fn expected(worker: &Worker, from: Date, last: Date) -> Vec<(Date, String)> {
    let left = |today: Date| {
        let days = std::iter::successors(today.tomorrow().ok(), |day| day.tomorrow().ok());
        days.take_while(|day| *day <= last).filter(|day| worker.calendar.is_working_day(*day).working).count()
    };
    let days = || std::iter::successors(Some(from), |day| day.tomorrow().ok()).take_while(|day| *day <= last);
    let warned = [7, 3, 1].into_iter().filter(|n| left(from) > *n);
    let first = |n: usize| days().find(|day| left(*day) <= n).map(|day| (day, n));
    let word = |n| if n == 1 { "day" } else { "days" };
    warned
        .filter_map(first)
        .map(|(day, n)| (day, format!("the window ends within {n} working {}: {last}", word(n))))
        .collect()
}

/// Nobody is told at night. In the morning a telephone of two is told once of both, and of a card that was collected
/// nobody is told.
async fn quiet_hours_are_kept(play: &Play, last: Date, left: &[String]) {
    let worker = &play.worker;
    let early = instant(last, 7, 59);
    drain(&Seal, worker, early).await.unwrap();
    while drain(&Relay, worker, early).await.unwrap() > 0 {}
    assert_eq!(drain(&Notices, worker, early).await.unwrap(), 0);
    let waiting = number(&worker.ledger, "SELECT count(*) FROM notice WHERE told_on IS NULL").await;
    assert!(waiting > 0);
    // One telephone has two of the cards.
    let sql = "UPDATE notice SET phone = (SELECT n.phone FROM notice n JOIN application a ON a.id = n.application
            WHERE a.application_id = $1 LIMIT 1) WHERE application = (SELECT id FROM application WHERE application_id = $2)";
    let mut tx = worker.ledger.begin().await.unwrap();
    assert!(tx.run(sql, args![left[1].as_str(), left[2].as_str()]).await.unwrap() > 0);
    tx.commit().await.unwrap();
    let told = told_to_holders(play, "ends_soon", instant(last, 8, 0)).await;
    let times = |card: &String| told.iter().filter(|id| *id == card).count();
    assert_eq!((times(&left[0]), times(&left[1]), times(&left[2])), (0, 1, 1));
    let notices: Vec<Value> = play
        .messages(&worker.config.topics.notices)
        .iter()
        .map(|bytes| serde_json::from_slice(bytes).unwrap())
        .filter(|notice: &Value| notice["also"].is_array())
        .collect();
    let of_both = |notice: &&Value| {
        let named = |card: &str| notice["application_id"] == card || notice["also"] == json!([card]);
        notice["type"] == "ends_soon" && named(&left[1]) && named(&left[2])
    };
    let both = notices.iter().find(of_both).expect("one notice of two cards");
    assert_eq!(both["parameters"]["cards"], json!(2));
    assert!(both["text"].as_str().unwrap().contains(&last.to_string()), "{both}");
    // Whoever was told today hears the rest tomorrow: nothing more goes out.
    assert_eq!(drain(&Notices, worker, instant(last, 19, 59)).await.unwrap(), 0);
}

fn collected(card: &str, on: Date) -> Value {
    let mut event = about("card.collected", card);
    event["by"] = json!("holder");
    event["at"] = json!(format!("{on}T07:00:00+08:00"));
    event
}

async fn last_day(worker: &Worker, carton: i64) -> Date {
    let sql = format!("SELECT window_last FROM shipment WHERE id = {carton}");
    texts(&worker.ledger, sql.leak()).await[0].parse().unwrap()
}

async fn cards_of(worker: &Worker, carton: i64) -> Vec<String> {
    let sql = format!(
        "SELECT a.application_id FROM box x JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         WHERE x.shipment = {carton} AND a.place IS NULL ORDER BY a.application_id"
    );
    texts(&worker.ledger, sql.leak()).await
}
