//! Kafka, in and out. Only this folder names rdkafka.
//!
//! Group membership is not used: the database's positions decide, so that what was read and what it
//! did are stored together. Offsets are never committed to the broker.

mod broker;
mod certificate;
mod chunk;
mod ends;
pub mod generations;
mod heard;
mod mock;
mod publisher;
mod reach;
mod reader;
mod retention;
mod topic;

pub use broker::Broker;
pub use chunk::{PartitionChunk, RawMessage};
pub use ends::{Ends, PartitionEnd, PartitionRange};
pub use mock::MockBroker;
pub use publisher::{Outgoing, Publisher};
pub use reader::Reader;
pub use retention::retention_hours;
pub use topic::DescribedTopic;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::config::secrets::SecretError;

/// What can go wrong with the broker.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    #[error("Kafka at {servers}: {source}; is it up?")]
    Kafka { servers: String, source: KafkaError },
    #[error("Kafka at {servers} cannot be reached ({why}); correct the address (CARDLINE_KAFKA), or start the broker")]
    Unreachable { servers: String, why: String },
    #[error("Kafka at {servers} does not let us in ({why}); correct [kafka_settings] of the configuration")]
    Refused { servers: String, why: String },
    #[error("[kafka_settings] of the configuration, {name}: {why}; correct it there")]
    Setting { name: String, why: String },
    #[error("[kafka_settings] of the configuration, {name}: {source}")]
    Secret { name: String, source: SecretError },
    #[error(
        "Kafka at {servers} has no topic {topic}, and nothing was ever read of it: correct its name under [topics] of the configuration, or create it"
    )]
    NoTopic { servers: String, topic: String },
    #[error(
        "Kafka at {servers} has no topic {topic} any more, and positions in it are stored: it was deleted, or this is another cluster. \
         Find out which before anything is made anew; messages that were not read are lost with it (ops/runbooks/topic-missing.md)"
    )]
    TopicGone { servers: String, topic: String },
    #[error(
        "Kafka at {servers} has no topic {topic}, so nothing can be told there: correct its name under [topics] of the configuration, or create it; what waits stays in the outbox"
    )]
    NoOutgoingTopic { servers: String, topic: String },
    #[error(
        "Kafka does not allow this user to {operation} the topic {topic}: have {operation} granted to it (an ACL of the topic)"
    )]
    NotAllowed { topic: String, operation: Operation },
    #[error(
        "{topic}, partition {partition}: the stored position {stored} is outside what the broker has ({low} to {high}); \
         messages were deleted before they were read. Nothing was skipped: look what is lost, and accept it with \
         a reason"
    )]
    OutOfRange { topic: String, partition: i64, stored: i64, low: i64, high: i64 },
    #[error("{topic} was made anew while it was read; what was read of it is dropped")]
    MadeAnew { topic: String },
    #[error("{topic}, partition {partition}: the broker has more messages but sent none for {seconds} s")]
    Silent { topic: String, partition: i64, seconds: u64 },
    #[error(
        "{count} messages were not taken by Kafka at {servers} ({why}); they stay in the outbox and are told again"
    )]
    NotTaken { servers: String, count: usize, why: String },
}

/// What we do with a topic, as the broker's permissions call it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    Read,
    Write,
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Operation::Read => "READ",
            Operation::Write => "WRITE",
        })
    }
}

impl BrokerError {
    /// An error of the library, met while a topic was read or written; `heard` is why a server let nobody in.
    fn of(
        broker: &Broker,
        topic: &str,
        operation: Operation,
        source: KafkaError,
        heard: Option<String>,
    ) -> BrokerError {
        let (servers, topic) = (broker.servers().to_owned(), topic.to_owned());
        match source.rdkafka_error_code() {
            Some(RDKafkaErrorCode::TopicAuthorizationFailed) => BrokerError::NotAllowed { topic, operation },
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                BrokerError::NoTopic { servers, topic }
            }
            _ => match heard {
                Some(why) => broker.refused(why),
                None => BrokerError::Kafka { servers, source },
            },
        }
    }

    /// The same for a topic whose positions are stored: it is not only missing.
    pub fn of_a_known_topic(self) -> BrokerError {
        match self {
            BrokerError::NoTopic { servers, topic } => BrokerError::TopicGone { servers, topic },
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_broker_refuses_is_told_by_topic_and_permission() {
        let of = |code| {
            BrokerError::of(
                &Broker::at("host:9092"),
                "card.events",
                Operation::Read,
                KafkaError::MessageConsumption(code),
                None,
            )
        };
        let told = of(RDKafkaErrorCode::TopicAuthorizationFailed).to_string();
        assert!(told.contains("READ the topic card.events"), "{told}");
        for code in [RDKafkaErrorCode::UnknownTopicOrPartition, RDKafkaErrorCode::UnknownTopic] {
            let missing = of(code);
            assert!(missing.to_string().contains("no topic card.events"), "{missing}");
            let gone = missing.of_a_known_topic().to_string();
            assert!(gone.contains("any more") && !gone.contains("create it"), "{gone}");
        }
        assert!(matches!(of(RDKafkaErrorCode::BrokerTransportFailure), BrokerError::Kafka { .. }));
    }
}
