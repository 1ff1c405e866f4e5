//! A person is erased: their records open nowhere, their files and photos are gone, and everybody else's stay.

use cardline::actions::decisions::{Carried, give};
use cardline::actions::dual_control::{Second, second_person};
use cardline::actions::erase::{EraseRefusal, erase, preview, wanted};
use cardline::actions::outcome::{Instruction, Outcome};
use cardline::actions::recovery::backup::back_up;
use cardline::args;
use cardline::erasing::purge::Purge;
use cardline::erasing::scan::scan;
use cardline::route::deadlines::Deadlines;
use cardline::step::Worker;
use cardline::step::driver::drain;
use cardline::step::set_aside::Resting;
use cardline::store::{Engine as StoreEngine, Ledger};
use cardline::time::instant;
use cardline_core::domain::staff::Role;
use cardline_world::play::day;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::everything_below;
use crate::conformance::applications::quarantine::{Desk, FIRST_DAY, application, ended};
use crate::conformance::arrivals::{number, texts};
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, Engine, on_both_engines};
use crate::plays::{Play, broken};

on_both_engines!(
    two_persons_erase_a_third_who_may_come_again,
    every_record_file_and_photo_of_a_person_goes,
    what_is_put_back_by_sql_is_named,
    an_older_backup_is_named,
);

const GROUND: &str = "consent-withdrawn";

fn by(at: Timestamp) -> Instruction<'static> {
    Instruction { actor: "boss", reason: "letter 17", at, approval: None }
}

/// A desk with the lapsed application of one person and the accepted one of another.
async fn desk(database: Database) -> (Desk, Timestamp) {
    let desk = Desk::new(database).await;
    let mut refused = application(1, 1, json!({}));
    refused["holder"]["mobile"] = json!("12");
    let now = instant(FIRST_DAY, 9, 0);
    let counts = desk.take_in(&[refused, application(2, 1, json!({}))], now).await;
    assert_eq!((counts.rejected, counts.accepted), (1, 1));
    let early = ended(preview(&desk.worker, &Desk::id(1), GROUND).await);
    assert!(matches!(early.err(), Some(EraseRefusal::Needed { against }) if against.len() == 2));
    let later = now + (24 * 40).hours();
    drain(&Deadlines, "care/deadlines", &desk.worker, Resting::Try, later).await.unwrap();
    (desk, later)
}

async fn two_persons_erase_a_third_who_may_come_again(database: Database) {
    let (mut desk, now) = desk(database).await;
    let boss = administered(desk.ledger()).await;
    let chief = add(&boss, "chief", Role::Administrator, "", "").await;
    let narrow = add(&boss, "narrow", Role::Administrator, "", "33").await;
    let system = desk.worker.ledger.clone();
    desk.worker.ledger = system.seen_by(narrow);
    let unseen = ended(preview(&desk.worker, &Desk::id(1), GROUND).await);
    assert!(matches!(unseen.err(), Some(EraseRefusal::Unknown { .. })));
    desk.worker.ledger = boss;
    assert!(ended(preview(&desk.worker, &Desk::id(2), GROUND).await).is_err(), "a card that is under way");
    let found = ended(preview(&desk.worker, &Desk::id(1), GROUND).await).unwrap_or_else(|why| panic!("{why:?}"));
    let id = Desk::id(1);
    let asked = second_person(&desk.worker, &wanted(&found, &id, GROUND, "letter 17"), now).await.unwrap();
    let Second::Asked { id: approval, .. } = asked else { panic!("{asked:?}") };
    assert_eq!(desk.ledger().erased(&id).await.unwrap(), None);
    assert_eq!(ended(give(&mut desk.worker, approval, &chief, now).await), Ok(Carried::Out));
    let erased = desk.ledger().erased(&id).await.unwrap();
    assert_eq!(erased.map(|(_, ground)| ground).as_deref(), Some(GROUND));
    assert_eq!(
        ended(give(&mut desk.worker, approval, &chief, now).await),
        Ok(Carried::Before),
        "again, it changes nothing"
    );
    desk.worker.ledger = system;
    let twice = ended(erase(&desk.worker, &id, GROUND, by(now)).await).unwrap();
    assert!(matches!(twice, Outcome::Before(_)));
    assert_eq!(number(desk.ledger(), "SELECT count(*) FROM erasure").await, 1);

    // What is sent again is not stored; the person may apply as somebody new.
    let stored = "SELECT count(*) FROM message";
    let messages = number(desk.ledger(), stored).await;
    let counts = desk.take_in(&[application(1, 1, json!({})), application(1, 2, json!({}))], now).await;
    assert_eq!((counts.repeated, number(desk.ledger(), stored).await), (2, messages));
    let mut anew = application(1, 1, json!({}));
    (anew["application_id"], anew["event_id"]) = (json!(Desk::id(7)), json!("event-7-1"));
    assert_eq!(desk.take_in(&[anew], now).await.accepted, 1);
    assert_eq!(desk.trace(1).await.state, "lapsed");
    desk.books_hold(FIRST_DAY).await;
    desk.end().await;
}

async fn what_is_put_back_by_sql_is_named(database: Database) {
    let (desk, now) = desk(database).await;
    let mut tx = desk.ledger().begin().await.unwrap();
    tx.run("CREATE TABLE kept AS SELECT * FROM message", args![]).await.unwrap();
    tx.run("CREATE TABLE kept_application AS SELECT * FROM application", args![]).await.unwrap();
    tx.commit().await.unwrap();
    ended(erase(&desk.worker, &Desk::id(1), GROUND, by(now)).await).unwrap();
    let put_back = [
        "UPDATE message SET sealed = (SELECT k.sealed FROM kept k WHERE k.id = message.id),
            digest = (SELECT k.digest FROM kept k WHERE k.id = message.id), mac = (SELECT k.mac FROM kept k WHERE k.id = message.id)",
        "UPDATE application SET person = (SELECT k.person FROM kept_application k WHERE k.id = application.id),
            photo = (SELECT k.photo FROM kept_application k WHERE k.id = application.id),
            mac = (SELECT k.mac FROM kept_application k WHERE k.id = application.id)",
    ];
    for sql in put_back {
        let mut tx = desk.ledger().begin().await.unwrap();
        tx.run(sql, args![]).await.unwrap();
        tx.commit().await.unwrap();
    }
    let found = broken(&desk.ledger().books(now, true, None).await.unwrap()).concat();
    assert!(found.contains("was destroyed, and has a record again"), "{found}");
    assert!(found.contains("was erased, and names a person again"), "{found}");
    let places: Vec<_> = scan(&desk.worker, None, now).await.unwrap().left.into_iter().map(|left| left.place).collect();
    assert!(places.iter().filter(|place| **place == "database").count() == 2, "{places:?}");
    desk.end().await;
}

/// What only the person's rows hold, read before the erasure: keys of records, keyed hashes, numbers.
async fn canaries(ledger: &Ledger, application: i64) -> Vec<Vec<u8>> {
    let mut tx = ledger.read().await.unwrap();
    let mut found = Vec::new();
    let records =
        "SELECT m.sealed FROM message m JOIN application a ON a.application_id = m.application_id WHERE a.id = $1
        UNION ALL SELECT sealed FROM account WHERE application = $1";
    for (record,) in tx.rows::<(Vec<u8>,)>(records, args![application]).await.unwrap() {
        found.push(record[13..61].to_vec());
        found.push(record[record.len() - 40..].to_vec());
    }
    let hashes =
        "SELECT person FROM application WHERE id = $1 UNION ALL SELECT number_key FROM account WHERE application = $1
        UNION ALL SELECT pan_key FROM account WHERE application = $1";
    found.extend(tx.rows::<(Vec<u8>,)>(hashes, args![application]).await.unwrap().into_iter().map(|row| row.0));
    let numbers = "SELECT card_number FROM production_row WHERE application = $1 UNION ALL SELECT identifier FROM made WHERE application = $1";
    found.extend(
        tx.rows::<(String,)>(numbers, args![application]).await.unwrap().into_iter().map(|row| row.0.into_bytes()),
    );
    found
}

/// How often any of them stands anywhere in the database: in the bytes of the SQLite file and its log, or in every
/// column of every row.
async fn standing(play: &Play, canaries: &[Vec<u8>]) -> usize {
    if play.worker.ledger.engine() == StoreEngine::Sqlite {
        let files =
            ["cardline.db", "cardline.db-wal"].map(|name| std::fs::read(play.folder().join(name)).unwrap_or_default());
        let times = |canary: &Vec<u8>| {
            files.iter().map(|bytes| bytes.windows(canary.len()).filter(|part| part == canary).count()).sum::<usize>()
        };
        return canaries.iter().map(times).sum();
    }
    let tables = "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'";
    let mut count = 0;
    for table in texts(&play.worker.ledger, tables).await {
        for canary in canaries {
            let hex: String = canary.iter().map(|byte| format!("{byte:02x}")).collect();
            let text = String::from_utf8(canary.clone()).unwrap_or_else(|_| hex.clone());
            let sql = format!(
                "SELECT count(*) FROM \"{table}\" t WHERE CAST(t AS TEXT) LIKE '%{hex}%' OR CAST(t AS TEXT) LIKE '%{text}%'"
            );
            count += number(&play.worker.ledger, &sql).await as usize;
        }
    }
    count
}

/// The applications whose persons may be erased, those with most files first.
async fn erasable(worker: &Worker) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for id in texts(&worker.ledger, "SELECT application_id FROM application ORDER BY id").await {
        if let Ok(preview) = preview(worker, &id, GROUND).await {
            found.push((id, preview.person.files.len()));
        }
    }
    found.sort_by_key(|(_, files)| std::cmp::Reverse(*files));
    found
}

const DAYS: u32 = 60;

async fn every_record_file_and_photo_of_a_person_goes(database: Database) {
    let play = Play::played(database, 5, 120, DAYS).await;
    let at = instant(day(DAYS), 9, 0);
    let (worker, ledger) = (&play.worker, &play.worker.ledger);
    let found = erasable(worker).await;
    let (id, files) = found.first().expect("somebody's cards have all ended");
    assert!(*files > 0, "{found:?}");
    let application = number(ledger, &format!("SELECT id FROM application WHERE application_id = '{id}'")).await;
    let person = ended(preview(worker, id, GROUND).await).unwrap_or_else(|why| panic!("{why:?}")).person;
    let canaries = canaries(ledger, application).await;
    assert!(canaries.len() > 2 && standing(&play, &canaries).await >= canaries.len());
    // Dead rows may go at any time, so only what lives is sure to be there.
    assert!(ledger.engine() == StoreEngine::Sqlite || in_heaps(&play, &canaries).await > 0);
    let (objects, names) = (play.folder().join("objects"), play.folder().join("partners"));
    let before = (everything_below(&objects).len(), everything_below(&names).len());

    // A partner's folder is away when it is done: the rest goes at once, and this later.
    let partner =
        texts(ledger, format!("SELECT partner FROM file WHERE id = {}", person.files[0]).leak()).await.remove(0);
    std::fs::rename(names.join(&partner), play.folder().join("away")).unwrap();
    ended(erase(worker, id, GROUND, by(at)).await).unwrap();
    assert_eq!(standing(&play, &canaries).await, 0);
    assert!(!scan(worker, None, at).await.unwrap().left.is_empty(), "files are still to be removed");
    std::fs::rename(play.folder().join("away"), names.join(&partner)).unwrap();
    let did = drain(&Purge, "care/purge", worker, Resting::Try, at).await.unwrap();
    assert!(did.did > 0 && did.set_aside.is_empty());
    assert_eq!(number(ledger, "SELECT count(*) FROM doomed").await, 0);
    for file in ledger.files().await.unwrap().iter().filter(|file| person.files.contains(&file.id)) {
        assert!(file.purged_at.is_some() && super::bytes_of(play.folder(), file).is_empty(), "{}", file.name);
    }
    for object in person.objects.iter().filter(|object| object.starts_with("photos/")) {
        // The world gives one photo to several persons: that of another stays.
        let hash: String = worker.keys.hash("photo", object).iter().map(|byte| format!("{byte:02x}")).collect();
        let others = format!("SELECT count(*) FROM application WHERE photo LIKE '{hash}#%'");
        let is_shared = number(ledger, &others).await > 0;
        assert_eq!(objects.join(object).exists(), is_shared, "{object}");
    }
    let after = (everything_below(&objects).len(), everything_below(&names).len());
    assert!(after.0 < before.0 && after.1 < before.1, "{before:?} {after:?}");

    let trace = ledger.trace(id).await.unwrap().unwrap();
    assert!(trace.card_number.is_none_or(|number| number.starts_with("erased-")));
    let report = ledger.books(instant(day(DAYS - 1), 18, 0), true, None).await.unwrap();
    assert_eq!(broken(&report), Vec::<String>::new());
    let again = ledger.books(instant(day(DAYS - 1), 18, 0), false, None).await.unwrap();
    assert_eq!(broken(&again), Vec::<String>::new());
    let left: Vec<_> = scan(worker, None, at).await.unwrap().left.into_iter().map(|left| left.place).collect();
    // PostgreSQL says itself where dead rows are until the heap is rewritten.
    assert!(left.iter().all(|place| *place == "heap"), "{left:?}");
    assert_eq!(left.len(), usize::from(ledger.engine() == StoreEngine::Postgres));
    if ledger.engine() == StoreEngine::Postgres {
        // Other tests share the server, and may hold the horizon all the time.
        assert!(!are_rewritten(&play, at).await || in_heaps(&play, &canaries).await == 0);
    }
    play.end().await;
}

/// Rewrites the heaps until the scan finds nothing; whether it came to that. One that is rewritten while a transaction
/// runs that began before the erasure ended, in another database, too, keeps the dead rows, and the scan says so.
async fn are_rewritten(play: &Play, at: Timestamp) -> bool {
    for _ in 0..40 {
        play.database().run("VACUUM FULL message, account, application, person_alias").await;
        let left = scan(&play.worker, None, at).await.unwrap().left;
        if left.is_empty() {
            return true;
        }
        assert!(left.iter().all(|left| left.place == "heap"));
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    false
}

/// How many of them stand in the bytes of the tables' files, with what is dead there.
async fn in_heaps(play: &Play, canaries: &[Vec<u8>]) -> i64 {
    play.database().run("CHECKPOINT").await;
    let mut count = 0;
    for canary in canaries {
        let hex: String = canary.iter().map(|byte| format!("{byte:02x}")).collect();
        let sql = format!(
            "SELECT count(*) FROM (VALUES ('message'), ('account'), ('application')) t(name)
             WHERE position('\\x{hex}'::bytea IN pg_read_binary_file(pg_relation_filepath(t.name))) > 0"
        );
        count += number(&play.worker.ledger, &sql).await;
    }
    count
}

/// Only SQLite is backed up by the program.
async fn an_older_backup_is_named(database: Database) {
    let sqlite = database.engine == Engine::Sqlite;
    let (desk, now) = desk(database).await;
    if sqlite {
        let backups = tempfile::tempdir().unwrap();
        let places = async || {
            let left = scan(&desk.worker, Some(backups.path()), now + 50.hours()).await.unwrap().left;
            left.into_iter().map(|left| left.found).collect::<Vec<_>>()
        };
        back_up(&desk.worker, backups.path(), now).await.unwrap();
        assert_eq!(places().await, Vec::<String>::new());
        ended(erase(&desk.worker, &Desk::id(1), GROUND, by(now + 1.hour())).await).unwrap();
        let found = places().await;
        assert!(matches!(&found[..], [one] if one.contains("2 days old, older than 1 erasures")), "{found:?}");
        back_up(&desk.worker, backups.path(), now + 2.hours()).await.unwrap();
        assert_eq!(places().await, found, "the newer one does not hold the person");
    }
    desk.end().await;
}
