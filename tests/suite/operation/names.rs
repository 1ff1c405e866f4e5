//! No two live workers have one name; who died has given its name back.

use std::time::{Duration, Instant};

use cardline::args;

use super::worker::{RunningWorker, ended, program};
use crate::databases::{Database, on_both_engines};

on_both_engines!(
    a_name_is_one_process_and_free_again_at_once,
    a_second_worker_of_the_same_name_is_refused_and_a_killed_one_comes_back_at_once,
    workers_without_a_name_get_names_of_their_own,
);

async fn a_name_is_one_process_and_free_again_at_once(database: Database) {
    let ledger = database.ledger().await;
    let first = ledger.take_name("counter/1").await.unwrap().unwrap();
    assert!(first.confirm(&ledger).await.unwrap());
    assert!(ledger.take_name("counter/1").await.unwrap().is_none());
    let second = ledger.take_name_like("counter/1").await.unwrap();
    assert_eq!((first.name.as_str(), second.name.as_str()), ("counter/1", "counter/1-2"));
    assert!(ledger.take_name("another").await.unwrap().is_some());
    drop(first);
    assert!(ledger.take_name("counter/1").await.unwrap().is_some());
}

async fn a_second_worker_of_the_same_name_is_refused_and_a_killed_one_comes_back_at_once(database: Database) {
    let (url, data) = (database.url.as_str(), database.folder.path());
    let named = [("CARDLINE_WORKER", "desk-1")];
    let mut first = RunningWorker::start(url, data, &named);
    first.until_ready();
    let refused = ended(program(url, data).arg("run").envs(named), &[1]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("desk-1") && told.contains("CARDLINE_WORKER"), "{told}");
    first.signal("KILL");
    first.end();
    let began = Instant::now();
    let mut again = RunningWorker::start(url, data, &named);
    again.until_ready();
    assert!(began.elapsed() < Duration::from_secs(20), "it waited {:?}", began.elapsed());
}

async fn workers_without_a_name_get_names_of_their_own(database: Database) {
    let (url, data) = (database.url.as_str(), database.folder.path());
    let mut workers = [RunningWorker::start(url, data, &[]), RunningWorker::start(url, data, &[])];
    let mut names: Vec<String> = Vec::new();
    for worker in &mut workers {
        worker.until_ready();
        worker.until("it tells its name", |worker| worker.log().contains(" steps worker="));
        let log = worker.log();
        let (_, rest) = log.split_once("steps worker=\"").unwrap();
        names.push(rest.split('"').next().unwrap().to_owned());
    }
    assert_ne!(names[0], names[1]);
    for worker in &mut workers {
        worker.signal("TERM");
        assert_eq!(worker.end().0, Some(0));
    }
    let ledger = database.ledger().await;
    let owners = "SELECT count(*) FROM lease WHERE owner NOT IN ($1, $2)";
    let others = ledger.read().await.unwrap().number(owners, args![&names[0], &names[1]]).await.unwrap();
    assert_eq!(others, 0);
}
