//! What fails at one partner holds nobody else back: every durable act of the exchange made to fail by the
//! real thing, on copies of one prepared ledger, while the cards of the others go on as without it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cardline::args;
use cardline::config::Config;
use cardline::ledger::{Ledger, Patience, Schema};
use cardline::route::ROUTE;
use cardline::stages::Station;
use cardline::time::instant;
use cardline::world::play::{day, outgoing};
use jiff::Timestamp;
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

use crate::databases::{Database, Engine, is_root};
use crate::plays::{Play, broken};

/// The partner at whom everything fails.
const AT: &str = "ICBC";
/// Days that are played before: by then every bank has requests and answers under way.
const PLAYED: u32 = 4;

/// What is made to fail, and where.
struct Fault {
    name: &'static str,
    /// Step and cause under which it must be told.
    told: (&'static str, &'static str),
    cause: fn(&Case),
    mend: fn(&Case),
}

/// One copy of the prepared ledger.
struct Case {
    station: Station,
    database: Database,
}

impl Case {
    fn folder(&self, of: &str) -> PathBuf {
        self.database.folder.path().join("partners").join(AT).join(of)
    }

    fn aside(&self, of: &str) -> PathBuf {
        self.database.folder.path().join(format!("aside-{}", of.replace('/', "-")))
    }

    /// The first file in a folder of the partner.
    fn first(&self, of: &str) -> PathBuf {
        let names = fs::read_dir(self.folder(of)).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = names.filter(|path| path.is_file() && !path.ends_with("ok")).collect();
        files.retain(|path| path.extension().is_none_or(|end| end != "ok"));
        files.sort();
        files.swap_remove(0)
    }

    async fn run(&self, sql: &'static str) {
        let mut tx = self.station.ledger.begin().await.unwrap();
        tx.run(sql, args![]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Two working days, mornings and evenings, every step: by then every stream was due.
    async fn tick(&self) {
        for (n, hour) in [(PLAYED, 9), (PLAYED, 18), (PLAYED + 3, 9), (PLAYED + 3, 18)] {
            self.tick_at(instant(day(n), hour, 0)).await;
        }
    }

    async fn tick_at(&self, at: Timestamp) {
        for step in ROUTE {
            let ran = step.run(&self.station, at).await;
            ran.unwrap_or_else(|error| panic!("{}/{} as a whole: {error}", step.stage, step.name));
        }
    }

    /// Cards and files by state, of everybody but the partner at fault, or of everybody.
    async fn stands(&self, everybody: bool) -> Vec<(String, String, i64)> {
        let mut tx = self.station.ledger.read().await.unwrap();
        let but = if everybody { "" } else { AT };
        let mut found = tx
            .rows::<(String, String, i64)>(
                "SELECT a.bank, c.place, count(*) FROM card c JOIN application a ON a.id = c.id
                 WHERE a.bank <> $1 GROUP BY a.bank, c.place ORDER BY a.bank, c.place",
                args![but],
            )
            .await
            .unwrap();
        let files = tx.rows::<(String, String, i64)>(
            "SELECT partner || ' ' || kind, state, count(*) FROM file WHERE partner <> $1 AND partner <> 'BUREAU'
             GROUP BY partner, kind, state ORDER BY partner, kind, state",
            args![but],
        );
        found.extend(files.await.unwrap());
        found
    }
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn shut(case: &Case, of: &str) {
    chmod(&case.folder(of), 0o000);
    assert!(fs::read_dir(case.folder(of)).is_err(), "rights over files were not given up");
}

fn opened(case: &Case, of: &str) {
    chmod(&case.folder(of), 0o755);
}

fn hide(case: &Case, of: &str) {
    fs::rename(case.folder(of), case.aside(of)).unwrap();
}

fn bring_back(case: &Case, of: &str) {
    let _ = fs::remove_file(case.folder(of));
    fs::rename(case.aside(of), case.folder(of)).unwrap();
}

/// The names the partner's next request may have: by the day it is cut, and by its region.
fn next_requests(case: &Case) -> Vec<PathBuf> {
    tokio::task::block_in_place(|| {
        tokio::runtime::Handle::current().block_on(async {
            let partner = case.station.partners.get(AT).unwrap();
            let spec = partner.profile.file(cardline_core::layouts::FileKind::AccountRequest).unwrap();
            let next = case.station.ledger.next_sequence(AT, "account-request", "out").await.unwrap();
            let waiting = case.station.ledger.waiting_accounts().await.unwrap();
            let mut regions: Vec<String> = waiting.into_iter().map(|group| group.region).collect();
            regions.dedup();
            let name = |n: u32, region: &String| spec.file_name(day(n), next as u64, region).unwrap();
            let days = [PLAYED, PLAYED + 3];
            days.into_iter()
                .flat_map(|n| regions.iter().map(move |region| partner.to().join(name(n, region))))
                .collect()
        })
    })
}

fn block(case: &Case, sql: &'static str) {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(case.run(sql)));
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "to: not permitted",
        told: ("exchange/send", "permission"),
        cause: |case| shut(case, "to"),
        mend: |case| opened(case, "to"),
    },
    Fault {
        name: "to: not there",
        told: ("exchange/send", "missing"),
        cause: |case| hide(case, "to"),
        mend: |case| bring_back(case, "to"),
    },
    Fault {
        name: "to: no folder",
        told: ("exchange/send", "missing"),
        cause: |case| {
            hide(case, "to");
            fs::write(case.folder("to"), b"").unwrap();
        },
        mend: |case| bring_back(case, "to"),
    },
    Fault {
        name: "to: no room",
        told: ("exchange/send", "full"),
        cause: |case| {
            let mounted = Command::new("mount")
                .args(["-t", "tmpfs", "-o", "size=4k,nr_inodes=2", "tmpfs"])
                .arg(case.folder("to"))
                .status();
            assert!(mounted.unwrap().success(), "this test mounts a small disk: run it as root");
            fs::write(case.folder("to").join("ballast"), [0; 4096]).unwrap();
        },
        mend: |case| {
            assert!(Command::new("umount").arg("-l").arg(case.folder("to")).status().unwrap().success());
        },
    },
    Fault {
        name: "to: a pipe under the next name",
        told: ("exchange/send", "exists"),
        cause: |case| {
            let made = Command::new("mkfifo").args(next_requests(case)).status();
            assert!(made.unwrap().success());
        },
        mend: |case| {
            let pipe = |path: &PathBuf| std::os::unix::fs::FileTypeExt::is_fifo(&path.metadata().unwrap().file_type());
            let names = fs::read_dir(case.folder("to")).unwrap().map(|entry| entry.unwrap().path());
            names.filter(pipe).for_each(|path| fs::remove_file(path).unwrap());
        },
    },
    Fault {
        name: "from: not permitted",
        told: ("accounts/answers", "permission"),
        cause: |case| shut(case, "from"),
        mend: |case| opened(case, "from"),
    },
    Fault {
        name: "from: not there",
        told: ("accounts/answers", "missing"),
        cause: |case| hide(case, "from"),
        mend: |case| bring_back(case, "from"),
    },
    Fault {
        name: "from: a file that may not be read",
        told: ("accounts/answers", "permission"),
        cause: |case| chmod(&case.first("from"), 0o000),
        mend: |case| chmod(&case.first("from"), 0o644),
    },
    Fault {
        name: "archive: not permitted",
        told: ("accounts/answers", "permission"),
        cause: |case| chmod(&case.folder("from/archive"), 0o555),
        mend: |case| opened(case, "from/archive"),
    },
    Fault {
        name: "archive: something under the name",
        told: ("accounts/answers", "missing"),
        cause: |case| {
            let name = case.first("from").file_name().unwrap().to_owned();
            fs::create_dir(case.folder("from/archive").join(name)).unwrap();
        },
        mend: |case| {
            let names = fs::read_dir(case.folder("from/archive")).unwrap().map(|entry| entry.unwrap().path());
            names.filter(|path| path.is_dir()).for_each(|path| fs::remove_dir(path).unwrap());
        },
    },
    Fault {
        name: "requests: the sequence is used up",
        told: ("accounts/cut", "profile"),
        cause: |case| {
            block(case, "UPDATE counter SET next = next + 100000000 WHERE name = 'file/ICBC/account-request/out'")
        },
        mend: |case| {
            // Numbers that go back look like a restored database to who has seen them.
            fs::remove_dir_all(case.database.folder.path().join("watermarks")).unwrap();
            block(case, "UPDATE counter SET next = next - 100000000 WHERE name = 'file/ICBC/account-request/out'")
        },
    },
];

/// When a case ends.
fn evening() -> Timestamp {
    instant(day(PLAYED + 3), 18, 0)
}

/// The prepared ledger: a play up to a morning on which answers of every bank have come.
async fn prepared(engine: Engine) -> Database {
    let mut play = Play::new(Database::new(engine).await, 5, 150, 40).await;
    for n in 0..PLAYED {
        play.day(n).await;
    }
    play.world.listen(&play.station, day(PLAYED)).unwrap();
    let morning = play.world.morning(&play.station, day(PLAYED)).unwrap();
    let applications = outgoing(&play.station.config.topics.applications, &morning.applications);
    play.station.publish(&applications).unwrap();
    for step in ROUTE.iter().filter(|step| step.stage == "intake" || step.name == "photos") {
        step.run(&play.station, instant(day(PLAYED), 8, 45)).await.unwrap();
    }
    play.closed().await
}

async fn case(prepared: &Database, ledger: impl AsyncFn(&str) -> Ledger) -> Case {
    let database = prepared.copied().await;
    let config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
    let mut station = Station::open(config, day(PLAYED)).await.unwrap();
    station.ledger.close().await;
    station.ledger = ledger(&database.url).await;
    Case { station, database }
}

async fn patient(url: &str) -> Ledger {
    Ledger::open(url).await.unwrap()
}

async fn told(case: &Case) -> Vec<(String, String)> {
    let asides = case.station.ledger.all_set_aside().await.unwrap();
    assert!(asides.iter().all(|aside| aside.partner == AT), "{asides:?}");
    asides.into_iter().map(|aside| (aside.step, aside.cause)).collect()
}

async fn open_cases(case: &Case) -> i64 {
    let mut tx = case.station.ledger.read().await.unwrap();
    let sql = "SELECT count(*) FROM desk_case WHERE reason LIKE 'set aside%' AND state IN ('open', 'escalated')";
    tx.number(sql, args![]).await.unwrap()
}

async fn laws_hold(case: &Case, at: Timestamp, name: &str) {
    let books = case.station.ledger.books(at, true, None).await.unwrap();
    assert_eq!(broken(&books), Vec::<String>::new(), "{name}");
}

async fn whatever_fails_at_one_partner_the_others_go_on(engine: Engine) {
    let prepared = prepared(engine).await;
    let control = case(&prepared, patient).await;
    control.tick().await;
    assert_eq!(told(&control).await, Vec::new());
    let others = control.stands(false).await;
    assert!(others.iter().any(|(_, place, _)| place == "waiting_production" || place == "in_production"));
    for fault in FAULTS {
        let case = case(&prepared, patient).await;
        (fault.cause)(&case);
        case.tick().await;
        assert_eq!(case.stands(false).await, others, "{}: the others did not go on", fault.name);
        let told = told(&case).await;
        let (step, cause) = fault.told;
        assert!(
            told.contains(&(step.into(), cause.into())),
            "{}: told as {told:?}: {:?}",
            fault.name,
            case.stands(true).await
        );
        assert_eq!(open_cases(&case).await, told.len() as i64, "{}: a case each", fault.name);
        laws_hold(&case, evening(), fault.name).await;
        (fault.mend)(&case);
        case.tick_at(evening()).await;
        assert_eq!(self::told(&case).await, Vec::new(), "{}: mended", fault.name);
        assert_eq!(open_cases(&case).await, 0, "{}: mended", fault.name);
        assert_eq!(case.stands(false).await, others, "{}: mended", fault.name);
        laws_hold(&case, evening(), fault.name).await;
        case.station.ledger.close().await;
    }
    control.station.ledger.close().await;
}

/// Root may do everything, so its rights over files are given up in the threads of the test.
fn without_rights_over_files(test: impl AsyncFnOnce() + Send + 'static) {
    let give_up = || {
        if is_root() {
            let mut sets = capabilities(None).unwrap();
            sets.effective.remove(CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH);
            set_capabilities(None, sets).unwrap();
        }
    };
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().on_thread_start(give_up).build().unwrap();
    let run = move || {
        give_up();
        runtime.block_on(test());
    };
    std::thread::spawn(run).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

#[test]
fn whatever_fails_at_one_partner_the_others_go_on_sqlite() {
    without_rights_over_files(async || whatever_fails_at_one_partner_the_others_go_on(Engine::Sqlite).await);
}

#[test]
fn whatever_fails_at_one_partner_the_others_go_on_postgres() {
    without_rights_over_files(async || whatever_fails_at_one_partner_the_others_go_on(Engine::Postgres).await);
}

/// A row of one partner that somebody has locked: its work waits for the next round, the others' does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_on_one_partners_rows_holds_nobody_else_back() {
    let prepared = prepared(Engine::Postgres).await;
    let control = case(&prepared, patient).await;
    control.tick().await;
    let others = control.stands(false).await;
    let impatient = async |url: &str| {
        let lock = Duration::from_millis(50);
        let patience = Patience { lock, answer: Duration::from_secs(60), ..Patience::default() };
        Ledger::open_with(url, &Schema::built_in(), patience).await.unwrap()
    };
    for (locked, step) in [
        ("UPDATE counter SET next = next WHERE name LIKE 'file/ICBC/%'", "accounts/answers"),
        ("UPDATE lease SET until = until WHERE work LIKE 'exchange/in/ICBC/%'", "accounts/answers"),
    ] {
        let case = case(&prepared, impatient).await;
        let other = patient(&case.database.url).await;
        let mut holding = other.begin().await.unwrap();
        assert!(holding.run(locked, args![]).await.unwrap() > 0, "{locked}");
        case.tick().await;
        assert_eq!(case.stands(false).await, others, "{locked}");
        assert!(told(&case).await.contains(&(step.into(), "locked".into())), "{locked}: {:?}", told(&case).await);
        drop(holding);
        case.tick_at(evening()).await;
        assert_eq!(told(&case).await, Vec::new(), "{locked}");
        other.close().await;
        case.station.ledger.close().await;
    }
    control.station.ledger.close().await;
}

/// One damaged record holds its own card.
async fn a_sealed_record_that_cannot_be_opened_costs_its_card(engine: Engine) {
    let prepared = prepared(engine).await;
    let case = case(&prepared, patient).await;
    case.run(
        "UPDATE message SET sealed = substr(sealed, 1, 20) WHERE id IN (SELECT max(m.id) FROM message m
         JOIN application a ON a.message = m.id WHERE a.queue = 'account' AND a.bank = 'CCB')",
    )
    .await;
    case.tick().await;
    let stands = case.stands(true).await;
    let held: i64 = stands.iter().filter(|(_, place, _)| place == "held").map(|(.., cards)| cards).sum();
    assert_eq!((held, told(&case).await), (1, Vec::new()), "{stands:?}");
    laws_hold(&case, evening(), "damaged").await;
    case.station.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_record_that_cannot_be_opened_costs_its_card_sqlite() {
    a_sealed_record_that_cannot_be_opened_costs_its_card(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_record_that_cannot_be_opened_costs_its_card_postgres() {
    a_sealed_record_that_cannot_be_opened_costs_its_card(Engine::Postgres).await;
}
