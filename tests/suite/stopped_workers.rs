//! Real processes: one is stopped in the middle of a step and continued after another did its work; one
//! loses its database for a while. One effect each, and nobody helps.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cardline::kafka::Outgoing;
use cardline::time::instant;
use cardline_world::mirror;
use cardline_world::play::{day, outgoing, tick};
use jiff::{SignedDuration, Timestamp};

use crate::databases::{Database, Engine};
use crate::plays::{Play, broken};
use crate::proxy::Proxy;

const DAYS: u32 = 12;
/// How long a worker is waited for before the test says that it hangs.
const HANGS_SECONDS: u64 = 90;

fn worker(play: &Play, url: &str, name: &str, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cardline"))
        .args(arguments)
        .env("CARDLINE_DATABASE", url)
        .env("CARDLINE_DATA", &play.worker.config.data.value)
        .env("CARDLINE_KAFKA", play.worker.kafka.as_ref().unwrap().servers())
        .env("CARDLINE_WORKER", name)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// One scheduler is stopped when its n-th transaction has begun and nobody has told it so; another one does
/// everything a minute later; the first is continued and comes too late. Returns what it said.
async fn stopped_and_continued(play: &Play, at: Timestamp, n: i64) -> Option<String> {
    let proxy = Proxy::to(&play.database().url).await;
    proxy.fall_silent_at_begin(n);
    let mut first = worker(play, &proxy.url, "first", &["tick", "all", "--at", &at.to_string()]);
    let begun = Instant::now();
    while !proxy.is_silent() && first.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(HANGS_SECONDS), "the first worker hangs");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    if !proxy.is_silent() {
        // It had less to do than that.
        let output = first.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    signal(&first, "-STOP");
    proxy.heal();
    let later = (at + SignedDuration::from_secs(61)).to_string();
    let second = worker(play, &play.database().url, "second", &["tick", "all", "--at", &later]);
    let output = tokio::task::block_in_place(|| second.wait_with_output()).unwrap();
    assert!(output.status.success(), "the second worker: {}", String::from_utf8_lossy(&output.stderr));
    signal(&first, "-CONT");
    let output = tokio::task::block_in_place(|| first.wait_with_output()).unwrap();
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Two schedulers, and a worker that was stopped for a minute: the late write is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_stopped_in_the_middle_of_a_step_comes_too_late() {
    let mut play = Play::new(Database::alone(Engine::Postgres).await, 61, 40, DAYS).await;
    let (mut stops, mut refused) = (0, 0);
    for n in 0..DAYS {
        let today = day(n);
        tokio::task::block_in_place(|| play.world.listen(&play.worker, today)).unwrap();
        let morning = tokio::task::block_in_place(|| play.world.morning(&play.worker, today)).unwrap();
        let topics = play.worker.config.topics.clone();
        for (topic, letters, stage) in [
            (&topics.events, &morning.first_events, "servicing"),
            (&topics.applications, &morning.applications, "intake"),
            (&topics.events, &morning.events, "servicing"),
        ] {
            tokio::task::block_in_place(|| play.worker.publish(&outgoing(topic, letters))).unwrap();
            tick(&play.worker, Some(stage), instant(today, 8, 45)).await.unwrap();
        }
        for (hour, minute) in [(9, 0), (17, 30)] {
            let at = instant(today, hour, minute);
            let said = stopped_and_continued(&play, at, 1 + i64::from(2 * n) % 9 + i64::from(minute / 30)).await;
            if let Some(said) = said {
                stops += 1;
                let late = said.contains("taken over by another worker");
                assert!(said.is_empty() || late || said.contains("tried again"), "{said}");
                refused += u32::from(late);
            }
            tick(&play.worker, None, at + SignedDuration::from_secs(200)).await.unwrap();
        }
    }
    println!("{stops} stops, {refused} late writes refused");
    assert!(stops >= 8 && refused >= 1, "{stops} stops, {refused} late writes: this proves little");
    assert_eq!(broken(&play.books(DAYS - 1, true).await), Vec::<String>::new());
    let seen = mirror(&play.world, &play.worker).await.unwrap();
    assert!(seen.holds, "{:#?}", seen.differences);
    play.end().await;
}

/// The database is away for a while: the daemon rests and goes on by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_whose_database_is_away_goes_on_by_itself() {
    let play = Play::new(Database::new(Engine::Postgres).await, 62, 1, 1).await;
    let proxy = Proxy::to(&play.database().url).await;
    let mut daemon = worker(&play, &proxy.url, "daemon", &["run", "--stages", "intake"]);
    let topic = play.worker.config.topics.applications.clone();
    let mut sent = 0;
    for away_seconds in [0, 5, 0] {
        proxy.cut_after_bytes(if away_seconds > 0 { 0 } else { i64::MAX });
        let unreadable = |n| Outgoing { topic: topic.clone(), key: format!("{n}"), payload: b"no JSON".to_vec() };
        let messages: Vec<Outgoing> = (0..10).map(unreadable).collect();
        tokio::task::block_in_place(|| play.worker.publish(&messages)).unwrap();
        sent += 10;
        tokio::time::sleep(Duration::from_secs(away_seconds)).await;
        proxy.heal();
        let begun = Instant::now();
        loop {
            let taken = play.worker.ledger.intake_counts(&topic).await.unwrap().received;
            if taken == sent {
                break;
            }
            assert!(taken < sent && daemon.try_wait().unwrap().is_none(), "{taken} of {sent}");
            assert!(
                begun.elapsed() < Duration::from_secs(HANGS_SECONDS),
                "{taken} of {sent} after {away_seconds} s away"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    assert!(proxy.cuts() > 0, "the database was never away");
    signal(&daemon, "-TERM");
    assert!(tokio::task::block_in_place(|| daemon.wait()).unwrap().success());
    play.end().await;
}
