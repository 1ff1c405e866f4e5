//! The PostgreSQL and the Kafka for tests.

use cardline::kafka::{Broker, Outgoing, Publisher};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Messages of one publication.
const WINDOW: usize = 5_000;

/// Where they answer.
pub struct Services {
    pub kafka: String,
    pub postgres: String,
}

impl Services {
    /// As `ops/services up` names them; none when it does not run.
    pub fn of_tests() -> Option<Services> {
        let variable = |name| std::env::var(name).ok();
        Some(Services { kafka: variable("CARDLINE_TEST_KAFKA")?, postgres: variable("CARDLINE_TEST_POSTGRES")? })
    }

    /// A new, empty database; returns its address.
    pub async fn database(&self) -> String {
        let name = format!("bench_{}_{}", std::process::id(), rand::random::<u32>());
        let mut admin = PgConnection::connect(&self.postgres).await.expect("PostgreSQL");
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.expect("database");
        sqlx::query("CHECKPOINT").execute(&mut admin).await.expect("checkpoint");
        let server = self.postgres.rsplit_once('/').map_or(&*self.postgres, |(server, _)| server);
        format!("{server}/{name}")
    }

    /// Makes a topic of four partitions, and publishes applications to it.
    pub fn publish(&self, topic: &str, messages: &[Vec<u8>]) {
        let admin: AdminClient<_> = ClientConfig::new().set("bootstrap.servers", &self.kafka).create().expect("Kafka");
        let new = [NewTopic::new(topic, 4, TopicReplication::Fixed(1))];
        let options = AdminOptions::new();
        tokio::runtime::Runtime::new().expect("runtime").block_on(admin.create_topics(&new, &options)).expect("topic");
        let publisher = Publisher::connect(&Broker::at(&self.kafka)).expect("Kafka");
        let outgoing = |message: &Vec<u8>| Outgoing {
            topic: topic.to_owned(),
            key: text(message, "application_id"),
            payload: message.clone(),
        };
        for messages in messages.chunks(WINDOW) {
            publisher.publish(&messages.iter().map(outgoing).collect::<Vec<_>>()).expect("published");
        }
    }
}

/// The text at a path of a message, such as `holder/id_number`.
pub fn text(message: &[u8], path: &str) -> String {
    let value: Value = serde_json::from_slice(message).expect("JSON");
    value.pointer(&format!("/{path}")).and_then(Value::as_str).unwrap_or_default().to_owned()
}
