//! Alerts: what is wrong is told to receivers of four shapes, once a day, again where one did not take it, and nothing
//! but the urgent at night; receivers that fail or say nothing keep nobody waiting.

use std::convert::Infallible;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cardline::config::{Config, Sourced};
use cardline::daemon::alerts::{Alerting, look};
use cardline::step::Worker;
use cardline::step::asides::{AsideCase, AsideRecord};
use cardline::time::{instant, local_date};
use cardline_world::play::day;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::conformance::arrivals::{execute, number, texts};
use crate::databases::{Database, on_both_engines};

on_both_engines!(
    four_shapes_are_told_once_a_day,
    a_receiver_that_fails_is_asked_again_and_keeps_nobody_waiting,
    at_night_only_the_urgent_is_told,
);

/// What a receiver does with a message.
#[derive(Clone, Copy)]
enum Manner {
    Takes,
    Fails,
    /// Answers 200 and says in the body that it did not take it.
    Declines,
    SaysNothing,
}

/// A receiver on this machine, and what it was told: the path and the message.
struct Receiver {
    address: String,
    manner: Arc<Mutex<Manner>>,
    told: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Receiver {
    async fn new(manner: Manner) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hook", listener.local_addr().unwrap());
        let (manner, told) = (Arc::new(Mutex::new(manner)), Arc::<Mutex<Vec<_>>>::default());
        let receiver = Receiver { address, manner: manner.clone(), told: told.clone() };
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let (manner, told) = (manner.clone(), told.clone());
                let service =
                    service_fn(move |request: Request<Incoming>| answer(request, manner.clone(), told.clone()));
                let served = hyper::server::conn::http1::Builder::new();
                tokio::spawn(served.serve_connection(TokioIo::new(connection), service));
            }
        });
        receiver
    }

    fn is(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    fn taken(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

async fn answer(
    request: Request<Incoming>,
    manner: Arc<Mutex<Manner>>,
    told: Arc<Mutex<Vec<(String, Value)>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().to_string();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let manner = *manner.lock().unwrap();
    let (status, text) = match manner {
        Manner::Takes => (200, r#"{"errcode":0,"code":0}"#),
        Manner::Fails => (500, "no"),
        Manner::Declines => (200, r#"{"errcode":45009,"code":9499}"#),
        Manner::SaysNothing => std::future::pending().await,
    };
    told.lock().unwrap().push((path, serde_json::from_slice(&body).unwrap()));
    Ok(Response::builder().status(status).body(Full::from(text)).unwrap())
}

/// Nine in the morning.
fn morning() -> Timestamp {
    instant(day(20), 9, 0)
}

fn later(minutes: i64) -> Timestamp {
    morning() + SignedDuration::from_mins(minutes)
}

/// A worker of whose work something is set aside, and who tells these receivers.
async fn telling(database: &Database, receivers: &[&Receiver], shapes: &str, quiet: &str) -> (Worker, Alerting) {
    let folder = database.folder.path();
    let secret = folder.join("hook.secret");
    std::fs::write(&secret, "SECabc\n").unwrap();
    std::fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    let mut config = Config::in_folder(folder, Some(database.url.clone()));
    let given = |text: String| Sourced { value: Some(text), source: "given" };
    let addresses: Vec<&str> = receivers.iter().map(|receiver| receiver.address.as_str()).collect();
    config.alerts.url = given(addresses.join(","));
    config.alerts.shape = given(shapes.into());
    config.alerts.secret_file = Sourced { value: Some(secret), source: "given" };
    config.alerts.quiet = given(quiet.into());
    let alerting = Alerting::of(&config.alerts).unwrap().unwrap();
    let worker = Worker::open(config, local_date(morning())).await.unwrap();
    let since = (morning() - SignedDuration::from_mins(20)).as_microsecond();
    for unit in ["a", "b"] {
        let aside = AsideRecord {
            step: "exchange/send".into(),
            partner: "ABC".into(),
            unit: unit.into(),
            cause: "network".into(),
            found: "refused".into(),
            failures: 1,
            since,
            rest_until: since,
        };
        let case = AsideCase { due_on: local_date(later(100_000)), owner: "bank IT" };
        worker.ledger.set_aside(&aside, &case, morning()).await.unwrap();
    }
    (worker, alerting)
}

async fn four_shapes_are_told_once_a_day(database: Database) {
    let mut receivers = Vec::new();
    for _ in 0..4 {
        receivers.push(Receiver::new(Manner::Takes).await);
    }
    let all: Vec<&Receiver> = receivers.iter().collect();
    let (worker, alerting) = telling(&database, &all, "wecom,dingtalk,feishu,json", "22:00-07:00").await;
    // Two pieces of one partner's work, and the cases about them.
    assert_eq!(look(&worker, &alerting, morning()).await.unwrap(), 4 * 2);
    let told: Vec<Vec<(String, Value)>> = receivers.iter().map(Receiver::taken).collect();
    let text = |at: usize, pointer: &str| told[at][0].1.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    for (at, pointer) in [(0, "/text/content"), (1, "/text/content"), (2, "/content/text")] {
        let text = text(at, pointer);
        assert!(text.contains("ABC network：2 项作业搁置") && text.contains("ABC network: 2 pieces of work"), "{text}");
    }
    assert_eq!(told[0][0].0, "/hook");
    assert!(told[1][0].0.starts_with("/hook?timestamp=") && told[1][0].0.contains("&sign="), "{}", told[1][0].0);
    assert_eq!(text(2, "/sign").len(), 44);
    assert_eq!((text(3, "/kind"), text(3, "/about")), ("set-aside".into(), "ABC network".into()));
    assert_eq!(told[3][1].1["kind"], "cases-open");
    assert_eq!(told[3][1].1["count"], 2);

    assert_eq!(look(&worker, &alerting, later(60)).await.unwrap(), 0, "told today");
    assert!(receivers.iter().all(|receiver| receiver.taken().is_empty()));
    assert_eq!(look(&worker, &alerting, later(24 * 60)).await.unwrap(), 4 * 2, "and not gone tomorrow");
    let kept = texts(&worker.ledger, "SELECT target || key || about || COALESCE(failure, '') FROM alert").await;
    assert!(kept.len() == 16 && kept.iter().all(|row| !row.contains("hook") && !row.contains("127.0.0.1")));
    assert!(worker.ledger.books(later(0), true, Some(12)).await.unwrap().hold(), "nothing of it looks personal");
    worker.ledger.close().await;
}

async fn a_receiver_that_fails_is_asked_again_and_keeps_nobody_waiting(database: Database) {
    let (failing, silent) = (Receiver::new(Manner::Fails).await, Receiver::new(Manner::SaysNothing).await);
    let good = Receiver::new(Manner::Takes).await;
    let (worker, alerting) = telling(&database, &[&failing, &silent, &good], "wecom", "22:00-07:00").await;
    let begun = Instant::now();
    assert_eq!(look(&worker, &alerting, morning()).await.unwrap(), 2, "the good one takes both");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!((failing.taken().len(), good.taken().len()), (1, 2));
    let why = texts(&worker.ledger, "SELECT failure FROM alert WHERE failure IS NOT NULL ORDER BY failure").await;
    assert_eq!(why, ["no answer within 10 s", "the receiver answers 500"]);
    // It rests longer each time; what it declines in the body of a good answer is not taken either.
    silent.is(Manner::Takes);
    failing.is(Manner::Declines);
    execute(&worker.ledger, "UPDATE alert SET next_at = 0 WHERE sent_at IS NULL").await;
    assert_eq!(look(&worker, &alerting, later(1)).await.unwrap(), 2);
    assert!(failing.taken().len() == 1);
    assert_eq!(number(&worker.ledger, "SELECT max(tries) FROM alert WHERE sent_at IS NULL").await, 2);
    let waits = "SELECT max(next_at) FROM alert WHERE sent_at IS NULL";
    let rest = number(&worker.ledger, waits).await - later(1).as_microsecond();
    assert!((16_000_000..=64_000_000).contains(&rest), "{rest}");
    failing.is(Manner::Takes);
    assert_eq!(look(&worker, &alerting, later(60)).await.unwrap(), 2);
    assert_eq!(number(&worker.ledger, "SELECT count(*) FROM alert WHERE sent_at IS NULL").await, 0);
    worker.ledger.close().await;
}

async fn at_night_only_the_urgent_is_told(database: Database) {
    let receiver = Receiver::new(Manner::Takes).await;
    let (worker, alerting) = telling(&database, &[&receiver], "json", "22:00-07:00").await;
    let night = later(14 * 60);
    assert_eq!(look(&worker, &alerting, night).await.unwrap(), 0);
    worker.ledger.halt_for("the database is older than what was sent out", night).await.unwrap();
    assert_eq!(look(&worker, &alerting, night).await.unwrap(), 1);
    let told = receiver.taken();
    assert_eq!((&told[0].1["kind"], &told[0].1["urgent"]), (&Value::from("halted"), &Value::from(true)));
    // In the morning what waited goes out, with what is so then.
    assert!(look(&worker, &alerting, later(22 * 60 + 30)).await.unwrap() >= 2);
    worker.ledger.close().await;
}
