//! A ledger of a version before is brought up to date in one step, and everything in it is where it was.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use cardline::actions::outcome::Instruction;
use cardline::actions::recovery::after_restore::{accept, survey};
use cardline::args;
use cardline::config::Config;
use cardline::route::accounts::Cut;
use cardline::route::send::Send;
use cardline::step::{StageError, Worker};
use cardline::store::{Ledger, LedgerError};
use cardline::time::instant;
use cardline_world::play::{day, tick};
use jiff::Timestamp;

use crate::conformance::arrivals::{execute, number};
use crate::databases::{Database, Engine, on_both_engines};
use crate::plays::broken;
use crate::steps::drain;

on_both_engines!(account_batches_become_tables_of_their_own_and_a_backup_of_before_restores,);

/// Has a new server count transactions on from where the server of the fixture was, as whoever loads a dump must.
const COUNT_ON: &str = "DO $$
    DECLARE behind BIGINT;
    BEGIN
        SELECT greatest((SELECT max(to_tx) FROM seal), (SELECT max(tx) FROM move))
            + 1 - CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT) INTO behind;
        CREATE TEMPORARY TABLE counted (n BIGINT);
        FOR n IN 1..behind LOOP
            BEGIN INSERT INTO counted VALUES (n); EXCEPTION WHEN division_by_zero THEN NULL; END;
        END LOOP;
    END $$";

/// A ledger that was made by the version before a migration, not yet brought up to date.
async fn of_before(migration: u32, database: &Database) {
    let engine = if database.engine == Engine::Sqlite { "sqlite" } else { "postgres" };
    let from = format!("{}/fixtures/ledgers/{}/{engine}", env!("CARGO_MANIFEST_DIR"), migration - 1);
    let keys = database.folder.path().join("keys");
    std::fs::create_dir_all(&keys).unwrap();
    for key in ["data.key", "master.key"] {
        std::fs::copy(format!("{from}/{key}"), keys.join(key)).unwrap();
        std::fs::set_permissions(keys.join(key), Permissions::from_mode(0o600)).unwrap();
    }
    let packed = std::fs::File::open(format!("{from}/ledger.sql.zst")).unwrap();
    let sql = String::from_utf8(zstd::decode_all(packed).unwrap()).unwrap();
    database.run_script(sql).await;
    if database.engine == Engine::Postgres {
        database.run_script(COUNT_ON.into()).await;
    }
}

/// Cards by where they are, as the view of that version says it.
async fn places(database: &Database) -> BTreeMap<String, i64> {
    let seen = Ledger::to_migrate(&database.url).await.unwrap();
    let mut tx = seen.read().await.unwrap();
    let sql = "SELECT place, count(*) FROM card GROUP BY place";
    let places = tx.rows::<(String, i64)>(sql, args![]).await.unwrap().into_iter().collect();
    drop(tx);
    seen.close().await;
    places
}

/// The laws that do not hold.
async fn broken_laws(at: Timestamp, worker: &Worker) -> Vec<String> {
    broken(&worker.ledger.books(at, true, None).await.unwrap())
}

async fn account_batches_become_tables_of_their_own_and_a_backup_of_before_restores(database: Database) {
    of_before(54, &database).await;
    database.keep().await;
    let before = places(&database).await;
    assert!(before["waiting_account"] > 3 && before["in_account_batch"] > 1 && before.len() > 6, "{before:?}");
    let config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
    let worker = Worker::open(config.clone(), day(11)).await.unwrap();
    assert_eq!(places(&database).await, before);
    let evening = instant(day(11), 18, 0);
    assert_eq!(broken_laws(evening, &worker).await, Vec::<String>::new());
    assert_eq!(number(&worker.ledger, "SELECT count(*) FROM account_waiting").await, before["waiting_account"]);

    let days = |how: &str| {
        format!(
            "SELECT count(*) FROM batch b WHERE kind = 'account' AND (to_produce > 0 OR state <> 'answered') AND oldest {how}
            (SELECT min(a.approved_on) FROM account_row g JOIN application a ON a.id = g.application WHERE g.batch = b.id)"
        )
    };
    assert!(number(&worker.ledger, &days("=")).await > 1);
    assert_eq!(number(&worker.ledger, &days("<>")).await, 0);

    // The route goes on: what waited is in a batch. Its photos lay beside that ledger.
    let rendered = "INSERT INTO rendition (source, print, chip, tries)
        SELECT DISTINCT a.photo, 'p', 'c', 0 FROM account_waiting w JOIN application a ON a.id = w.application
        WHERE NOT EXISTS (SELECT 1 FROM rendition r WHERE r.source = a.photo)";
    assert!(execute(&worker.ledger, rendered).await > 0);
    let later = instant(day(14), 17, 30);
    assert!(drain(&Cut::STEP, &worker, later).await.unwrap() > 0);
    assert!(drain(&Send, &worker, later).await.unwrap() > 0);
    assert_eq!(number(&worker.ledger, "SELECT count(*) FROM account_waiting").await, 0);
    let after = places(&database).await;
    let asked = before["waiting_account"] + before["in_account_batch"];
    assert_eq!(after["in_account_batch"], asked, "{after:?}");
    worker.ledger.close().await;

    // What was backed up before the upgrade is put back: it is brought up to date, and sends nothing until a person
    // has seen what the bank was asked since.
    database.restore().await;
    let worker = Worker::open(config, day(14)).await.unwrap();
    assert_eq!(places(&database).await, before);
    let halted = tick(&worker, None, later).await;
    assert!(matches!(halted, Err(StageError::Ledger(LedgerError::Reconciling { .. }))), "{halted:?}");
    let lost = survey(&worker).await.unwrap();
    assert!(lost.halt.is_some() && !lost.files.is_empty(), "{lost:?}");
    let by = Instruction { actor: "lin", reason: "a backup of before the upgrade", at: later, approval: None };
    accept(&worker, lost, by).await.unwrap();
    // The cards that were asked for since are held, each with its case; nothing is asked twice.
    assert!(execute(&worker.ledger, rendered).await > 0);
    drain(&Cut::STEP, &worker, later).await.unwrap();
    let waited = number(&worker.ledger, "SELECT count(*) FROM account_waiting").await;
    let held = places(&database).await.get("held").copied().unwrap_or(0) - before.get("held").copied().unwrap_or(0);
    assert_eq!((waited, held), (0, before["waiting_account"]));
    assert_eq!(broken_laws(evening, &worker).await, Vec::<String>::new());
    worker.ledger.close().await;
}
