//! A small world whose ticks the tests run as they like: inside, or as processes that may end early.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cardline::actions::imports::changed_lines::Asked;
use cardline::actions::imports::reference_file::rows;
use cardline::actions::imports::reference_import::{apply, plan};
use cardline::config::{Config, Topics};
use cardline::kafka::{Broker, MockBroker};
use cardline::route::ROUTE;
use cardline::step::Worker;
use cardline::time::{instant, local_date};
use cardline_core::domain::policy::Policy;
use cardline_core::domain::reference::Table;
use cardline_world::play::{FIRST_DAY, Morning, day, outgoing};
use cardline_world::setting::Setting;
use cardline_world::{World, mirror, worker_with_broker};
use jiff::Timestamp;
use jiff::civil::Date;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::sftp;

const CARDS: u64 = 80;
const PARTITIONS: i32 = 2;
/// Days on which revisions come before their predecessors, and how many.
const EARLY_ON: [u32; 2] = [2, 3];
const EARLY: u32 = 4;
/// Files of banks that cannot be read, and the days on which they come: before the bank's first answer.
const UNREADABLE: [(&str, &str, u32); 2] =
    [("ICBC", "ICBC_110101_20260105_000001_KHHP.txt", 1), ("CCB", "CCB-KHJG-110101-20260105-000001.txt", 2)];
/// Regions of this world, the days they end, and what takes them over: cards wait under each, for a bank or
/// for their recycling.
const MERGERS: [(&str, u32, &str); 3] = [("522634", 12, "522601"), ("522601", 20, "522622"), ("522631", 42, "522622")];

/// What a worker does at one instant of the day.
#[derive(Clone, Copy)]
pub struct Tick {
    /// Its number in the play, from 0.
    pub number: usize,
    pub stage: &'static str,
    pub at: Timestamp,
}

/// Partners, people, a broker and the ledger they are told to.
pub struct CrashWorld {
    pub worker: Worker,
    runtime: Runtime,
    /// The broker inside this process, where the engines bring none of their own.
    _broker: Option<MockBroker>,
    folder: TempDir,
    /// The partners' folders on their server.
    server: TempDir,
}

/// Where a crash world keeps its books, and how it is told.
pub struct Engines {
    /// None: SQLite in its own folder.
    database: Option<String>,
    /// None: the broker inside this process.
    kafka: Option<String>,
    name: String,
}

/// A name no other crash world has.
fn name() -> String {
    static CRASH_WORLDS: AtomicU32 = AtomicU32::new(0);
    format!("kill_{}_{}", std::process::id(), CRASH_WORLDS.fetch_add(1, Ordering::Relaxed))
}

/// SQLite, and the broker inside this process.
pub fn embedded() -> Engines {
    Engines { database: None, kafka: None, name: name() }
}

/// The PostgreSQL and the Kafka for tests, with a database and topics of its own.
pub fn services() -> Engines {
    let of = |variable| {
        std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set; `ops/test` starts the services"))
    };
    let (address, kafka, name) = (of("CARDLINE_TEST_POSTGRES"), of("CARDLINE_TEST_KAFKA"), name());
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        use sqlx::Connection;
        let mut admin = sqlx::PgConnection::connect(&address).await.unwrap();
        let create = format!("CREATE DATABASE {name}");
        sqlx::query(sqlx::AssertSqlSafe(create)).execute(&mut admin).await.unwrap();
    });
    let (server, _) = address.rsplit_once('/').unwrap();
    Engines { database: Some(format!("{server}/{name}")), kafka: Some(kafka), name }
}

impl CrashWorld {
    fn new(engines: Engines) -> CrashWorld {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let mut config = Config::in_folder(folder.path(), engines.database);
        let server = sftp::folder();
        config.partners.value = Some(sftp::profiles(folder.path(), server.path()));
        let (worker, broker) = match engines.kafka {
            None => {
                let (worker, broker) = runtime.block_on(worker_with_broker(config, FIRST_DAY)).unwrap();
                (worker, Some(broker))
            }
            Some(kafka) => {
                config.topics = topics(&engines.name);
                runtime.block_on(create(&kafka, &config.topics));
                let mut worker = runtime.block_on(Worker::open(config, FIRST_DAY)).unwrap();
                worker.kafka = Some(Broker::at(&kafka));
                (worker, None)
            }
        };
        std::fs::write(folder.path().join("config.toml"), configuration(&worker.config.topics)).unwrap();
        CrashWorld { worker, runtime, _broker: broker, folder, server }
    }

    /// Plays `days` days, each tick by `tick`; in the end all laws hold and the mirror is exact. Returns
    /// the cards by state.
    pub fn play(engines: Engines, days: u32, mut tick: impl FnMut(&CrashWorld, Tick)) -> BTreeMap<String, i64> {
        let crash_world = CrashWorld::new(engines);
        let mut partners = crash_world.worker.on(crash_world.worker.ledger.clone());
        partners.partners = Arc::new(sftp::partners(crash_world.server.path()));
        let mut world = World::new(&partners, Setting::demo(11, CARDS, days)).unwrap();
        crash_world.runtime.block_on(world.prepare(&crash_world.worker)).unwrap();
        crash_world.runtime.block_on(crash_world.plan_mergers());
        let mut number = 0;
        let mut next = |stage, at| {
            tick(&crash_world, Tick { number, stage, at });
            number += 1;
        };
        for n in 0..days {
            let today = day(n);
            world.listen(&crash_world.worker, today).unwrap();
            let Morning { first_events, applications, events } = world.morning(&crash_world.worker, today).unwrap();
            for (bank, name, _) in UNREADABLE.iter().filter(|(_, _, on)| *on == n) {
                sftp::place_unreadable(crash_world.server.path(), bank, name);
            }
            let topics = &crash_world.worker.config.topics;
            if EARLY_ON.contains(&n) {
                for letters in too_early(n) {
                    crash_world.worker.publish(&outgoing(&topics.applications, &letters)).unwrap();
                    next("intake", instant(today, 8, 30));
                }
            }
            for (topic, letters, stage) in [
                (&topics.events, &first_events, "servicing"),
                (&topics.applications, &applications, "intake"),
                (&topics.events, &events, "servicing"),
            ] {
                if !letters.is_empty() {
                    crash_world.worker.publish(&outgoing(topic, letters)).unwrap();
                    next(stage, instant(today, 8, 45));
                }
            }
            next("all", instant(today, 9, 0));
            next("all", instant(today, 17, 30));
        }
        crash_world.check(&world, day(days - 1))
    }

    /// Regions that are taken over while cards wait under them, for a bank and for their recycling.
    async fn plan_mergers(&self) {
        for (region, from, successor) in MERGERS {
            let text = format!(
                "code,name,level,valid_from,valid_to,current,successor\n{region},taken over,district,,{},false,{successor}\n",
                day(from - 1)
            );
            let asked = Asked { effective: day(from), complete: false, today: FIRST_DAY };
            let rows = rows(Table::Regions, text.as_bytes()).unwrap_or_else(|fault| panic!("{fault}"));
            let policy = Policy::built_in().unwrap();
            let planned = plan(&self.worker.ledger, &policy, &rows, asked).await.unwrap_or_else(|e| panic!("{e}"));
            apply(&self.worker.ledger, planned, "suite", instant(FIRST_DAY, 8, 0), true, None).await.unwrap();
        }
    }

    fn check(&self, world: &World, last: Date) -> BTreeMap<String, i64> {
        self.runtime.block_on(async {
            let books = self.worker.ledger.books(instant(last, 18, 0), true, None).await.unwrap();
            for law in &books.books {
                assert!(law.holds, "law {} {}: {:?}", law.law, law.name, law.offending);
            }
            let mirror = mirror(world, &self.worker).await.unwrap();
            assert!(mirror.holds, "{:#?}", mirror.differences);
            self.worker.ledger.cards_by_state().await.unwrap()
        })
    }

    /// The tick here and now, by a worker that starts: it knows the regions of its day.
    pub fn run(&self, tick: Tick) {
        self.runtime.block_on(async {
            let mut worker = Worker::open(self.worker.config.clone(), local_date(tick.at)).await.unwrap();
            worker.kafka = self.worker.kafka.clone();
            for step in ROUTE.iter().filter(|step| tick.stage == "all" || step.stage == tick.stage) {
                step.run(&worker, tick.at).await.unwrap();
            }
            worker.ledger.close().await;
        });
    }

    /// The tick as a process of its own, not yet started. It ends at `crash`, if one is given.
    pub fn process(&self, tick: Tick, crash: Option<&str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cardline"));
        command
            .args(["tick", tick.stage, "--at", &tick.at.to_string()])
            .env("CARDLINE_CONFIG", self.folder.path().join("config.toml"))
            .env("CARDLINE_DATABASE", &self.worker.config.database.value)
            .env("CARDLINE_DATA", &self.worker.config.data.value)
            .env("CARDLINE_KAFKA", self.worker.kafka.as_ref().unwrap().servers())
            .env("CARDLINE_WORKER", "killed-worker")
            .env("CARDLINE_PARTNERS", self.worker.config.partners.value.as_ref().unwrap())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        if let Some(crash) = crash {
            command.env("CARDLINE_CRASH", crash);
        }
        command
    }
}

/// Applications that the world knows nothing of: their second revisions, then their first ones. All are
/// refused in the end, because no bank is theirs.
fn too_early(on: u32) -> [Vec<(String, Vec<u8>)>; 2] {
    let text = include_str!("../../fixtures/rules/application.example.json");
    [2, 1].map(|revision| {
        let letter = |n: u32| {
            let mut message: Value = serde_json::from_str(text).unwrap();
            let id = format!("431126-20260101-{:09}", 100 * on + n);
            message["event_id"] = json!(format!("early-{on}-{n}-{revision}"));
            message["application_id"] = json!(id);
            message["revision"] = json!(revision);
            message["bank"] = json!("NOBODY");
            (id, serde_json::to_vec(&message).unwrap())
        };
        (0..EARLY).map(letter).collect()
    })
}

/// Creates the topics: nobody reads a topic that is not there.
async fn create(kafka: &str, t: &Topics) {
    let admin: AdminClient<_> = ClientConfig::new().set("bootstrap.servers", kafka).create().unwrap();
    let names = [&t.applications, &t.events, &t.outcomes, &t.notices, &t.ecards, &t.dead_letters];
    let new: Vec<NewTopic<'_>> = names.map(|name| NewTopic::new(name, PARTITIONS, TopicReplication::Fixed(1))).into();
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(20)));
    for made in admin.create_topics(&new, &options).await.unwrap() {
        made.unwrap();
    }
}

fn topics(name: &str) -> Topics {
    let own = |topic: &str| format!("{name}.{topic}");
    let t = Topics::default();
    Topics {
        applications: own(&t.applications),
        events: own(&t.events),
        outcomes: own(&t.outcomes),
        notices: own(&t.notices),
        ecards: own(&t.ecards),
        dead_letters: own(&t.dead_letters),
    }
}

fn configuration(t: &Topics) -> String {
    let Topics { applications, events, outcomes, notices, ecards, dead_letters } = t;
    format!(
        "[topics]\napplications = '{applications}'\nevents = '{events}'\noutcomes = '{outcomes}'\nnotices = '{notices}'\n\
         ecards = '{ecards}'\ndead_letters = '{dead_letters}'\n"
    )
}
