//! Files that somebody changed, here or at a partner's, are told by their digests.

use cardline::exchange::compare::{Bytes, kept, placed};
use cardline::exchange::files::FileRecord;

use crate::databases::{Database, on_both_engines};
use crate::plays::Play;

on_both_engines!(a_changed_file_is_told_by_its_digest);

async fn compared(play: &Play, file: &FileRecord) -> (Bytes, Bytes) {
    let partner = play.worker.partners.get(&file.partner).unwrap();
    (kept(&play.worker.objects, file).await.unwrap(), placed(partner, file).unwrap())
}

async fn a_changed_file_is_told_by_its_digest(database: Database) {
    let folder = database.folder.path().to_owned();
    let mut play = Play::new(database, 5, 60, 14).await;
    for n in 0..12 {
        play.day(n).await;
    }
    let files = play.worker.ledger.files().await.unwrap();
    for file in &files {
        let (kept, placed) = compared(&play, file).await;
        assert!(!kept.is_wrong() && !placed.is_wrong(), "{}: {kept:?} {placed:?}", file.name);
    }
    let out = files.iter().find(|file| file.direction == "out").unwrap();
    let object = folder.join("objects/files").join(&out.sha256[..2]).join(&out.sha256);
    let bytes = std::fs::read(&object).unwrap();
    std::fs::write(&object, &bytes[1..]).unwrap();
    assert_eq!(compared(&play, out).await.0, Bytes::Changed);
    std::fs::remove_file(&object).unwrap();
    assert_eq!(compared(&play, out).await.0, Bytes::Missing);

    let came = files.iter().find(|file| file.direction == "in" && file.state == "applied").unwrap();
    assert_eq!(compared(&play, came).await, (Bytes::NotThere, Bytes::Same));
    let archived = play.worker.partners.get(&came.partner).unwrap().archive().join(&came.name);
    std::fs::write(&archived, "another").unwrap();
    assert_eq!(compared(&play, came).await.1, Bytes::Changed);
    play.end().await;
}
