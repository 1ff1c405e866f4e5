//! Plays of the world for tests: a worker, its broker, and days one by one.

use std::sync::Arc;

use cardline::books::BooksReport;
use cardline::config::Config;
use cardline::exchange::Partners;
use cardline::kafka::{Broker, MockBroker, Reader};
use cardline::step::Worker;
use cardline::time::instant;
use cardline_world::setting::Setting;
use cardline_world::{World, play_day, worker_with_broker};
use jiff::civil::Date;

use crate::databases::Database;

/// A world around a worker on a database of its own.
pub struct Play {
    pub worker: Worker,
    pub world: World,
    broker: MockBroker,
    // Last, so that the connections are closed before the database is dropped.
    database: Database,
}

impl Play {
    /// A world before its first day.
    pub async fn new(database: Database, seed: u64, cards: u64, days: u32) -> Play {
        let config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
        Play::of(database, config, Setting::demo(seed, cards, days)).await
    }

    /// A world of a setting before its first day.
    pub async fn of(database: Database, config: Config, setting: Setting) -> Play {
        let (worker, broker) = worker_with_broker(config, setting.first_day).await.unwrap();
        let mut world = World::new(&worker, setting).unwrap();
        world.prepare(&worker).await.unwrap();
        Play { worker, world, broker, database }
    }

    /// A world whose partners have their folders elsewhere, and a worker that reaches them there by its own profiles.
    pub async fn abroad(database: Database, config: Config, setting: Setting, there: &std::path::Path) -> Play {
        let (worker, broker) = worker_with_broker(config, setting.first_day).await.unwrap();
        let mut partners = worker.on(worker.ledger.clone());
        partners.partners = Arc::new(Partners::of(None, there, setting.first_day).unwrap());
        partners.partners.make_folders();
        let mut world = World::new(&partners, setting).unwrap();
        world.prepare(&worker).await.unwrap();
        Play { worker, world, broker, database }
    }

    /// A world after all its days.
    pub async fn played(database: Database, seed: u64, cards: u64, days: u32) -> Play {
        let mut play = Play::new(database, seed, cards, days).await;
        for n in 0..days {
            play.day(n).await;
        }
        play
    }

    /// As [`Play::played`], from a copy of a database it was played in. Nobody plays on: the world and the
    /// broker know nothing of it.
    pub async fn copied(from: &Database, database: Database, seed: u64, cards: u64, days: u32) -> Play {
        database.become_copy_of(from).await;
        let config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
        let setting = Setting::demo(seed, cards, days);
        let (worker, broker) = worker_with_broker(config, setting.first_day).await.unwrap();
        let world = World::new(&worker, setting).unwrap();
        Play { worker, world, broker, database }
    }

    /// Closes the ledger and hands over the database.
    pub async fn into_database(self) -> Database {
        self.worker.ledger.close().await;
        self.database
    }

    pub async fn day(&mut self, n: u32) {
        let played = play_day(&mut self.world, &self.worker, n).await;
        played.unwrap_or_else(|e| panic!("on day {n} ({}): {e}", self.world.setting.day(n)));
    }

    /// The books on the evening of a day.
    pub async fn books(&self, n: u32, whole: bool) -> BooksReport {
        self.worker.ledger.books(instant(self.world.setting.day(n), 18, 0), whole, None).await.unwrap()
    }

    /// Every message of a topic.
    pub fn messages(&self, topic: &str) -> Vec<Vec<u8>> {
        tokio::task::block_in_place(|| {
            let mut reader = Reader::connect(&Broker::at(&self.broker.servers()), topic).unwrap();
            let mut at: Vec<(i64, i64)> = reader.partitions().unwrap().into_iter().map(|p| (p, 0)).collect();
            let mut found = Vec::new();
            while let Some(chunk) = reader.next_chunk(&at).unwrap() {
                at.iter_mut().filter(|(p, _)| *p == chunk.partition).for_each(|(_, next)| *next = chunk.next);
                found.extend(chunk.messages.into_iter().map(|message| message.bytes.to_vec()));
            }
            found
        })
    }

    /// The data folder.
    pub fn folder(&self) -> &std::path::Path {
        self.database.folder.path()
    }

    /// The database, for tests that take it away.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The worker is started again, as after a restore.
    pub async fn start_anew(&mut self) {
        self.start_on(self.world.setting.first_day).await;
    }

    /// The worker is started again, with the tables of a day.
    pub async fn start_on(&mut self, today: Date) {
        let config = self.worker.config.clone();
        let kafka = self.worker.kafka.clone();
        self.worker = Worker::open(config, today).await.unwrap();
        self.worker.kafka = kafka;
    }

    /// Another worker on the same ledger.
    pub async fn another(&self, name: &str, today: Date) -> Worker {
        let mut config = self.worker.config.clone();
        config.worker.value = Some(name.into());
        Worker::open(config, today).await.unwrap()
    }

    /// Closes the ledger and drops the database.
    pub async fn end(self) {
        self.worker.ledger.close().await;
        drop(self.database);
    }
}

/// What does not hold, in words.
pub fn broken(report: &BooksReport) -> Vec<String> {
    let laws = report.books.iter().filter(|law| !law.holds);
    laws.map(|law| format!("law {} ({}): {}", law.law, law.name, law.offending.join("; "))).collect()
}
