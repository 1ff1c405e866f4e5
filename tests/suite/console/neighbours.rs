//! What an area sees does not change when another area's data do, byte for byte.
//!
//! One ledger, one evening: everything is asked for, then others' applications come, their batches are cut and their
//! files go out, and everything is asked for again.

use std::time::{Duration, Instant};

use cardline::actions::batches::cut::{cut_now, preview_cut};
use cardline::actions::batches::plan::plan;
use cardline::actions::outcome::Instruction;
use cardline::people::tokens::make;
use cardline::store::Stamp;
use cardline::time::instant;
use cardline_console::Clock;
use cardline_console::routes::{ROUTES, Who};
use cardline_core::domain::staff::Role;
use cardline_world::play::{day, outgoing, tick};

use super::client::{Site, session_of};
use super::pages::paths;
use crate::conformance::arrivals::number;
use crate::conformance::people::users::add;
use crate::databases::{Database, Engine};
use crate::plays::Play;

const DAYS: u32 = 8;
const AREA: &str = "1101";

/// Paths whose answer may differ, each with its reason. There is none: at one evening a shared bureau's capacity is
/// not asked, and numbers of batches and files are those that were there before.
const EXEMPT: &[(&str, &str)] = &[];

/// Everything somebody sees: each path and its answer.
async fn seen(database: &Database, paths: &[(String, bool)], cookie: &str, bearer: &str) -> Vec<(String, String)> {
    // The same second of the same evening, however slow the machine: this clock goes on in an hour.
    let clock = Clock::Demo { ended: instant(day(DAYS - 1), 18, 0), at: Instant::now() + Duration::from_secs(3600) };
    let site = Site::with(database, clock, Vec::new()).await;
    let mut all = Vec::new();
    for (path, is_api) in paths {
        if *is_api && bearer.is_empty() {
            continue;
        }
        let reply = if *is_api {
            site.ask("GET", path, &[("Authorization", bearer)], "").await
        } else {
            site.get(path, cookie).await
        };
        all.push((path.clone(), format!("{} {}", reply.status, reply.body)));
    }
    site.close().await;
    all
}

// On one engine: it takes long, and the scope is said in the same statements on both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_do_changes_nothing_here() {
    let database = Database::new(Engine::Sqlite).await;
    let mut play = Play::new(database, 3, 300, 26).await;
    for n in 0..DAYS - 1 {
        play.day(n).await;
    }
    // The last day: the applications of others are held back.
    let today = day(DAYS - 1);
    let (worker, evening) = (&play.worker, instant(today, 17, 30));
    tokio::task::block_in_place(|| play.world.listen(worker, today)).unwrap();
    let morning = tokio::task::block_in_place(|| play.world.morning(worker, today)).unwrap();
    let is_here = |payload: &[u8]| {
        serde_json::from_slice::<serde_json::Value>(payload)
            .is_ok_and(|message| message["region"].as_str().is_some_and(|region| region.starts_with(AREA)))
    };
    let (here, others): (Vec<_>, Vec<_>) = morning.applications.into_iter().partition(|(_, payload)| is_here(payload));
    assert!(others.len() > 5, "{} others", others.len());
    let topics = worker.config.topics.clone();
    for (topic, letters) in
        [(&topics.events, &morning.first_events), (&topics.applications, &here), (&topics.events, &morning.events)]
    {
        tokio::task::block_in_place(|| worker.publish(&outgoing(topic, letters))).unwrap();
        tick(worker, None, instant(today, 9, 0)).await.unwrap();
    }
    while tick(worker, None, evening).await.unwrap() > 0 {}

    let ledger = &worker.ledger;
    let boss = add(ledger, "boss", Role::Administrator, "", "").await;
    let overseer = ledger.seen_by(boss);
    let mut people = Vec::new();
    for role in Role::ALL {
        let user = add(&overseer, &format!("{}-1", role.code()), role, "", AREA).await;
        // Programs are answered in one function for every role.
        let mut bearer = String::new();
        if role == Role::Operator {
            let why = Stamp { at: ledger.clock().await.unwrap(), actor: "boss", reason: "" };
            let Ok(token) = make(&overseer, &user.name, 30, why).await.unwrap() else { panic!("no token") };
            bearer = format!("Bearer {}", token.token.text());
        }
        people.push((session_of(ledger, &user).await, bearer));
    }
    let mut asked = Vec::new();
    for route in ROUTES.iter().filter(|route| route.method == "GET" && !route.path.ends_with("/events")) {
        let is_api = matches!(route.who, Who::Token(_));
        if matches!(route.who, Who::Everyone) || route.path == "/users/{name}" {
            continue;
        }
        let of_page = route.path.replace("/api/cards", "/cards").replace("/api/batches/", "/ops/batches/");
        for path in paths(&of_page, play.database()).await {
            let path = if is_api && !path.starts_with("/api") {
                path.replace("/ops/batches/", "/batches/").replacen('/', "/api/", 1)
            } else {
                path
            };
            asked.push((path, is_api));
        }
    }
    let mut before = Vec::new();
    for (cookie, bearer) in &people {
        before.push(seen(play.database(), &asked, cookie, bearer).await);
    }

    let batches = number(ledger, "SELECT count(*) FROM batch").await;
    let files = number(ledger, "SELECT count(*) FROM file").await;
    tokio::task::block_in_place(|| worker.publish(&outgoing(&topics.applications, &others))).unwrap();
    while tick(worker, None, evening).await.unwrap() > 0 {}
    let mut cut = 0;
    for planned in plan(worker, evening).await.unwrap().streams {
        let region = planned.stream.split('/').nth(2).unwrap_or_default();
        if planned.stream.starts_with("account/") && !region.starts_with(AREA) && planned.cards > 0 {
            let number = preview_cut(worker, &planned.stream, evening).await.unwrap().batch;
            let by = Instruction { actor: "boss", reason: "the bank asks", at: evening, approval: None };
            cut_now(worker, &planned.stream, &number, by).await.unwrap();
            cut += 1;
        }
    }
    while tick(worker, None, evening).await.unwrap() > 0 {}
    assert!(cut > 0 && number(ledger, "SELECT count(*) FROM batch").await > batches);
    assert!(number(ledger, "SELECT count(*) FROM file").await > files, "files went out");

    let mut changed = Vec::new();
    for ((cookie, bearer), before) in people.iter().zip(&before) {
        for ((path, one), (_, other)) in before.iter().zip(seen(play.database(), &asked, cookie, bearer).await) {
            if *one != other && !EXEMPT.iter().any(|(exempt, _)| path.starts_with(exempt)) {
                let line = one.lines().zip(other.lines()).find(|(one, other)| one != other);
                changed.push(format!("{path}: {line:?}"));
            }
        }
    }
    // The pages have something: what is compared is not only that it is not there.
    let found = before.iter().flatten().filter(|(_, answer)| answer.starts_with("200")).count();
    assert!(found > 60, "{found} answers of {} paths", asked.len());
    assert!(changed.is_empty(), "{} of {}:\n{}", changed.len(), asked.len(), changed.join("\n"));
    play.end().await;
}
