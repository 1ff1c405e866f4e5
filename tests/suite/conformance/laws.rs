//! A law that cannot fail is a defect: every law's offenders (`books/laws`) are planted one at a time, and
//! the law must find each. Each scene is made by one test, here or beside what it is about.

use cardline::books::LAWS;
use cardline::books::law::{Planted, Scene};
use cardline::store::Ledger;
use cardline::time::instant;
use cardline_world::play::day;

use super::arrivals::{execute, number};
use crate::databases::{Database, Engine, on_both_engines};
use crate::plays::{Play, broken};

on_both_engines!(every_law_can_fail);

/// Cards and days of the play; it stops in the middle, when something stands in every waiting room.
const PLAY: (u64, u32, u32) = (150, 48, 34);

async fn every_law_can_fail(database: Database) {
    let engine = database.engine;
    let (cards, days, until) = PLAY;
    let mut play = Play::new(database, 5, cards, days).await;
    for n in 0..until {
        play.day(n).await;
    }
    assert_eq!(broken(&play.books(until - 1, true).await), Vec::<String>::new());
    planted_offenders_are_found(&play.worker.ledger, engine, Scene::Middle, until).await;
    assert_eq!(broken(&play.books(until - 1, true).await), Vec::<String>::new(), "something was not put back");
    play.end().await;
}

/// Plants every offender of a scene in its ledger; the laws are judged on the day before `until`.
pub(super) async fn planted_offenders_are_found(ledger: &Ledger, engine: Engine, scene: Scene, until: u32) {
    let (mut planted, mut unseen) = (0, Vec::new());
    for law in LAWS {
        let of_scene = law.planted.iter().filter(|offender| offender.scene == scene);
        for offender in of_scene.filter(|offender| engine == Engine::Postgres || !offender.only_on_postgres) {
            planted += 1;
            let wrong = goes_unseen(ledger, law.number, offender, until).await;
            unseen.extend(wrong.map(|wrong| format!("law {}: {wrong}: {}", law.number, offender.sql)));
        }
    }
    assert!(planted > 0, "no law has an offender in the scene {scene:?}");
    assert!(unseen.is_empty(), "{unseen:#?}");
}

/// Plants, looks, and puts everything back; what went wrong, if anything.
async fn goes_unseen(ledger: &Ledger, law: i64, offender: &Planted, until: u32) -> Option<&'static str> {
    for table in offender.tables {
        execute(ledger, &format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
    }
    for sql in offender.before {
        execute(ledger, sql).await;
    }
    let changed = execute(ledger, offender.sql).await;
    let held = ledger.books(instant(day(until - 1), 18, 0), true, Some(law)).await.unwrap().hold();
    for table in offender.tables {
        execute(ledger, &format!("DELETE FROM {table}")).await;
        execute(ledger, &format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await;
        let lost = format!("SELECT (SELECT count(*) FROM {table}) - (SELECT count(*) FROM kept_{table})");
        assert_eq!(number(ledger, &lost).await, 0);
        execute(ledger, &format!("DROP TABLE kept_{table}")).await;
    }
    for sql in offender.after {
        execute(ledger, sql).await;
    }
    match (changed, held) {
        (0, _) => Some("nothing was changed"),
        (_, true) => Some("it still holds"),
        (_, false) => None,
    }
}
