//! A ledger of a version before is brought up to date in one step, and everything in it is where it was.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use cardline::args;
use cardline::config::Config;
use cardline::route::accounts::Cut;
use cardline::route::send::Send;
use cardline::step::Worker;
use cardline::store::Ledger;
use cardline::time::instant;
use cardline_world::play::day;

use crate::conformance::arrivals::{execute, number};
use crate::databases::{Database, Engine, on_both_engines};
use crate::plays::broken;
use crate::steps::drain;

on_both_engines!(account_batches_become_tables_of_their_own,);

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

async fn account_batches_become_tables_of_their_own(database: Database) {
    of_before(54, &database).await;
    let before = places(&database).await;
    assert!(before["waiting_account"] > 3 && before["in_account_batch"] > 1 && before.len() > 6, "{before:?}");
    let config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
    let worker = Worker::open(config, day(11)).await.unwrap();
    assert_eq!(places(&database).await, before);
    let evening = instant(day(11), 18, 0);
    let holds = async |at| broken(&worker.ledger.books(at, true, None).await.unwrap());
    assert_eq!(holds(evening).await, Vec::<String>::new());
    assert_eq!(number(&worker.ledger, "SELECT count(*) FROM account_waiting").await, before["waiting_account"]);

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
}
