//! The console as a process of its own over a ledger of many cards: this very program, started once more.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cardline::config::Config;
use cardline::store::Ledger;
use cardline::time::instant;
use cardline_console::{Clock, Console, Guest, listen};
use cardline_core::domain::staff::{Role, Scope};
use cardline_world::demo;
use cardline_world::report::DemoPlan;
use jiff::{SignedDuration, Timestamp};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::clicking::{Person, clicked};
use crate::multiplied::multiply;
use crate::services::Services;

/// Cards and days of the world that is multiplied.
const PLAYED: u64 = 1_000;
const DAYS: u32 = 60;

/// Folder, database and last day of what the second process serves.
const WHAT: &str = "CARDLINE_BENCH_CONSOLE";

/// How long a page is asked alone; a database's session tells its time once a second.
const ALONE: Duration = Duration::from_millis(2_500);

/// Who comes in: everything, one bank, one area.
const ROLES: [(&str, Role, &str, &str); 4] = [
    ("operator", Role::Operator, "", ""),
    ("administrator", Role::Administrator, "", ""),
    ("auditor", Role::Auditor, "", "1101"),
    ("bank-it", Role::BankIt, "ABC", ""),
];

/// Whether this process is the console.
pub fn is_console() -> bool {
    std::env::var_os(WHAT).is_some()
}

/// Serves until standard input ends.
pub fn serve() {
    let what = std::env::var(WHAT).expect("what is served");
    let [folder, database, day] = what.split('|').collect::<Vec<_>>()[..] else { panic!("{WHAT}") };
    let config = Config::in_folder(folder.as_ref(), Some(database.to_owned()));
    let ended = evening_of(day);
    let guest = |(_, role, bank, area): (_, _, &str, &str)| Guest {
        role,
        scope: Scope { bank: bank.into(), area: area.into() },
    };
    let guests = ROLES.map(guest).to_vec();
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    runtime.block_on(async {
        let console = Arc::new(Console::new(config, Clock::Demo { ended, at: Instant::now() }, guests));
        let listening = listen("127.0.0.1:0", console.clone()).await.expect("an address");
        println!("{}", listening.address);
        for (role, link) in console.links().await {
            println!("{role} {link}");
        }
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()))
            .await
            .expect("input")
            .expect("end");
    });
    runtime.shutdown_background();
}

fn evening_of(day: &str) -> Timestamp {
    instant(day.parse().expect("day"), 18, 0)
}

/// What a worker counts every few minutes.
async fn count_figures(database: &str, now: Timestamp) {
    let ledger = Ledger::open(database).await.expect("ledger");
    ledger.count_figures(now).await.expect("figures");
    ledger.close().await;
}

/// A console that serves, and who is logged in.
pub struct Serving {
    pub address: String,
    pub people: Vec<Person>,
    pub cards: i64,
    process: Child,
    database: String,
    runtime: tokio::runtime::Runtime,
}

/// A small world that was played to its end.
pub struct Played {
    database: String,
    last_day: String,
    folder: tempfile::TempDir,
}

impl Played {
    pub fn new(services: &Services) -> Played {
        let (folder, started) = (tempfile::tempdir().expect("folder"), Instant::now());
        let runtime = tokio::runtime::Runtime::new().expect("runtime");
        let database = runtime.block_on(services.database());
        let plan = DemoPlan {
            cards: PLAYED,
            days: DAYS,
            seed: 1,
            dir: folder.path().to_owned(),
            database: Some(database.clone()),
        };
        let last_day = runtime.block_on(async {
            let report = demo(&plan, &mut |_| {}).await.expect("a world");
            assert!(report.books.iter().all(|law| law.holds), "a law is broken in the world that is multiplied");
            let ledger = Ledger::open(&database).await.expect("ledger");
            ledger.carry_tally().await.expect("tally");
            ledger.close().await;
            report.last_day
        });
        println!("{PLAYED} cards played in {:.0} s", started.elapsed().as_secs_f64());
        Played { database, last_day, folder }
    }
}

impl Serving {
    /// Serves a copy of what was played, multiplied to about so many cards.
    pub fn begin(services: &Services, played: &Played, count: u64) -> Serving {
        let (runtime, started) = (tokio::runtime::Runtime::new().expect("runtime"), Instant::now());
        let times = (count as f64 / PLAYED as f64).sqrt().round() as i64;
        let database = runtime.block_on(copy(services, &played.database));
        runtime.block_on(multiply(&database, None, times, times));
        let cards = runtime.block_on(text(&database, "SELECT CAST(count(*) AS TEXT) FROM application"));
        println!("{cards} cards made of them in {:.0} s", started.elapsed().as_secs_f64());
        let evening = evening_of(&played.last_day);
        for (which, at) in [("first", evening - SignedDuration::from_mins(10)), ("later", evening)] {
            let counting = Instant::now();
            runtime.block_on(count_figures(&database, at));
            println!("  a worker's {which} count of its figures: {:.1} s", counting.elapsed().as_secs_f64());
        }
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .env(WHAT, format!("{}|{database}|{}", played.folder.path().display(), played.last_day))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the console");
        let mut lines = BufReader::new(process.stdout.take().expect("output")).lines().map(|line| line.expect("line"));
        let address = lines.next().expect("address");
        let pages = runtime.block_on(pages(&database));
        let links: Vec<String> = lines.by_ref().take(ROLES.len()).collect();
        let person = |link: &String| {
            let (role, link) = link.split_once(' ').expect("a link");
            let (role, ..) = ROLES.into_iter().find(|(name, ..)| *name == role).expect("a role");
            Person::by_link(&address, role, link, pages.clone())
        };
        let people = links.iter().map(person).collect();
        let cards = cards.parse().expect("number");
        Serving { people, address, cards, process, database, runtime }
    }

    /// What its process needed until now.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).expect("stat");
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        let ticks: f64 = after.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
        ticks / 100.0
    }

    /// Of one answer to one who asks alone, what the database's sessions were active for.
    pub fn database_milliseconds(&self, role: &str, page: &str) -> f64 {
        let person = self.people.iter().find(|person| person.role == role).expect("role");
        let active = "SELECT CAST(active_time AS TEXT) FROM pg_stat_database WHERE datname = current_database()";
        let active = || self.runtime.block_on(text(&self.database, active)).parse::<f64>().unwrap_or(f64::NAN);
        let (before, started, mut asked) = (active(), Instant::now(), 0);
        while started.elapsed() < ALONE {
            person.ask(&self.address, page);
            asked += 1;
        }
        (active() - before) / f64::from(asked)
    }

    /// People who click until this is dropped.
    pub fn click_until_dropped(&self, count: u32) -> Clicking {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, address, people) = (stop.clone(), self.address.clone(), self.people.clone());
        let thread = std::thread::spawn(move || {
            clicked(&address, &people, count, |_| !stopped.load(Ordering::Relaxed));
        });
        Clicking { stop, thread: Some(thread) }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// People at work.
pub struct Clicking {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Clicking {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("clicks");
        }
    }
}

/// The main pages; of what there are many, the batch, the file, the point and the card of most rows.
async fn pages(database: &str) -> Vec<String> {
    let mut pages: Vec<String> = [
        "/ops",
        "/ops/plan",
        "/ops/batches",
        "/ops/quarantine",
        "/cases",
        "/banks/ABC",
        "/bureaus/BUREAU",
        "/admin",
        "/approvals",
        "/users",
        "/audit",
        "/work",
    ]
    .map(str::to_owned)
    .to_vec();
    for sql in [
        "SELECT '/ops/batches/' || number FROM batch WHERE bank = 'ABC' AND region LIKE '1101%' ORDER BY cards DESC, id DESC LIMIT 1",
        "SELECT '/files/' || id FROM file WHERE partner = 'ABC' AND state <> 'purged' ORDER BY rows DESC, id DESC LIMIT 1",
        "SELECT '/admin/points/' || point FROM shipment WHERE NOT done AND point LIKE '1101%' ORDER BY cards DESC, id LIMIT 1",
        "SELECT '/cards/' || a.application_id FROM application a JOIN made m ON m.application = a.id
         WHERE a.bank = 'ABC' AND a.region LIKE '1101%' ORDER BY a.id DESC LIMIT 1",
    ] {
        pages.push(text(database, sql).await);
    }
    pages
}

/// A copy of a database that nobody has open; returns its address.
async fn copy(services: &Services, database: &str) -> String {
    let (server, original) = database.rsplit_once('/').expect("an address");
    let name = format!("{original}_{}", rand::random::<u32>());
    let mut admin = PgConnection::connect(&services.postgres).await.expect("PostgreSQL");
    let sql = format!("CREATE DATABASE {name} TEMPLATE {original}");
    sqlx::query(AssertSqlSafe(sql)).execute(&mut admin).await.expect("database");
    format!("{server}/{name}")
}

async fn text(database: &str, sql: &'static str) -> String {
    let mut connection = PgConnection::connect(database).await.expect("PostgreSQL");
    let (text,): (String,) = sqlx::query_as(sql).fetch_one(&mut connection).await.expect(sql);
    text
}
