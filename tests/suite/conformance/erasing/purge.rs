//! Files whose work is done are destroyed wherever they are kept, and nothing else is.

use cardline::actions::quarantine::operations::{Ask, What, operate};
use cardline::args;
use cardline::crypto::key_error::KeyError;
use cardline::crypto::keys::RecordOf;
use cardline::erasing::purge::Purge;
use cardline::exchange::compare::{Bytes, kept, placed};
use cardline::exchange::files::FileRecord;
use cardline::quarantine::quarantined::Selection;
use cardline::step::driver::{Drained, drain};
use cardline::step::set_aside::Resting;
use cardline::time::instant;
use cardline_world::play::day;
use jiff::ToSpan;
use serde_json::json;

use super::{bytes_of, everything_below};
use crate::conformance::applications::quarantine::{Desk, FIRST_DAY, application, ended};
use crate::conformance::arrivals::number;
use crate::databases::{Database, on_both_engines};
use crate::plays::{Play, broken};

on_both_engines!(
    a_file_is_purged_when_its_days_are_over,
    a_folder_that_is_away_holds_back_its_partner_alone,
    a_discarded_record_is_destroyed,
);

const DAYS: u32 = 26;

async fn played(database: Database) -> Play {
    Play::played(database, 5, 50, DAYS).await
}

async fn purge(play: &Play, n: u32) -> Drained {
    drain(&Purge, "care/purge", &play.worker, Resting::Try, instant(day(n), 18, 0)).await.unwrap()
}

async fn purged(play: &Play) -> (Vec<FileRecord>, Vec<FileRecord>) {
    play.worker.ledger.files().await.unwrap().into_iter().partition(|file| file.purged_at.is_some())
}

async fn a_file_is_purged_when_its_days_are_over(database: Database) {
    let play = played(database).await;
    let (none, before) = purged(&play).await;
    assert!(none.is_empty());
    let ended = |file: &&FileRecord| file.partner == "BUREAU" && matches!(file.state.as_str(), "answered" | "applied");
    assert!(before.iter().filter(ended).count() > 6);
    assert_eq!(purge(&play, DAYS).await.did, 0, "nothing is due yet");
    let did = purge(&play, DAYS + 31).await;
    assert!(did.set_aside.is_empty());
    let (gone, left) = purged(&play).await;
    assert_eq!(gone.len() as u64, did.did);
    assert!(gone.iter().all(|file| file.partner == "BUREAU"), "banks have their own days");
    assert!(left.iter().filter(ended).count() == 0, "no ended file of the bureau is left");
    for file in &gone {
        assert_eq!(bytes_of(play.folder(), file), Vec::<std::path::PathBuf>::new(), "{}", file.name);
        let partner = play.worker.partners.get(&file.partner).unwrap();
        assert_eq!(kept(&play.worker.objects, file).await.unwrap() == Bytes::Purged, file.direction == "out");
        assert_eq!(placed(partner, file).unwrap(), Bytes::Purged);
    }
    for file in left.iter().filter(|file| file.direction == "out" || file.state == "applied") {
        assert!(!bytes_of(play.folder(), file).is_empty(), "{} stays", file.name);
    }
    let renditions = everything_below(&play.folder().join("objects/photos-print")).len() as i64;
    let known = "SELECT count(DISTINCT print) FROM rendition WHERE print IS NOT NULL";
    assert_eq!(number(&play.worker.ledger, known).await, renditions, "a photo is kept or forgotten whole");
    let needed = "SELECT count(*) FROM application a JOIN card c ON c.id = a.id WHERE a.photo IS NOT NULL
        AND c.place IN ('in_account_batch', 'waiting_production') AND NOT EXISTS (SELECT 1 FROM rendition r WHERE r.source = a.photo AND r.print IS NOT NULL)";
    assert_eq!(number(&play.worker.ledger, needed).await, 0, "no card waits for a photo that is gone");
    assert_eq!(purge(&play, DAYS + 31).await.did, 0, "a second run has nothing to do");
    assert_eq!(purge(&play, DAYS + 181).await.set_aside.len(), 0);
    let ended = "SELECT count(*) FROM file f JOIN batch b ON b.id = f.batch AND b.state IN ('answered', 'cancelled')
        WHERE f.id NOT IN (SELECT file FROM purge)
            AND f.id NOT IN (SELECT file FROM desk_case WHERE file IS NOT NULL AND state IN ('open', 'escalated'))";
    assert_eq!(number(&play.worker.ledger, ended).await, 0, "banks' days are over, too");
    let report = play.worker.ledger.books(instant(day(DAYS - 1), 18, 0), true, None).await.unwrap();
    assert_eq!(broken(&report), Vec::<String>::new());
    play.end().await;
}

async fn a_discarded_record_is_destroyed(database: Database) {
    let desk = Desk::new(database).await;
    let mut message = application(1, 1, json!({}));
    message["holder"]["mobile"] = json!("12");
    let now = instant(FIRST_DAY, 9, 0);
    assert_eq!(desk.take_in(&[message], now).await.rejected, 1);
    let found = desk.ledger().quarantined(&Selection::default(), 0, 10).await.unwrap();
    let ids: Vec<i64> = found.into_iter().map(|item| item.id).collect();
    let selection = Selection { ids: ids.clone(), ..Selection::default() };
    let what = What::Discard;
    let ask =
        Ask { actor: "lin", reason: "sent by mistake", selection, what, confirm: None, dry_run: false, approval: None };
    ended(operate(&desk.worker, &ask, now).await).unwrap();
    let sealed = || async {
        let sql = "SELECT sealed FROM message WHERE id = $1";
        let mut tx = desk.ledger().read().await.unwrap();
        tx.row::<(Vec<u8>,)>(sql, args![ids[0]]).await.unwrap().unwrap().0
    };
    let before = sealed().await;
    let purge = |days: i64| drain(&Purge, "care/purge", &desk.worker, Resting::Try, now + (24 * days).hours());
    assert_eq!(purge(29).await.unwrap().did, 0);
    assert_eq!(sealed().await, before);
    assert_eq!(purge(30).await.unwrap().did, 1);
    assert_eq!(purge(31).await.unwrap().did, 0);
    let opened = desk.worker.keys.decrypt_of(RecordOf::Message(ids[0]), &sealed().await);
    assert!(matches!(opened, Err(KeyError::Destroyed)));
    desk.books_hold(FIRST_DAY).await;
    // A record put back from an older copy is named.
    let mut tx = desk.ledger().begin().await.unwrap();
    tx.run("UPDATE message SET sealed = $1 WHERE id = $2", args![before, ids[0]]).await.unwrap();
    tx.commit().await.unwrap();
    let report = desk.ledger().books(now, true, None).await.unwrap();
    assert_eq!(
        broken(&report),
        [format!("law 15 (written row): message {}: was destroyed, and has a record again", ids[0])]
    );
    desk.end().await;
}

async fn a_folder_that_is_away_holds_back_its_partner_alone(database: Database) {
    let play = played(database).await;
    let (here, away) = (play.folder().join("partners/ICBC"), play.folder().join("away"));
    std::fs::rename(&here, &away).unwrap();
    let did = purge(&play, DAYS + 181).await;
    assert!(did.did > 10 && !did.set_aside.is_empty());
    assert!(did.set_aside.iter().all(|aside| aside.record.partner == "ICBC"));
    std::fs::rename(&away, &here).unwrap();
    assert_eq!(purge(&play, DAYS + 182).await.did as usize, did.set_aside.len());
    play.end().await;
}
