//! The files that the ledger keeps of partners hold no value of a person that can be read without the keys.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use cardline::args;
use cardline::crypto::keys::RecordOf;
use cardline_core::domain::gb18030;

use crate::databases::{Database, on_both_engines};
use crate::operation::canaries::collect;
use crate::plays::Play;

on_both_engines!(no_value_of_a_person_lies_in_the_object_store);

/// A shorter value may stand in any encrypted file by chance.
const BYTES_MIN: usize = 6;

/// Names, numbers and addresses of everybody, as UTF-8 and as partners' files have them.
async fn canaries(play: &Play) -> HashSet<Vec<u8>> {
    let mut tx = play.worker.ledger.read().await.unwrap();
    let mut values = BTreeSet::new();
    for (id, record) in tx.rows::<(i64, Vec<u8>)>("SELECT id, sealed FROM message", args![]).await.unwrap() {
        let plain = play.worker.keys.decrypt_of(RecordOf::Message(id), &record).unwrap();
        if let Ok(message) = serde_json::from_slice(&plain) {
            collect(&message, "", &mut values);
        }
    }
    let coded = values.iter().filter_map(|value| gb18030::encode(value).ok());
    let all = coded.chain(values.iter().map(|value| value.clone().into_bytes()));
    all.filter(|value| value.len() >= BYTES_MIN).collect()
}

/// How many files lie below a folder, and in how many of them a canary can be read.
fn scan(folder: &Path, canaries: &HashSet<Vec<u8>>) -> (usize, usize) {
    let beginnings: HashSet<&[u8]> = canaries.iter().map(|canary| &canary[..BYTES_MIN]).collect();
    let (mut files, mut told) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let below = scan(&path, canaries);
            (files, told) = (files + below.0, told + below.1);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let places = bytes.windows(BYTES_MIN).enumerate().filter(|(_, six)| beginnings.contains(six));
        files += 1;
        told += usize::from(
            places.into_iter().any(|(at, _)| canaries.iter().any(|canary| bytes[at..].starts_with(canary))),
        );
    }
    (files, told)
}

async fn no_value_of_a_person_lies_in_the_object_store(database: Database) {
    let play = Play::played(database, 5, 30, 20).await;
    let canaries = canaries(&play).await;
    let (sent, readable) = scan(&play.folder().join("partners"), &canaries);
    assert!(sent > 4 && readable > 2, "the scan finds nobody where everybody stands: {readable} of {sent}");
    let (kept, readable) = scan(&play.folder().join("objects/files"), &canaries);
    assert!(kept > 4, "{kept} files are kept");
    assert_eq!(readable, 0, "of {kept} files");
    assert_eq!(scan(&play.folder().join("objects"), &canaries).1, 0, "nor in what is made of photos");
    play.end().await;
}
