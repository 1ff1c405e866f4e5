//! The strip of the route against the cards themselves: what stands where, until when, and what came.

use std::collections::BTreeMap;
use std::time::Duration;

use cardline::args;
use cardline::messages::history::Seal;
use cardline::route::strip::{Strip, StripStage};
use cardline::step::Worker;
use cardline::store::{Engine, Ledger};
use cardline::time::{instant, rfc3339};
use cardline_core::domain::staff::Role;
use cardline_world::play::day;
use jiff::{SignedDuration, Timestamp};

use crate::conformance::arrivals::{execute, number, texts};
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, on_both_engines};
use crate::plays::Play;
use crate::steps::drain;

on_both_engines!(the_strip_is_where_the_cards_are);

/// It stops in the middle, when something stands at every stage.
const PLAY: (u64, u32, u32) = (150, 48, 34);

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Cards and applications that are not finished, of what lies within a condition.
async fn slowly(ledger: &Ledger, within: &str) -> BTreeMap<String, i64> {
    let sql = format!(
        "SELECT x.state, count(*) FROM (
            SELECT c.place AS state, a.bank, a.region FROM card c JOIN application a ON a.id = c.id
            UNION ALL SELECT a.state, a.bank, a.region FROM application a WHERE a.state IN ('returned', 'rejected')) x
         WHERE x.state NOT IN ('in_hand', 'lost', 'destroyed', 'no_plastic') AND {within} GROUP BY x.state"
    );
    let mut tx = ledger.read().await.unwrap();
    tx.rows::<(String, i64)>(sql.leak(), args![]).await.unwrap().into_iter().collect()
}

fn counts(strip: &Strip) -> BTreeMap<String, i64> {
    for stage in &strip.stages {
        assert_eq!(stage.states.iter().map(|(_, cards)| cards).sum::<i64>(), stage.cards, "{}", stage.name);
    }
    let states = strip.stages.iter().flat_map(|stage| &stage.states).filter(|(_, cards)| *cards > 0);
    states.map(|(state, cards)| ((*state).to_owned(), *cards)).collect()
}

fn stage<'s>(strip: &'s Strip, name: &str) -> &'s StripStage {
    strip.stages.iter().find(|stage| stage.name == name).unwrap()
}

async fn first(ledger: &Ledger, sql: &'static str) -> Option<String> {
    texts(ledger, sql).await.into_iter().min()
}

async fn the_strip_is_where_the_cards_are(database: Database) {
    let (cards, days, until) = PLAY;
    let (mut play, mut came) = (Play::new(database, 5, cards, days).await, 0);
    for n in 0..until {
        play.day(n).await;
        // Soon after the last move: what the day's own seal left out, while others wrote, is counted as recent, too.
        all_is_tallied(&play.worker, instant(day(n), 18, 0)).await;
        came += what_came_is_counted(&play.worker.ledger).await;
    }
    assert!(came > 0, "the play shows too little");
    let ledger = &play.worker.ledger;
    let now = instant(day(until - 1), 18, 0);
    let strip = ledger.strip(now).await.unwrap();
    assert_eq!(counts(&strip), slowly(ledger, "1 = 1").await);
    assert!(strip.counted_at.is_some());
    for stage in &strip.stages {
        assert!(stage.cards > 0 || stage.name == "on-hold", "nothing stands at {}", stage.name);
        assert_eq!(stage.due_on.is_some(), stage.cards > 0, "{}", stage.name);
    }
    the_first_days_are_found(ledger, &strip).await;
    let hours_later = ledger.strip(instant(day(until + 1), 18, 0)).await.unwrap();
    assert!(hours_later.stages.iter().all(|stage| stage.came == Some(0)));

    let boss = administered(ledger).await;
    execute(ledger, "UPDATE application SET bank = 'ABC' WHERE id % 2 = 0").await;
    for (name, bank, area) in [("lin", "", "1101"), ("wang", "ABC", ""), ("zhao", "ABC", "1101"), ("none", "CCB", "99")]
    {
        let seen = boss.seen_by(add(&boss, name, Role::Operator, bank, area).await).strip(now).await.unwrap();
        let within = format!("x.region LIKE '{area}%' AND ('{bank}' = '' OR x.bank = '{bank}')");
        let expected = slowly(ledger, &within).await;
        assert_eq!(counts(&seen), expected, "{name}");
        assert!(name == "none" || expected.len() > 5, "{name} shows too little");
        assert!(seen.counted_at.is_none() && seen.stages.iter().all(|stage| stage.came.is_none()));
        assert!(name != "none" || seen.stages.iter().all(|stage| stage.due_on.is_none()));
    }
    as_a_worker_counted(&boss, now).await;
    play.end().await;
}

/// Who sees less than everything reads the last count while it is fresh: it says the same.
async fn as_a_worker_counted(boss: &Ledger, now: Timestamp) {
    let lin = boss.seen_by(add(boss, "lin-2", Role::Operator, "", "1101").await);
    let counted_now = lin.strip(now).await.unwrap();
    boss.count_figures(now).await.unwrap();
    let (seen, later) = (lin.strip(now).await.unwrap(), lin.strip(now + HOUR).await.unwrap());
    assert_eq!((counted_now.counted_at, later.counted_at), (None, None));
    assert_eq!(seen.counted_at, Some(rfc3339(now)));
    for (stage, other) in seen.stages.iter().zip(&counted_now.stages) {
        assert_eq!((&stage.states, &stage.due_on), (&other.states, &other.due_on), "{}", stage.name);
        let expected = match stage.name {
            "on-hold" => "SELECT due_on FROM application WHERE place = 'held' AND region LIKE '1101%'",
            "production" => {
                "SELECT b.due_on FROM batch b WHERE (b.to_produce > 0 OR b.kind = 'production' AND b.state <> 'answered')
                    AND b.region LIKE '1101%'"
            }
            "transit" => {
                "SELECT s.due_on FROM shipment s JOIN card c ON c.shipment = s.id JOIN application a ON a.id = c.id
                    WHERE c.place = 'in_transit' AND a.region LIKE '1101%'
                 UNION ALL SELECT due_on FROM application WHERE place = 'missing' AND region LIKE '1101%'"
            }
            _ => continue,
        };
        assert_eq!(stage.due_on, first(boss, expected).await, "{}", stage.name);
    }
}

async fn the_first_days_are_found(ledger: &Ledger, strip: &Strip) {
    let waiting = "SELECT a.due_on FROM application a JOIN account_waiting w ON w.application = a.id WHERE NOT EXISTS (SELECT 1 FROM account_waiting o
            WHERE o.region = a.region AND o.bank = a.bank AND o.lane = a.lane
                AND (o.approved_on < a.approved_on OR o.approved_on = a.approved_on AND o.application_id < a.application_id))
        UNION ALL SELECT due_on FROM batch WHERE kind = 'account' AND state NOT IN ('answered', 'cancelled')";
    let produced = "SELECT due_on FROM batch WHERE to_produce > 0 OR kind = 'production' AND state NOT IN ('answered', 'cancelled')";
    let transit = "SELECT due_on FROM shipment WHERE place = 'in_transit' AND NOT done
        UNION ALL SELECT due_on FROM application WHERE place = 'missing'";
    let points = "SELECT DISTINCT COALESCE(s.window_last, s.due_on) FROM shipment s JOIN box x ON x.shipment = s.id
            JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application AND a.place IS NULL
            WHERE s.place IN ('at_point', 'on_shelf')
        UNION ALL SELECT due_on FROM application WHERE place = 'with_unit'";
    let recycling = "SELECT due_on FROM application WHERE place IN ('awaiting_return', 'recalled', 'to_recycle')
        UNION ALL SELECT due_on FROM batch WHERE kind = 'recycling' AND state NOT IN ('answered', 'cancelled')";
    for (name, sql) in [
        ("intake", "SELECT due_on FROM application WHERE state IN ('returned', 'rejected')"),
        ("accounts", waiting),
        ("production", produced),
        ("transit", transit),
        ("points", points),
        ("recycling", recycling),
        ("on-hold", "SELECT due_on FROM application WHERE place = 'held'"),
    ] {
        assert_eq!(stage(strip, name).due_on, first(ledger, sql).await, "{name}");
    }
}

/// History is sealed as far as no transaction of the server is open, be it another database's: until none is.
async fn all_is_tallied(worker: &Worker, now: Timestamp) {
    let place = if worker.ledger.engine() == Engine::Postgres { "tx" } else { "seq" };
    let open = format!("SELECT count(*) FROM move WHERE {place} >= (SELECT max(to_tx) FROM seal)");
    for _ in 0..600 {
        drain(&Seal, worker, now).await.unwrap();
        worker.ledger.carry_tally().await.unwrap();
        if number(&worker.ledger, &open).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("history is not sealed after half a minute");
}

/// Of the hour before the last move, in slices of five minutes.
async fn what_came_is_counted(ledger: &Ledger) -> i64 {
    let last = number(ledger, "SELECT max(at) FROM move").await;
    let since = (last - 3_600_000_000) / 300_000_000 * 300_000_000;
    let strip = ledger.strip(Timestamp::from_microsecond(last).unwrap()).await.unwrap();
    for stage in strip.stages.iter().filter(|stage| stage.name != "intake") {
        let states = stage.states.iter().map(|(state, _)| format!("'{state}'")).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "SELECT CAST(COALESCE(sum(count), 0) AS BIGINT) FROM move WHERE life = 'card' AND at >= {since}
             AND to_state IN ({states}) AND from_state NOT IN ({states})"
        );
        assert_eq!(stage.came, Some(number(ledger, &sql).await), "{}", stage.name);
    }
    strip.stages.iter().filter_map(|stage| stage.came).sum()
}
