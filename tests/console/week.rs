//! An administrator's week, on the command line and in a browser: a delivery short by two cards, a window opened until a
//! date and extended, a village without network, a point that closes, a recall, a mother who asks at the counter.

use std::path::Path;
use std::process::Command;

use cardline::args;
use cardline::config::Config;
use cardline::crypto::keys::RecordOf;
use cardline::kafka::RawMessage;
use cardline::route::intake::settle::ChunkSource;
use cardline::route::servicing::{event_dates, read_event};
use cardline::step::Worker;
use cardline::store::Stamp;
use cardline::time::{instant, local_date};
use cardline_core::domain::staff::{Role, Scope};
use cardline_world::play::{FIRST_DAY, day};
use cardline_world::setting::Setting;
use cardline_world::{World, play_day, worker_with_broker};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::pages::Pages;

/// Days played before the week begins.
const DAYS: u32 = 14;
const NOT_HANDED_OUT: &str = "'waiting_account', 'in_account_batch', 'waiting_production', 'in_production', 'produced', 'in_transit', 'at_point', 'on_shelf'";

/// A ledger after some days, with two deliveries that are short by two cards.
struct Week {
    folder: tempfile::TempDir,
    worker: Worker,
    now: Timestamp,
}

/// A carton that is short by two, and what its point is called.
#[derive(Clone)]
struct Short {
    carton: String,
    point: String,
}

impl Week {
    async fn begins() -> (Week, [Short; 2]) {
        let folder = tempfile::tempdir().unwrap();
        let (worker, broker) = worker_with_broker(Config::in_folder(folder.path(), None), FIRST_DAY).await.unwrap();
        let mut world = World::new(&worker, Setting::demo(3, 400, 40)).unwrap();
        world.prepare(&worker).await.unwrap();
        let mut n = 0;
        let week = loop {
            play_day(&mut world, &worker, n).await.unwrap();
            n += 1;
            let travelling = "SELECT s.number || ' ' || s.point FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
                 JOIN application a ON a.id = m.application WHERE s.place = 'in_transit' AND a.place IS NULL AND a.method IN ('village', 'community', 'service_centre')
                 GROUP BY s.number, s.point HAVING count(*) > 1 ORDER BY count(*) DESC, s.number";
            let travelling = texts(&worker, travelling).await;
            if n >= DAYS && travelling.len() > 1 {
                let short = |at: usize| {
                    let (carton, point) = travelling[at].split_once(' ').unwrap();
                    Short { carton: carton.into(), point: point.into() }
                };
                break (n, [short(0), short(1)]);
            }
            assert!(n < 30, "the play shows too little");
        };
        let (n, shorts) = week;
        drop(broker);
        let week = Week { folder, worker, now: instant(day(n - 1), 18, 0) };
        week.points_count(&shorts).await;
        (week, shorts)
    }

    /// Both points say that two cards of their carton are not there.
    async fn points_count(&self, shorts: &[Short]) {
        let worker = &self.worker;
        let topic = worker.config.topics.events.clone();
        let stored = worker.ledger.positions(&topic, &[0]).await.unwrap()[0].1;
        let event = |(no, short): (usize, &Short)| {
            let event = json!({ "schema": "card.event.v1", "event_id": format!("short-{no}"), "type": "point.short", "at": self.now.to_string(),
                "actor": "point-desk", "shipment": short.carton, "count": 2 });
            read_event(
                &worker.keys,
                &RawMessage::new(stored + no as i64, event.to_string().into_bytes().into()),
                self.now,
            )
            .unwrap()
        };
        let events = shorts.iter().enumerate().map(event).collect();
        let next = stored + shorts.len() as i64;
        let source = ChunkSource { topic, partition: 0, first: stored, next, stored: Some(stored), generation: 1 };
        let lease = worker.ledger.take_lease("events", "week", self.now, 60).await.unwrap().unwrap();
        let why = Stamp { at: self.now, actor: "servicing", reason: "event" };
        let dates = event_dates(worker, local_date(self.now));
        let counts = worker.ledger.settle_events(&lease, &source, events, &dates, why).await.unwrap();
        assert_eq!(counts.accepted, 2);
    }

    /// Who has a card at a point, by number.
    async fn somebody_at(&self, point: &str) -> (String, String) {
        let sql = format!(
            "SELECT a.application_id FROM card c JOIN application a ON a.id = c.id WHERE a.point = '{point}' AND c.place IN ('on_shelf', 'at_point', 'in_transit') ORDER BY 1"
        );
        let application = texts(&self.worker, sql.leak()).await.remove(0);
        let sql =
            "SELECT m.id, m.sealed FROM application a JOIN message m ON m.id = a.message WHERE a.application_id = $1";
        let mut tx = self.worker.ledger.read().await.unwrap();
        let (id, sealed) = tx.row::<(i64, Vec<u8>)>(sql, args![&application]).await.unwrap().unwrap();
        let opened = self.worker.keys.decrypt_of(RecordOf::Message(id), &sealed).unwrap();
        let message: Value = serde_json::from_slice(&opened).unwrap();
        (message["holder"]["id_number"].as_str().unwrap().to_owned(), application)
    }

    /// Another point of the same district, at which nothing is and to which nothing comes.
    async fn neighbour_of(&self, point: &str) -> String {
        let busy = texts(&self.worker, format!("SELECT DISTINCT a.point FROM card c JOIN application a ON a.id = c.id WHERE c.place IN ({NOT_HANDED_OUT})").leak()).await;
        let reference = &self.worker.reference;
        let region = &reference.point(point).unwrap().region;
        let near = reference.points().filter(|(code, of)| &of.region == region && !busy.iter().any(|one| one == code));
        near.map(|(code, _)| code.to_owned()).min().unwrap()
    }

    async fn places_at(&self, point: &str) -> Vec<String> {
        let sql = format!(
            "SELECT DISTINCT c.place FROM card c JOIN application a ON a.id = c.id WHERE a.point = '{point}' AND c.place IN ({NOT_HANDED_OUT}) ORDER BY 1"
        );
        texts(&self.worker, sql.leak()).await
    }

    async fn number_of_case(&self, carton: &str) -> String {
        let sql = format!(
            "SELECT CAST(r.desk_case AS TEXT) FROM receipt r JOIN shipment s ON s.id = r.shipment WHERE s.number = '{carton}' AND r.desk_case IS NOT NULL"
        );
        texts(&self.worker, sql.leak()).await.remove(0)
    }

    async fn laws_hold(&self, at: Timestamp) {
        let report = self.worker.ledger.books(at, true, None).await.unwrap();
        let broken: Vec<_> = report
            .books
            .iter()
            .filter(|law| !law.holds)
            .map(|law| format!("{} {:?}", law.law, law.offending))
            .collect();
        assert!(broken.is_empty(), "{broken:?}");
    }
}

async fn texts(worker: &Worker, sql: &'static str) -> Vec<String> {
    let mut tx = worker.ledger.read().await.unwrap();
    tx.rows::<(String,)>(sql, args![]).await.unwrap().into_iter().map(|(text,)| text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrators_week() {
    let (week, [one, other]) = Week::begins().await;
    on_the_command_line(&week, &one).await;
    in_the_browser(&week, &other).await;
    let months = instant(local_date(week.now).saturating_add(jiff::Span::new().days(70)), 18, 0);
    a_recall(&week, &one, months).await;
    week.worker.ledger.close().await;
}

/// The program as the administrator starts it.
struct Desk<'w> {
    folder: &'w Path,
    at: String,
}

impl Desk<'_> {
    fn run(&self, command: &[&str], typed: &str) -> Value {
        let (is_done, told, complained) = self.try_to(command, typed);
        assert!(is_done, "{command:?}: {complained}{told}");
        serde_json::from_str(&told).unwrap_or_else(|_| panic!("{command:?}: {told}"))
    }

    /// Every step, as after an outage of a week: a clock that lets most deadlines pass is accepted by a person.
    fn tick(&self) {
        let tick = ["tick", "--at", &self.at];
        let (is_done, _, complained) = self.try_to(&tick, "");
        if !is_done {
            assert!(complained.contains("deadlines would pass at once"), "{complained}");
            self.run(&["reconcile", "accept", "--reason", "the server was off", "--as", "lin"], "");
            self.run(&tick, "");
        }
    }

    /// Whether a command succeeds, what it prints and what it complains of.
    fn try_to(&self, command: &[&str], typed: &str) -> (bool, String, String) {
        let mut process = Command::new(env!("CARGO_BIN_EXE_cardline"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARDLINE_")) {
            process.env_remove(name);
        }
        process.env("CARDLINE_DATA", self.folder).args(command).args(["--output", "json"]);
        let mut process = process
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut process.stdin.take().unwrap(), typed.as_bytes()).unwrap();
        let ended = process.wait_with_output().unwrap();
        let (told, complained) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
        (ended.status.success(), told, complained)
    }

    /// Previews an act and confirms what it showed.
    fn act(&self, command: &[&str]) -> Value {
        let by = ["--reason", "the week", "--as", "lin", "--at", &self.at];
        let shown = self.run(&[command, &["--dry-run", "--at", &self.at]].concat(), "");
        assert!(shown["cards"].as_i64().unwrap() > 0, "{shown}");
        let operation = shown["operation"].as_str().unwrap();
        let done = self.run(&[command, &["--confirm", operation], &by[..]].concat(), "");
        assert_eq!((&done["done"], &done["cards"]), (&json!(true), &shown["cards"]));
        done
    }
}

async fn on_the_command_line(week: &Week, short: &Short) {
    let desk = Desk { folder: week.folder.path(), at: week.now.to_string() };
    let by = ["--reason", "the week", "--as", "lin", "--at", &desk.at];

    // Monday: a delivery is short by two cards.
    let case = week.number_of_case(&short.carton).await;
    let cases = desk.run(&["cases", "list"], "");
    let listed = cases.as_array().or(cases["cases"].as_array()).unwrap();
    assert!(
        listed
            .iter()
            .any(|one| one["reason"] == "a delivery is short by 2" && one["number"].as_i64() == case.parse().ok()),
        "{cases}"
    );
    desk.run(&[&["cases", "decide", &case, "--as-decided", "go-on"], &by[..]].concat(), "");

    // Tuesday: a window until a date, and longer.
    let until = local_date(week.now).saturating_add(jiff::Span::new().days(20)).to_string();
    desk.act(&["pickup", "open", "--point", &short.point, "--until", &until]);
    desk.act(&["pickup", "extend", "--point", &short.point, "--days", "5"]);
    let due = desk.run(&["pickup", "due", "--within", "30", "--at", &desk.at], "");
    assert!(due.as_array().unwrap().iter().any(|row| row["point"] == *short.point), "{due}");

    // Wednesday: the village has no network.
    let list = week.folder.path().join("list.csv");
    let path = list.to_str().unwrap();
    let told = desk.run(&[&["pickup", "list", "--point", &short.point, "--out", path], &by[..]].concat(), "");
    assert!(told["cards"].as_i64().unwrap() > 1, "{told}");
    let said = std::fs::read_to_string(&list).unwrap().replacen(
        ",,,,",
        &format!(",{},holder,id_front,", local_date(week.now)),
        1,
    );
    std::fs::write(&list, said).unwrap();
    let told = desk.run(&[&["pickup", "record", path], &by[..]].concat(), "");
    assert_eq!((&told["recorded"], &told["refused"]), (&json!(1), &json!(0)), "{told}");

    // Thursday: the point closes.
    let to = week.neighbour_of(&short.point).await;
    desk.act(&["pickup", "reassign", "--from", &short.point, "--to", &to]);
    assert_eq!(week.places_at(&short.point).await, [""; 0]);
    assert!(week.places_at(&to).await.iter().any(|place| place == "in_transit"));

    // Friday: a mother asks at the counter.
    let (number, application) = week.somebody_at(&to).await;
    let found = desk.run(&[&["find"], &by[..4]].concat(), &format!("{number}\n"));
    assert!(
        found.as_array().unwrap().iter().any(|card| card["application_id"] == *application && card["point"] == *to),
        "{found}"
    );
    assert!(!found.to_string().contains(&number));
    let day = desk.run(&["deadlines", "explain", &application], "");
    assert_eq!((&day["kind"], &day["agrees"]), (&json!("transit"), &json!(true)), "{day}");
    week.laws_hold(week.now).await;
}

async fn pages_of(week: &Week, now: Timestamp) -> Pages {
    Pages::open(Config::in_folder(week.folder.path(), None), now, Role::Administrator, Scope::everything()).await
}

async fn in_the_browser(week: &Week, short: &Short) {
    let pages = pages_of(week, week.now).await;
    let point = format!("/admin/points/{}", short.point);

    // Monday: a delivery is short by two cards.
    pages.goto("/cases").await;
    assert!(pages.text().await.contains("short by 2"), "{}", pages.text().await);
    let case = week.number_of_case(&short.carton).await;
    pages.goto(&format!("/cases/{case}?word=go-on")).await;
    pages.fill("form.form", "reason", "the week").await;
    pages.send("form.form", ".done").await;

    // Tuesday: a window until a date, and longer.
    let until = local_date(week.now).saturating_add(jiff::Span::new().days(20));
    pages.goto(&point).await;
    let set = format!("document.querySelector('[name=until]').value = '{until}'");
    pages.browser.run(&set).await;
    pages.act("form[aria-label='Open by notice']", "week-open").await;
    pages.goto(&point).await;
    pages.fill("form[aria-label='Extend']", "days", "5").await;
    pages.act("form[aria-label='Extend']", "week-extend").await;
    assert!(pages.text().await.contains("open by notice") && pages.text().await.contains("extend windows"));

    // Wednesday: the village has no network. Its list is made, and comes back with a line filled in.
    let list = week.folder.path().join("browser.csv");
    let desk = Desk { folder: week.folder.path(), at: week.now.to_string() };
    let path = list.to_str().unwrap();
    desk.run(
        &[
            "pickup",
            "list",
            "--point",
            &short.point,
            "--out",
            path,
            "--reason",
            "the week",
            "--as",
            "lin",
            "--at",
            &desk.at,
        ],
        "",
    );
    let said = std::fs::read_to_string(&list).unwrap().replacen(
        ",,,,",
        &format!(",{},holder,id_front,", local_date(week.now)),
        1,
    );
    std::fs::write(&list, said).unwrap();
    pages.goto(&format!("/admin/lists?point={}", short.point)).await;
    pages.fill("form[enctype]", "file", path).await;
    pages.fill("form[enctype]", "reason", "the week").await;
    pages.send("form[enctype]", "table").await;
    assert!(pages.text().await.contains("1 lines are recorded"), "{}", pages.text().await);
    pages.browser.picture("week-list").await;

    // Thursday: the point closes.
    let to = week.neighbour_of(&short.point).await;
    pages.goto(&point).await;
    pages.fill("form[aria-label='Hand on']", "to", &to).await;
    pages.act("form[aria-label='Hand on']", "week-hand-on").await;
    assert_eq!(week.places_at(&short.point).await, [""; 0]);

    // Friday: a mother asks at the counter.
    let (number, application) = week.somebody_at(&to).await;
    pages.goto("/cards").await;
    pages.fill("form:has(#person)", "person", &number).await;
    pages.fill("form:has(#person)", "reason", "a mother asks").await;
    pages.send("form:has(#person)", "table").await;
    let text = pages.text().await;
    assert!(text.contains(&application) && !text.contains(&number), "{text}");
    pages.goto(&format!("/cards/{application}")).await;
    assert!(pages.text().await.contains("sent on to another point"), "{}", pages.text().await);
    pages.browser.picture("week-card").await;
    pages.browser.close().await;
    week.laws_hold(week.now).await;
}

/// Nobody comes, in any window: the cards go back, and both front ends say where they are.
async fn a_recall(week: &Week, _: &Short, months: Timestamp) {
    let mut at = week.now;
    while at < months {
        at = instant(local_date(at).saturating_add(jiff::Span::new().days(7)), 18, 0);
        let desk = Desk { folder: week.folder.path(), at: at.to_string() };
        desk.tick();
    }
    let recalled =
        "SELECT a.application_id FROM card c JOIN application a ON a.id = c.id WHERE c.place = 'recalled' ORDER BY 1";
    let recalled = texts(&week.worker, recalled).await;
    assert!(!recalled.is_empty(), "nothing was recalled");
    let desk = Desk { folder: week.folder.path(), at: months.to_string() };
    let told = desk.run(&["trace", &recalled[0]], "");
    assert!(told.to_string().contains("recalled"), "{told}");
    let day = desk.run(&["deadlines", "explain", &recalled[0]], "");
    assert_eq!((&day["kind"], &day["agrees"]), (&json!("recall"), &json!(true)), "{day}");
    let pages = pages_of(week, months).await;
    pages.goto(&format!("/cards/{}", recalled[0])).await;
    pages.browser.is_content().await;
    let shown = pages.text().await;
    let due_on: Date = day["due_on"].as_str().unwrap().parse().unwrap();
    pages.browser.close().await;
    assert!(shown.contains("recalled") && shown.contains(&due_on.strftime("%-d %B").to_string()), "{shown}");
    week.laws_hold(months).await;
}
