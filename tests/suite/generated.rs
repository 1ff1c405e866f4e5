//! Generated files taken in: what `expected.json` says is what intake finds, whatever the size of a chunk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cardline::actions::imports::legacy_cards::{StockRow, StockState, stock_card};
use cardline::args;
use cardline::config::Config;
use cardline::route::intake;
use cardline::route::intake::settle::IntakeCounts;
use cardline::step::Worker;
use cardline::store::Stamp;
use cardline::time::instant;
use cardline_core::rules::{self, Severity};
use cardline_world::generate::photo_faults::PHOTO_FAULTS;
use cardline_world::generate::plan::{Plan, Rates};
use cardline_world::generate::profile::PROFILES;
use cardline_world::generate::writing::{Files, Stretch, Written, write};
use cardline_world::play::FIRST_DAY;

use crate::databases::{Database, Engine, on_both_engines};

on_both_engines!(everything_spoiled_is_found_and_nothing_else);

const APPLICATIONS: u64 = 500;

/// What was generated, in memory.
struct Made {
    written: Written,
    lines: Vec<Vec<u8>>,
    expected: BTreeMap<String, Vec<String>>,
    cards: Vec<StockRow>,
}

fn made(profile: usize, seed: u64, rates: Rates) -> Made {
    let regions = ["110101", "110102", "522634", "622926"].map(str::to_owned);
    let reference = cardline::reference::tables::built_in_reference().unwrap();
    let plan = Plan::of(PROFILES[profile], seed, rates, &regions, FIRST_DAY, &reference, 2).unwrap();
    let (mut applications, mut expected, mut cards) = (Vec::new(), Vec::new(), Vec::new());
    let stretch = Stretch { first: 1, count: APPLICATIONS, days: &[FIRST_DAY], following_percent: 40 };
    let files = Files { applications: &mut applications, expected: &mut expected, cards: &mut cards };
    let written = write(files, &plan, &stretch).unwrap();
    let lines = applications.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let cards = csv::Reader::from_reader(&*cards).deserialize().map(Result::unwrap).collect();
    Made { written, lines, expected: serde_json::from_slice(&expected).unwrap(), cards }
}

/// A worker with the opening stock imported.
async fn worker(database: &Database, cards: &[StockRow]) -> Worker {
    let config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
    let worker = Worker::open(config, FIRST_DAY).await.unwrap();
    let why = Stamp { at: instant(FIRST_DAY, 7, 0), actor: "administrator", reason: "opening stock" };
    let encrypted: Vec<_> = cards.iter().map(|row| stock_card(&worker.keys, row).ok().unwrap()).collect();
    assert_eq!(worker.ledger.import_stock(encrypted, why).await.unwrap().new, cards.len() as i64);
    worker
}

/// Takes lines in, so many at a time.
async fn taken_in(worker: &Worker, folder: &Path, lines: &[Vec<u8>], chunk: usize) -> IntakeCounts {
    let mut counts = IntakeCounts::default();
    for part in lines.chunks(chunk) {
        let path = folder.join("part.ndjson");
        std::fs::write(&path, part.concat()).unwrap();
        counts.add(intake::from_file(worker, &path, instant(FIRST_DAY, 20, 0), |_, _| ()).await.unwrap());
    }
    counts
}

/// Codes of the findings of every application, and of everything that is quarantined for another reason.
async fn found(worker: &Worker) -> (BTreeMap<String, BTreeSet<String>>, Vec<String>) {
    let mut tx = worker.ledger.read().await.unwrap();
    let findings = "SELECT m.application_id, f.rule FROM finding f JOIN message m ON m.id = f.message";
    let mut by_application: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (application, rule) in tx.rows::<(String, String)>(findings, args![]).await.unwrap() {
        by_application.entry(application).or_default().insert(rule);
    }
    let held = "SELECT reason FROM message WHERE outcome NOT IN ('accepted', 'rejected') ORDER BY reason";
    let held = tx.rows::<(String,)>(held, args![]).await.unwrap();
    (by_application, held.into_iter().map(|(reason,)| reason).collect())
}

/// Whether a code stops an application at intake.
fn refuses(code: &str) -> bool {
    let noted = code == "FIELD-UNKNOWN" || PHOTO_FAULTS.iter().any(|fault| fault.code() == code);
    rules::explain(code).map_or(!noted, |rule| rule.severity == Severity::Error)
}

fn assert_as_expected(made: &Made, counts: IntakeCounts, found: &(BTreeMap<String, BTreeSet<String>>, Vec<String>)) {
    let (lines, applications): (Vec<_>, Vec<_>) = made.expected.iter().partition(|(key, _)| key.starts_with("line "));
    let photo = |code: &&String| PHOTO_FAULTS.iter().any(|fault| fault.code() == **code);
    let findings: BTreeMap<String, BTreeSet<String>> = applications
        .iter()
        .map(|(id, codes)| ((*id).clone(), codes.iter().filter(|code| !photo(code)).cloned().collect()))
        .filter(|(_, codes): &(String, BTreeSet<String>)| !codes.is_empty())
        .collect();
    assert_eq!(found.0, findings);
    let (repeated, mut held): (Vec<String>, Vec<String>) =
        lines.iter().flat_map(|(_, reasons)| (*reasons).clone()).partition(|reason| reason == "repeated");
    held.sort();
    assert_eq!(found.1, held);
    let rejected = applications.iter().filter(|(_, codes)| codes.iter().any(|code| refuses(code))).count() as i64;
    assert_eq!(counts.received, made.lines.len() as i64);
    assert_eq!(counts.rejected, rejected);
    assert_eq!(counts.accepted, made.written.applications as i64 - rejected);
    assert_eq!(counts.repeated, repeated.len() as i64);
    assert_eq!(counts.conflicting + counts.quarantined, held.len() as i64);
}

async fn everything_spoiled_is_found_and_nothing_else(database: Database) {
    let made = made(0, 5, Rates { defects: 35, ledger_defects: 25, photo_faults: 3, mishaps: 60 });
    let worker = worker(&database, &made.cards).await;
    assert!(made.cards.iter().any(|card| card.state == StockState::Lost));
    let counts = taken_in(&worker, database.folder.path(), &made.lines, 100_000).await;
    assert_as_expected(&made, counts, &found(&worker).await);
    let books = worker.ledger.books(instant(FIRST_DAY, 21, 0), true, None).await.unwrap();
    assert!(books.books.iter().all(|law| law.holds), "{:?}", crate::plays::broken(&books));
    worker.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_chunk_size_finds_the_same() {
    let made = made(0, 9, Rates { defects: 20, ledger_defects: 20, photo_faults: 3, mishaps: 50 });
    for chunk in [1, 7, 64, 333] {
        let database = Database::new(Engine::Sqlite).await;
        let worker = worker(&database, &made.cards).await;
        let counts = taken_in(&worker, database.folder.path(), &made.lines, chunk).await;
        assert_as_expected(&made, counts, &found(&worker).await);
        worker.ledger.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clean_file_of_every_profile_is_accepted_whole() {
    for profile in 0..PROFILES.len() {
        let made = made(profile, 3, Rates::default());
        let database = Database::new(Engine::Sqlite).await;
        let worker = worker(&database, &made.cards).await;
        let counts = taken_in(&worker, database.folder.path(), &made.lines, 100_000).await;
        assert_eq!(counts.accepted, APPLICATIONS as i64, "{counts:?}");
        worker.ledger.close().await;
    }
}
