//! On a real Apache Kafka: what may go wrong there, and what must happen (ops/faults.md, rows 16 to 30).
//!
//! Every test has topics of its own. `ops/test` starts a broker, and without one these tests fail, they
//! never skip.

mod ahead;
mod encrypted;
mod outages;
mod outgoing;
mod positions;
mod repeats;
mod topics;
mod unreadable;
mod workers;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cardline::args;
use cardline::config::{Config, Topics};
use cardline::kafka::BrokerError;
use cardline::reference::tables::built_in_reference;
use cardline::route::intake::{FromKafka, Gaps};
use cardline::step::{StageError, Worker};
use cardline::store::Ledger;
use cardline_world::generate::applications::Generated;
use cardline_world::generate::plan::Plan;
use cardline_world::generate::writing::{Stretch, application_of};
use cardline_world::play::FIRST_DAY;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::conformance::arrivals::now;
use crate::databases::Database;
use crate::plays::broken;
use crate::steps::drain;

static MADE: AtomicU32 = AtomicU32::new(0);
const PATIENCE: Duration = Duration::from_secs(30);

/// The broker of the tests.
fn servers() -> String {
    std::env::var("CARDLINE_TEST_KAFKA").unwrap_or_else(|_| {
        panic!(
            "CARDLINE_TEST_KAFKA is not set: these tests need Apache Kafka. Run them through `ops/test`, which \
             starts one, or start one with `ops/services up` and set the variable to the address it prints"
        )
    })
}

/// Topics of a test's own on a broker, and what a test does to them.
struct Broker {
    servers: String,
    topics: Topics,
    admin: AdminClient<DefaultClientContext>,
}

type Sender = ThreadedProducer<DefaultProducerContext>;

/// A message as a consumer outside sees it.
struct Heard {
    partition: i32,
    offset: i64,
    key: String,
    bytes: Vec<u8>,
}

impl Broker {
    /// Six new topics on the broker of the tests.
    async fn new(partitions: i32) -> Broker {
        Broker::at(servers(), partitions).await
    }

    async fn at(servers: String, partitions: i32) -> Broker {
        let mark = format!("{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let named = |name: &str| format!("suite-{mark}.{name}");
        let topics = Topics {
            applications: named("applications"),
            events: named("events"),
            outcomes: named("outcomes"),
            notices: named("notices"),
            ecards: named("ecards"),
            dead_letters: named("dead-letters"),
        };
        let mut settings = ClientConfig::new();
        settings.set("bootstrap.servers", &servers);
        let admin = settings.create().unwrap();
        let broker = Broker { servers, admin, topics };
        for topic in broker.all_topics() {
            broker.create(&topic, partitions).await;
        }
        broker
    }

    fn all_topics(&self) -> [String; 6] {
        let t = self.topics.clone();
        [t.applications, t.events, t.outcomes, t.notices, t.ecards, t.dead_letters]
    }

    async fn create(&self, topic: &str, partitions: i32) {
        let large = NewTopic::new(topic, partitions, TopicReplication::Fixed(1)).set("max.message.bytes", "50000000");
        let made = self.admin.create_topics([&large], &AdminOptions::new().operation_timeout(Some(PATIENCE))).await;
        made.unwrap_or_else(|e| panic!("no Kafka at {}: {e}; `ops/services up` starts one", self.servers))[0]
            .as_ref()
            .unwrap();
    }

    async fn delete(&self, topic: &str) {
        let deleted = self.admin.delete_topics(&[topic], &AdminOptions::new().operation_timeout(Some(PATIENCE))).await;
        deleted.unwrap()[0].as_ref().unwrap();
        // A broker that gets no time tells of the topic a while longer, and takes what is sent to it.
        let until = Instant::now() + PATIENCE;
        let is_there = || {
            let known = self.admin.inner().fetch_metadata(None, PATIENCE).unwrap();
            known.topics().iter().any(|one| one.name() == topic)
        };
        while tokio::task::block_in_place(is_there) {
            assert!(Instant::now() < until, "{topic} is still there");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Deletes every message of a partition before an offset, as retention does.
    async fn delete_before(&self, topic: &str, partition: i32, offset: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(offset)).unwrap();
        self.admin.delete_records(&list, &AdminOptions::new()).await.unwrap();
    }

    async fn grow(&self, topic: &str, partitions: usize) {
        let more = NewPartitions::new(topic, partitions);
        self.admin.create_partitions([&more], &AdminOptions::new().operation_timeout(Some(PATIENCE))).await.unwrap()[0]
            .as_ref()
            .unwrap();
    }

    /// A producer that knows the topics as they are now.
    fn sender(&self, transactional: Option<&str>) -> Sender {
        let mut settings = ClientConfig::new();
        settings.set("bootstrap.servers", &self.servers).set("linger.ms", "1").set("message.max.bytes", "50000000");
        settings.set("enable.idempotence", "true");
        if let Some(id) = transactional {
            settings.set("transactional.id", id);
        }
        settings.create().unwrap()
    }

    /// Sends and waits until the broker has all of them. Keys spread them over the partitions.
    fn send(&self, topic: &str, messages: &[(String, Vec<u8>)]) {
        queue(&self.sender(None), topic, messages);
    }

    fn send_applications(&self, applications: &[Generated]) {
        self.send(&self.topics.applications, &keyed(applications));
    }

    /// Everything on a topic, as any consumer reads it.
    fn heard(&self, topic: &str) -> Vec<Heard> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.servers)
            .set("group.id", "suite")
            .set("isolation.level", "read_committed")
            .create()
            .unwrap();
        let (mut list, mut missing) = (TopicPartitionList::new(), BTreeMap::new());
        let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).unwrap();
        for partition in metadata.topics()[0].partitions() {
            let (low, high) = consumer.fetch_watermarks(topic, partition.id(), PATIENCE).unwrap();
            list.add_partition_offset(topic, partition.id(), Offset::Offset(low)).unwrap();
            missing.insert(partition.id(), high - low);
        }
        consumer.assign(&list).unwrap();
        let mut heard = Vec::new();
        while missing.values().any(|count| *count > 0) {
            let message = consumer.poll(PATIENCE).expect("a message that the broker has").unwrap();
            *missing.get_mut(&message.partition()).unwrap() -= 1;
            heard.push(Heard {
                partition: message.partition(),
                offset: message.offset(),
                key: String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned(),
                bytes: message.payload().unwrap_or_default().to_vec(),
            });
        }
        heard
    }

    /// A worker on this broker and a database.
    async fn worker(&self, database: &Database, name: &str) -> Worker {
        let mut config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
        config.kafka.value = self.servers.clone();
        config.worker.value = Some(name.into());
        config.topics = self.topics.clone();
        Worker::open(config, FIRST_DAY).await.unwrap()
    }

    /// A configuration file with these topics, in the database's folder.
    fn config_file(&self, database: &Database) -> PathBuf {
        let t = &self.topics;
        let path = database.folder.path().join("cardline.toml");
        let text = format!(
            "[topics]\napplications = '{}'\nevents = '{}'\noutcomes = '{}'\nnotices = '{}'\necards = '{}'\ndead_letters = '{}'\n",
            t.applications, t.events, t.outcomes, t.notices, t.ecards, t.dead_letters
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The real program on this broker and a database.
    fn program(&self, database: &Database, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cardline"));
        command
            .args(words)
            .env("CARDLINE_CONFIG", self.config_file(database))
            .env("CARDLINE_DATABASE", &database.url)
            .env("CARDLINE_DATA", database.folder.path())
            .env("CARDLINE_KAFKA", &self.servers);
        command
    }

    /// Runs one command to its end.
    fn cardline(&self, database: &Database, words: &[&str]) -> Output {
        self.program(database, words).output().unwrap()
    }

    /// Deletes the topics; a test that fails leaves them to the end of the broker.
    async fn end(self) {
        for topic in self.all_topics() {
            self.delete(&topic).await;
        }
    }
}

/// Hands messages over and waits until the broker has taken them.
fn queue(sender: &Sender, topic: &str, messages: &[(String, Vec<u8>)]) {
    for (key, bytes) in messages {
        sender.send(BaseRecord::to(topic).key(key).payload(bytes)).map_err(|(e, _)| e).unwrap();
    }
    sender.flush(PATIENCE).unwrap();
}

/// Clean applications, each of another person.
fn applications(first: u64, count: u64) -> Vec<Generated> {
    let regions = ["110101".to_owned()];
    let plan = Plan::new(7, 0, &regions, FIRST_DAY, &built_in_reference().unwrap(), 4).unwrap();
    let stretch = Stretch { first, count, days: &[FIRST_DAY], following_percent: 0 };
    (0..count).filter_map(|n| application_of(&plan, &stretch, n)).collect()
}

fn keyed(applications: &[Generated]) -> Vec<(String, Vec<u8>)> {
    applications.iter().map(|a| (a.application_id.clone(), a.json.clone().into_bytes())).collect()
}

/// The same application with some members set.
fn changed(application: &Generated, members: &[(&str, serde_json::Value)]) -> (String, Vec<u8>) {
    let mut json: serde_json::Value = serde_json::from_str(&application.json).unwrap();
    for (pointer, value) in members {
        *json.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value.clone();
    }
    (application.application_id.clone(), json.to_string().into_bytes())
}

/// Takes in everything that is there, and whatever stopped waiting for it. A broker that stands still with a busy
/// machine is asked again, as a worker asks.
async fn take_in(worker: &Worker) -> Result<(), StageError> {
    let began = Instant::now();
    loop {
        let taken = async {
            drain(&FromKafka, worker, now()).await?;
            drain(&Gaps, worker, now()).await
        };
        match taken.await {
            Err(StageError::Broker(BrokerError::Silent { .. } | BrokerError::Kafka { .. }))
                if began.elapsed() < 2 * PATIENCE => {}
            ended => return ended.map(|_| ()),
        }
    }
}

/// What the ledger believes, without what is encrypted: encryption draws a nonce.
async fn state(ledger: &Ledger) -> Vec<String> {
    let mut tx = ledger.read().await.unwrap();
    let messages = tx
        .rows::<(i64, Option<String>, Option<String>, Vec<u8>, String)>(
            "SELECT id, event_id, application_id, digest, outcome FROM message ORDER BY id",
            args![],
        )
        .await
        .unwrap();
    let moves = tx
        .rows::<(i64, String, i64, String, String, i64)>(
            "SELECT seq, life, subject, from_state, to_state, count FROM move WHERE life <> 'case' ORDER BY seq",
            args![],
        )
        .await
        .unwrap();
    let applications = tx
        .rows::<(i64, String, i64, String, Option<String>)>(
            "SELECT id, application_id, revision, state, place FROM application ORDER BY id",
            args![],
        )
        .await
        .unwrap();
    let shown = messages.iter().map(|m| format!("{m:?}"));
    shown.chain(moves.iter().map(|m| format!("{m:?}"))).chain(applications.iter().map(|a| format!("{a:?}"))).collect()
}

async fn books_hold(worker: &Worker) {
    assert_eq!(broken(&worker.ledger.books(now(), true, None).await.unwrap()), Vec::<String>::new());
}

/// How the messages of the applications' topic divided, over everything.
async fn counts(worker: &Worker) -> cardline::route::intake::settle::IntakeCounts {
    worker.ledger.intake_counts(&worker.config.topics.applications).await.unwrap()
}
