//! The real program on a database, a topic and a folder of its own, from the topic to the bureau's file.

use std::process::Command;
use std::time::Instant;

use cardline::config::Config;
use cardline::kafka::Broker;
use cardline::step::Worker;
use cardline::time::instant;
use cardline_world::World;
use cardline_world::play::{FIRST_DAY, day};
use cardline_world::setting::Setting;
use jiff::Timestamp;

use crate::applications;
use crate::costs::{Cost, used};
use crate::process::{Ended, watched};
use crate::services::Services;

/// A worker's processes and where they work.
pub struct Installation {
    pub runtime: tokio::runtime::Runtime,
    pub worker: Worker,
    folder: tempfile::TempDir,
}

/// What one stage took.
pub struct Stage {
    pub name: &'static str,
    pub seconds: f64,
    /// The most memory one worker had, in bytes.
    pub peak: u64,
    /// Processor seconds of all workers.
    pub processor: f64,
}

/// How many cards came to the bureau's file, and what each stage took.
pub struct Route {
    pub cards: u64,
    pub stages: Vec<Stage>,
    pub cost: Cost,
}

impl Route {
    pub fn seconds(&self) -> f64 {
        self.stages.iter().map(|stage| stage.seconds).sum()
    }

    pub fn peak(&self) -> u64 {
        self.stages.iter().map(|stage| stage.peak).max().unwrap_or(0)
    }

    /// Microseconds a card of every stage, and the most megabytes of a worker in it, in a line.
    pub fn by_stage(&self) -> String {
        let alike = |a: &Stage, b: &Stage| a.name == b.name;
        let part = |stages: &[Stage]| {
            let seconds: f64 = stages.iter().map(|stage| stage.seconds).sum();
            let peak = stages.iter().map(|stage| stage.peak).max().unwrap_or(0) / 1_048_576;
            format!("{} {:.0} ({peak} MB)", stages[0].name, seconds * 1e6 / self.cards as f64)
        };
        self.stages.chunk_by(alike).map(part).collect::<Vec<_>>().join(", ")
    }
}

impl Installation {
    /// With the messages on its topic, and the photos they name.
    pub fn new(services: &Services, messages: &[Vec<u8>]) -> Installation {
        let folder = tempfile::tempdir().expect("folder");
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
        let mut config = Config::in_folder(folder.path(), Some(runtime.block_on(services.database())));
        config.topics.applications = format!("bench.{}", rand::random::<u32>());
        let topics = format!("[topics]\napplications = '{}'\n", config.topics.applications);
        std::fs::write(folder.path().join("config.toml"), topics).expect("configuration");
        // The banks' days pass at once, and with them the days of most batches: this clock is believed.
        let policy = include_str!("../../schemas/policy.toml").replace("due_percent = 50", "due_percent = 100");
        assert!(policy.contains("due_percent = 100"), "the share of deadlines that may pass at once");
        std::fs::write(folder.path().join("policy.toml"), policy).expect("policy");
        let mut worker = runtime.block_on(Worker::open(config, FIRST_DAY)).expect("worker");
        worker.kafka = Some(Broker::at(&services.kafka));
        services.publish(&worker.config.topics.applications, messages);
        for (key, bytes) in applications::plan(&worker.reference, 0).album.files() {
            runtime.block_on(worker.objects.upload(key, bytes)).expect("photo");
        }
        Installation { runtime, worker, folder }
    }

    /// Takes all cards to the bureau's file. The bank's own days count for nobody.
    pub fn route(&self, workers: usize) -> Route {
        let mut world = World::new(&self.worker, Setting::demo(1, 1, 1)).expect("world");
        self.runtime.block_on(world.prepare(&self.worker)).expect("stock");
        let database = &self.worker.config.database.value;
        let before = self.runtime.block_on(used(database, true));
        let (evening, later) = (instant(day(3), 17, 30), instant(day(14), 17, 30));
        let mut stages = vec![
            self.tick("intake", instant(FIRST_DAY, 9, 0), workers),
            self.tick("accounts", evening, workers),
            self.tick("exchange", evening, 1),
        ];
        for n in 4..14 {
            world.morning(&self.worker, day(n)).expect("the banks' days");
        }
        stages.push(self.tick("accounts", later, workers));
        // The bureau takes so many a day.
        for evening in 14..60 {
            stages.push(self.tick("production", instant(day(evening), 17, 30), workers));
            if self.runtime.block_on(self.worker.ledger.waiting_production()).expect("queue").is_empty() {
                break;
            }
        }
        let mut cost = self.runtime.block_on(before.since(database));
        cost.workers = stages.iter().map(|stage| stage.processor).sum();
        Route { cards: self.at("in_production"), stages, cost }
    }

    fn at(&self, place: &str) -> u64 {
        let places = self.runtime.block_on(self.worker.ledger.cards_by_state()).expect("cards");
        places.get(place).copied().unwrap_or(0) as u64
    }

    /// So many workers until they have nothing to do in a stage.
    fn tick(&self, name: &'static str, at: Timestamp, workers: usize) -> Stage {
        let started = Instant::now();
        let ended: Vec<Ended> = std::thread::scope(|scope| {
            let worker = |n| scope.spawn(move || watched(&mut self.process(name, at, n)));
            let running: Vec<_> = (0..workers).map(worker).collect();
            running.into_iter().map(|worker| worker.join().expect("worker")).collect()
        });
        let seconds = started.elapsed().as_secs_f64();
        let peak = ended.iter().map(|worker| worker.peak).max().unwrap_or(0);
        Stage { name, seconds, peak, processor: ended.iter().map(|worker| worker.processor).sum() }
    }

    fn process(&self, stage: &str, at: Timestamp, worker: usize) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cardline"));
        command.args(["tick", stage, "--at", &at.to_string()]);
        command.env("CARDLINE_CONFIG", self.folder.path().join("config.toml"));
        command.env("CARDLINE_POLICY", self.folder.path().join("policy.toml"));
        command.env("CARDLINE_DATABASE", &self.worker.config.database.value);
        command.env("CARDLINE_DATA", &self.worker.config.data.value);
        command.env("CARDLINE_KAFKA", self.worker.kafka.as_ref().map_or("", Broker::servers));
        command.env("CARDLINE_WORKER", format!("worker-{worker}"));
        command
    }
}
