//! A dry run shows exactly what intake then does, and changes nothing; the number of threads that check
//! changes nothing either.

use std::path::Path;

use cardline::kafka::RawMessage;
use cardline::reference::tables::built_in_reference;
use cardline::route::intake::settle::ArrivingMessage;
use cardline::route::intake::{Lines, check_messages, from_file, rehearse_file};
use cardline::step::Worker;
use cardline_world::generate::plan::Plan;
use cardline_world::generate::writing::{Stretch, application_of};
use cardline_world::play::FIRST_DAY;

use crate::conformance::arrivals::{now, number};
use crate::databases::{Database, on_both_engines};
use crate::plays::{Play, broken};

on_both_engines!(a_dry_run_tells_what_intake_then_does, any_number_of_threads_gives_the_same);

const APPLICATIONS: u64 = 300;

/// Applications with defects, some sent twice, some with other content under the same identity, and
/// some lines that are none.
fn file(folder: &Path) -> std::path::PathBuf {
    let regions = ["110101".to_owned()];
    let plan = Plan::new(3, 30, &regions, FIRST_DAY, &built_in_reference().unwrap(), 4).unwrap();
    let stretch = Stretch { first: 1, count: APPLICATIONS, days: &[FIRST_DAY], following_percent: 0 };
    let generated = (0..APPLICATIONS).filter_map(|n| application_of(&plan, &stretch, n));
    let text: String = generated.map(|generated| generated.json + "\n").collect();
    let again: String = text.lines().step_by(10).map(|line| format!("{line}\n")).collect();
    let other = again.replace("\"occupation\":\"", "\"occupation\":\"1");
    let path = folder.join("applications.ndjson");
    std::fs::write(&path, format!("{text}{again}not JSON\n\n{other}[]\n")).unwrap();
    path
}

async fn a_dry_run_tells_what_intake_then_does(database: Database) {
    let path = file(database.folder.path());
    let play = Play::new(database, 1, 0, 1).await;
    let ledger = &play.worker.ledger;
    // It waits for no writer, and none waits for it.
    let writing = ledger.begin().await.unwrap();
    let rehearsed = rehearse_file(&play.worker, &path, now(), |_, _| ()).await.unwrap();
    drop(writing);
    for table in ["message", "application", "finding", "move", "chunk", "lease"] {
        assert_eq!(number(ledger, &format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
    let counts = from_file(&play.worker, &path, now(), |_, _| ()).await.unwrap();
    assert_eq!(rehearsed.counts, counts);
    assert!(
        counts.rejected > 0 && counts.repeated > 0 && counts.conflicting > 0 && counts.quarantined == 2,
        "{counts:?}"
    );
    assert!(!rehearsed.findings.is_empty());
    for found in &rehearsed.findings {
        let sql = format!("SELECT count(DISTINCT message) FROM finding WHERE rule = '{}'", found.rule);
        assert_eq!(number(ledger, &sql).await, found.messages, "{}", found.rule);
    }
    assert!(rehearsed.reasons.iter().any(|r| r.reason == "NOT-JSON" && r.outcome == "quarantined"));
    // What is there already is what the next dry run says.
    let again = rehearse_file(&play.worker, &path, now(), |_, _| ()).await.unwrap().counts;
    assert_eq!((again.accepted, again.rejected), (0, 0), "{again:?}");
    assert_eq!(broken(&ledger.books(now(), true, None).await.unwrap()), Vec::<String>::new());
    play.end().await;
}

/// What a checked message says, without its encryption, which draws a nonce.
fn said(message: &ArrivingMessage) -> String {
    let findings: Vec<String> =
        message.findings.iter().map(|f| format!("{} {} {}", f.rule, f.field, f.severity)).collect();
    let person = message.facts.as_ref().map(|facts| facts.person.clone());
    format!(
        "{} {:?} {:?} {} {:?} {:?} {:?} {findings:?}",
        message.position,
        message.event_id,
        message.revision,
        message.outcome.word(),
        message.reason,
        message.digest,
        person
    )
}

async fn any_number_of_threads_gives_the_same(database: Database) {
    let play = Play::new(database, 1, 0, 1).await;
    let folder = tempfile::tempdir().unwrap();
    let messages: Vec<RawMessage> = Lines::open(&file(folder.path())).unwrap().next_chunk().unwrap();
    let by_one = with_threads(1, &play.worker, &messages);
    for threads in [2, 8] {
        assert_eq!(with_threads(threads, &play.worker, &messages), by_one, "{threads} threads");
    }
    play.end().await;
}

fn with_threads(threads: usize, worker: &Worker, messages: &[RawMessage]) -> Vec<String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| check_messages(worker, messages, now())).unwrap().iter().map(said).collect()
}
