//! A law that cannot fail is a defect: every law's offenders (`books/laws`) are planted one at a time, and
//! the law must find each. Each scene is made by one test, here or beside what it is about.

use cardline::args;
use cardline::books::law::{Look, Planted, Scene};
use cardline::books::laws::NOT_LOOKED_AT;
use cardline::books::{LAWS, touched};
use cardline::store::Ledger;
use cardline::time::instant;
use cardline_world::play::day;

use super::arrivals::{execute, number, text_columns, texts};
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
    law_12_looks_at_every_text_column(&play.worker.ledger, engine).await;
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

/// Plants the number of a person in every text column of a table that has rows; law 12 names each that the database
/// lets in and that is not listed with a reason.
async fn law_12_looks_at_every_text_column(ledger: &Ledger, engine: Engine) {
    let secret = LAWS.iter().find(|law| law.name == "secret").unwrap();
    let (mut planted, mut unseen, mut excused) = (0, Vec::new(), Vec::new());
    for name in texts(ledger, text_columns(engine)).await {
        let (table, column) = name.split_once('.').unwrap();
        let row = match engine {
            Engine::Postgres => format!("ctid = (SELECT ctid FROM {table} LIMIT 1)"),
            Engine::Sqlite => format!("rowid = (SELECT min(rowid) FROM {table})"),
        };
        let number = concat!("of 110101", "198503072238");
        let sql = format!("UPDATE {table} SET {column} = '{number}' WHERE {row}");
        let mut tx = ledger.begin().await.unwrap();
        // Refused where the database knows every word that may stand there.
        if !tx.run(sql.leak(), args![]).await.is_ok_and(|rows| rows == 1) {
            continue;
        }
        planted += 1;
        touched::fill(&mut tx, touched::Run { since: None, to: i64::MAX, today: day(PLAY.2) }).await.unwrap();
        let found = secret.computed.unwrap()(&mut Look::new(tx, None)).await.unwrap().offending;
        if !found.iter().any(|offender| offender.starts_with(&format!("{name}: "))) {
            let listed = NOT_LOOKED_AT.iter().any(|(listed, reason)| *listed == name && !reason.is_empty());
            if listed { &mut excused } else { &mut unseen }.push(name);
        }
    }
    assert_eq!(unseen, Vec::<String>::new(), "columns that no law looks at");
    assert!(planted > 80, "only {planted} columns could be tried");
}
