//! The drill: a database of days ago is restored while the partners are ahead.

use std::collections::{BTreeMap, BTreeSet};

use cardline::actions::decisions::{Carried, give};
use cardline::actions::dual_control::{Second, second_person};
use cardline::actions::outcome::Instruction;
use cardline::actions::recovery::after_restore::{accept, survey, wanted};
use cardline::actions::recovery::backup::back_up;
use cardline::args;
use cardline::route::production::read_cards;
use cardline::step::StageError;
use cardline::store::{Ledger, LedgerError};
use cardline::time::instant;
use cardline_core::domain::staff::Role;
use cardline_core::file_formats::FileKind;
use cardline_world::mirror;
use cardline_world::play::{day, tick};

use crate::conformance::arrivals::execute;
use crate::conformance::people::users::{add, administered};
use crate::databases::{Database, Engine};
use crate::plays::{Play, broken};

const KEPT_AFTER_DAYS: u32 = 8;
const LOST_DAYS: u32 = 9;
const DAYS: u32 = 40;

/// Names of everything that lies at the partners.
fn at_partners(play: &Play) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for partner in play.worker.partners.all() {
        for entry in std::fs::read_dir(partner.to()).unwrap() {
            found.insert(entry.unwrap().file_name().into_string().unwrap());
        }
    }
    found
}

/// What was ever asked of partners: card numbers, PANs, applications and batches, each with how often.
fn asked(play: &Play) -> BTreeMap<String, u32> {
    let mut asked: BTreeMap<String, u32> = BTreeMap::new();
    for partner in play.worker.partners.all() {
        for entry in std::fs::read_dir(partner.to()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let Some((spec, parts)) = partner.profile.recognise(&name).filter(|(s, _)| s.kind.is_request()) else {
                continue;
            };
            let bytes = std::fs::read(&path).unwrap();
            let records = if spec.kind == FileKind::Personalization { read_cards(&bytes).unwrap() } else { bytes };
            let parsed = spec.parse(&records).unwrap_or_else(|_| panic!("{name} cannot be read"));
            let mut count = |key: String| *asked.entry(key).or_default() += 1;
            count(format!("batch {}", parsed.control["batch"]));
            count(format!("number {} {} {}", partner.profile.code, spec.kind.name(), parts.sequence));
            let fields: &[&str] = match spec.kind {
                FileKind::Personalization => &["card_number", "pan"],
                FileKind::AccountRequest => &["task"],
                _ => &[],
            };
            for row in &parsed.rows {
                for field in fields {
                    count(format!("{} {field} {}", spec.kind.name(), spec.value(row, field).unwrap()));
                }
            }
        }
    }
    asked
}

/// Where the world differs from us, a person was told: of each lost file, and of each card that it named.
async fn every_difference_is_a_case(play: &Play, lost: usize) {
    let cases = play.worker.ledger.open_cases().await.unwrap();
    assert_eq!(cases.get("sent before the database was restored").copied(), Some(lost as i64), "{cases:?}");
    let mut tx = play.worker.ledger.read().await.unwrap();
    let told: BTreeSet<String> = tx
        .rows::<(String,)>(
            "SELECT a.application_id FROM desk_case k JOIN application a ON a.id = k.application
             WHERE k.state IN ('open', 'escalated') UNION SELECT key FROM sent_before",
            args![],
        )
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.0)
        .collect();
    drop(tx);
    let seen = mirror(&play.world, &play.worker).await.unwrap();
    assert!(!seen.holds, "the world knows more than a restored ledger");
    let untold: Vec<&String> =
        seen.differences.iter().filter(|d| !told.iter().any(|key| d.contains(key.as_str()))).collect();
    assert_eq!(untold, Vec::<&String>::new(), "nobody was told of these");
}

async fn yesterdays_database_sends_nothing_until_a_person_accepts(engine: Engine) {
    let mut play = Play::new(Database::alone(engine).await, 51, 60, DAYS).await;
    let boss = administered(&play.worker.ledger).await;
    let wang = add(&boss, "wang", Role::Operator, "", "").await;
    let boss = boss.viewer().unwrap().clone();
    for n in 0..KEPT_AFTER_DAYS {
        play.day(n).await;
    }
    play.worker.ledger.close().await;
    play.database().keep().await;
    play.start_anew().await;
    for n in KEPT_AFTER_DAYS..KEPT_AFTER_DAYS + LOST_DAYS {
        play.day(n).await;
    }
    let (before, asked_before) = (at_partners(&play), asked(&play));
    play.worker.ledger.close().await;
    play.database().restore().await;
    play.start_anew().await;

    // Halted: whatever is asked, nothing leaves the house.
    let morning = instant(day(KEPT_AFTER_DAYS + LOST_DAYS), 9, 0);
    let refused = tick(&play.worker, None, morning).await.expect_err("everything is halted");
    assert!(matches!(refused, StageError::Ledger(LedgerError::Reconciling { .. })), "{refused}");
    assert_eq!(at_partners(&play), before);
    let found = survey(&play.worker).await.unwrap();
    assert!(found.halt.is_some() && !found.files.is_empty() && !found.answers.is_empty(), "{found:?}");
    assert!(found.counters.iter().any(|b| b.counter == "card_number"), "{:?}", found.counters);

    // One person accepts, a second one agrees, and the play goes on to its end.
    let worker = play.worker.ledger.clone();
    play.worker.ledger = worker.seen_by(boss);
    let subject = found.halt.as_ref().unwrap().subject();
    let asked_for = second_person(&play.worker, &wanted(&found, &subject, "the drill"), morning).await.unwrap();
    let Second::Asked { id, .. } = asked_for else { panic!("{asked_for:?}") };
    assert!(survey(&play.worker).await.unwrap().halt.is_some(), "nobody agreed yet");
    for carried in [Carried::Out, Carried::Before] {
        assert_eq!(give(&mut play.worker, id, &wang, morning).await.unwrap(), carried);
    }
    play.worker.ledger = worker;
    let left = survey(&play.worker).await.unwrap();
    assert!(left.halt.is_none());
    let twice = Instruction { actor: "suite", reason: "twice", at: morning, approval: None };
    accept(&play.worker, left, twice).await.expect_err("there is nothing to accept any more");
    let lost: BTreeSet<&str> = found.files.iter().map(|f| f.name.as_str()).collect();
    assert!(lost.iter().all(|name| before.contains(*name)));
    for n in KEPT_AFTER_DAYS + LOST_DAYS..DAYS {
        play.day(n).await;
    }
    let again: Vec<String> = asked(&play)
        .into_iter()
        .filter(|(key, times)| *times > asked_before.get(key).copied().unwrap_or(0).max(1))
        .map(|(key, times)| format!("{key}: {times} times"))
        .collect();
    assert_eq!(again, Vec::<String>::new(), "asked of a partner twice");
    assert!(at_partners(&play).len() > before.len(), "work went on");
    assert_eq!(broken(&play.books(DAYS - 1, true).await), Vec::<String>::new(), "{engine:?}");
    every_difference_is_a_case(&play, found.files.len()).await;
    execute(&play.worker.ledger, "UPDATE reconciliation SET approval = NULL").await;
    let law = play.worker.ledger.books(morning, true, Some(14)).await.unwrap();
    assert!(!law.books[0].holds, "accepted without its approval, and nobody sees it");
    play.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn yesterdays_sqlite_sends_nothing_until_a_person_accepts() {
    yesterdays_database_sends_nothing_until_a_person_accepts(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn yesterdays_postgres_sends_nothing_until_a_person_accepts() {
    yesterdays_database_sends_nothing_until_a_person_accepts(Engine::Postgres).await;
}

/// A backup taken while the ledger is written is of one instant: every law holds in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_taken_while_workers_run_passes_every_law() {
    let mut play = Play::new(Database::new(Engine::Sqlite).await, 52, 60, 20).await;
    let to = tempfile::tempdir().unwrap();
    for n in 0..20 {
        let (ledger, target) = (play.worker.ledger.clone(), to.path().join(format!("{n}.db")));
        let copied = tokio::spawn(async move {
            // In the middle of the day.
            tokio::time::sleep(std::time::Duration::from_millis(u64::from(n) * 3)).await;
            ledger.copy_into(&target).await
        });
        play.day(n).await;
        copied.await.unwrap().unwrap();
        let copied = format!("sqlite:{}", to.path().join(format!("{n}.db")).display());
        let copy = Ledger::open(&copied).await.unwrap();
        copy.cover_with(play.worker.keys.row_key().clone());
        // What falls due this evening may not have been chased when it was taken.
        let report = copy.books(instant(day(n).yesterday().unwrap(), 18, 0), true, None).await.unwrap();
        assert_eq!(broken(&report), Vec::<String>::new(), "day {n}");
    }
    let backup = back_up(&play.worker, to.path(), instant(day(20), 1, 0)).await.unwrap();
    assert!(backup.ledger.is_file() && backup.objects_added > Some(0));
    let again = back_up(&play.worker, to.path(), instant(day(20), 2, 0)).await.unwrap();
    assert_eq!((again.objects_added, again.reached), (Some(0), backup.reached), "objects are copied once");
    play.end().await;
}
