//! What fails at one partner holds nobody else back: every durable act of the exchange made to fail by the
//! real thing, on copies of one prepared ledger, while the cards of the others go on as without it.

use std::path::PathBuf;
use std::time::Duration;

use cardline::args;
use cardline::config::Config;
use cardline::route::ROUTE;
use cardline::step::Worker;
use cardline::store::Ledger;
use cardline::store::schema::Schema;
use cardline::store::timeouts::Timeouts;
use cardline::time::instant;
use cardline_world::play::{day, outgoing};
use jiff::Timestamp;
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

use crate::conformance::arrivals::{execute, number};
use crate::databases::{Database, Engine, is_root};
use crate::faults::{ANSWERS, BANK, BUREAU, FAULTS, RECYCLING};
use crate::plays::{Play, broken};

/// One copy of the prepared ledger.
pub struct Case {
    pub worker: Worker,
    pub database: Database,
    /// The partner at whom something fails.
    pub at: &'static str,
    /// The morning on which it begins.
    pub on: u32,
}

impl Case {
    pub fn folder(&self, of: &str) -> PathBuf {
        self.database.folder.path().join("partners").join(self.at).join(of)
    }

    pub fn aside(&self, of: &str) -> PathBuf {
        self.database.folder.path().join(format!("aside-{}", of.replace('/', "-")))
    }

    async fn run(&self, sql: &'static str) {
        execute(&self.worker.ledger, sql).await;
    }

    /// A statement, from where nothing can be awaited.
    pub fn now(&self, sql: String) {
        let running = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| running.block_on(execute(&self.worker.ledger, &sql)));
    }

    /// Two working days, mornings and evenings, every step: by then every stream was due.
    async fn tick(&self) {
        for (n, hour) in [(self.on, 9), (self.on, 18), (self.on + 1, 9)] {
            self.tick_at(instant(day(n), hour, 0)).await;
        }
        self.tick_at(self.evening()).await;
    }

    /// When it ends.
    fn evening(&self) -> Timestamp {
        instant(day(self.on + 1), 18, 0)
    }

    async fn tick_at(&self, at: Timestamp) {
        for step in ROUTE {
            let ran = step.run(&self.worker, at).await;
            ran.unwrap_or_else(|error| panic!("{}/{} as a whole: {error}", step.stage, step.name));
        }
    }

    /// Cards and files by state, of everybody but the partner at fault. All production is at the bureau's.
    async fn others(&self) -> Vec<(String, String, i64)> {
        let mut tx = self.worker.ledger.read().await.unwrap();
        let mut found = tx
            .rows::<(String, String, i64)>(
                "SELECT bank, place, count(*) FROM (
                   SELECT a.bank, CASE WHEN $1 <> $2 OR c.place IN ('waiting_account', 'in_account_batch')
                     THEN c.place ELSE 'later' END AS place
                   FROM card c JOIN application a ON a.id = c.id WHERE a.bank <> $1) AS placed
                 GROUP BY bank, place ORDER BY bank, place",
                args![self.at, BUREAU],
            )
            .await
            .unwrap();
        let files = tx.rows::<(String, String, i64)>(
            "SELECT partner || ' ' || kind, state, count(*) FROM file WHERE partner <> $1 AND partner <> $2
             GROUP BY partner, kind, state ORDER BY partner, kind, state",
            args![self.at, BUREAU],
        );
        found.extend(files.await.unwrap());
        found
    }

    /// Step and cause of all that was set aside.
    async fn told(&self) -> Vec<(String, String)> {
        let asides = self.worker.ledger.all_set_aside().await.unwrap();
        assert!(asides.iter().all(|aside| aside.partner == self.at), "{asides:?}");
        asides.into_iter().map(|aside| (aside.step, aside.cause)).collect()
    }

    async fn open_cases(&self) -> i64 {
        let sql = "SELECT count(*) FROM desk_case WHERE reason LIKE 'set aside%' AND state IN ('open', 'escalated')";
        number(&self.worker.ledger, sql).await
    }

    async fn laws_hold(&self, name: &str) {
        let books = self.worker.ledger.books(self.evening(), true, None).await.unwrap();
        assert_eq!(broken(&books), Vec::<String>::new(), "{name}");
    }

    async fn closed(self) {
        self.worker.ledger.close().await;
    }
}

/// The prepared ledger: a play up to a morning on which files of the partners have come.
async fn prepared(engine: Engine, on: u32) -> Database {
    let mut play = Play::new(Database::new(engine).await, 5, 150, 40).await;
    for n in 0..on {
        play.day(n).await;
    }
    play.world.listen(&play.worker, day(on)).unwrap();
    let morning = play.world.morning(&play.worker, day(on)).unwrap();
    let applications = outgoing(&play.worker.config.topics.applications, &morning.applications);
    play.worker.publish(&applications).unwrap();
    for step in ROUTE.iter().filter(|step| step.stage == "intake" || step.name == "photos") {
        step.run(&play.worker, instant(day(on), 8, 45)).await.unwrap();
    }
    play.into_database().await
}

async fn case(prepared: &Database, at: &'static str, on: u32, ledger: impl AsyncFn(&str) -> Ledger) -> Case {
    let database = prepared.copied().await;
    let config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
    let mut worker = Worker::open(config, day(on)).await.unwrap();
    worker.ledger.close().await;
    worker.ledger = ledger(&database.url).await;
    worker.ledger.cover_with(worker.keys.row_key().clone());
    Case { worker, database, at, on }
}

async fn patient(url: &str) -> Ledger {
    Ledger::open(url).await.unwrap()
}

/// What becomes of the others when nothing fails.
async fn control(prepared: &Database, at: &'static str, on: u32) -> Vec<(String, String, i64)> {
    let control = case(prepared, at, on, patient).await;
    control.tick().await;
    assert_eq!(control.told().await, Vec::new());
    let others = control.others().await;
    control.closed().await;
    others
}

async fn whatever_fails_at_one_partner_the_others_go_on(engine: Engine) {
    for on in [ANSWERS, RECYCLING] {
        let prepared = prepared(engine, on).await;
        for at in [BANK, BUREAU] {
            let faults = FAULTS.iter().filter(|fault| (fault.at, fault.on) == (at, on));
            let others = control(&prepared, at, on).await;
            for fault in faults {
                let case = case(&prepared, at, on, patient).await;
                (fault.cause)(&case);
                case.tick().await;
                assert_eq!(case.others().await, others, "{}: the others did not go on", fault.name);
                let told = case.told().await;
                let (step, cause) = fault.told;
                assert!(told.contains(&(step.into(), cause.into())), "{}: told as {told:?}", fault.name);
                assert_eq!(case.open_cases().await, told.len() as i64, "{}: a case each", fault.name);
                case.laws_hold(fault.name).await;
                (fault.mend)(&case);
                case.tick_at(case.evening()).await;
                assert_eq!(case.told().await, Vec::new(), "{}: mended", fault.name);
                assert_eq!(case.open_cases().await, 0, "{}: mended", fault.name);
                assert_eq!(case.others().await, others, "{}: mended", fault.name);
                case.laws_hold(fault.name).await;
                case.closed().await;
            }
        }
    }
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
    let prepared = prepared(Engine::Postgres, ANSWERS).await;
    let others = control(&prepared, BANK, ANSWERS).await;
    let impatient = async |url: &str| {
        let lock = Duration::from_millis(50);
        let patience = Timeouts { lock, answer: Duration::from_secs(60), ..Timeouts::default() };
        Ledger::open_with(url, &Schema::built_in(), patience).await.unwrap()
    };
    for (locked, step) in [
        ("UPDATE counter SET next = next WHERE name LIKE 'file/ICBC/%'", "accounts/answers"),
        ("UPDATE file SET state = state WHERE partner = 'ICBC'", "accounts/answers"),
        ("UPDATE account_waiting SET lane = lane WHERE bank = 'ICBC'", "accounts/cut"),
        ("UPDATE lease SET until = until WHERE work LIKE 'exchange/in/ICBC/%'", "accounts/answers"),
    ] {
        let case = case(&prepared, BANK, ANSWERS, impatient).await;
        let other = patient(&case.database.url).await;
        let mut holding = other.begin().await.unwrap();
        assert!(holding.run(locked, args![]).await.unwrap() > 0, "{locked}");
        case.tick().await;
        assert_eq!(case.others().await, others, "{locked}");
        assert!(case.told().await.contains(&(step.into(), "locked".into())), "{locked}: {:?}", case.told().await);
        drop(holding);
        case.tick_at(case.evening()).await;
        assert_eq!(case.told().await, Vec::new(), "{locked}");
        other.close().await;
        case.closed().await;
    }
}

/// One damaged record holds its own card.
async fn a_sealed_record_that_cannot_be_opened_costs_its_card(engine: Engine) {
    let prepared = prepared(engine, ANSWERS).await;
    let case = case(&prepared, BANK, ANSWERS, patient).await;
    let before = number(&case.worker.ledger, "SELECT count(*) FROM card WHERE place = 'held'").await;
    case.run(
        "UPDATE message SET sealed = substr(sealed, 1, 20) WHERE id IN (SELECT max(m.id) FROM message m
         JOIN application a ON a.message = m.id JOIN account_waiting w ON w.application = a.id WHERE a.bank = 'CCB')",
    )
    .await;
    case.tick().await;
    let held = number(&case.worker.ledger, "SELECT count(*) FROM card WHERE place = 'held'").await;
    assert_eq!((held - before, case.told().await), (1, Vec::new()));
    case.laws_hold("damaged").await;
    case.closed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_record_that_cannot_be_opened_costs_its_card_sqlite() {
    a_sealed_record_that_cannot_be_opened_costs_its_card(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_record_that_cannot_be_opened_costs_its_card_postgres() {
    a_sealed_record_that_cannot_be_opened_costs_its_card(Engine::Postgres).await;
}
