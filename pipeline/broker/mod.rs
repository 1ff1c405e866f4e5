//! Kafka, in and out. Only this folder names rdkafka.
//!
//! Group membership is not used: the database's positions decide, so that what was read and what it
//! did are stored together. Offsets are never committed to the broker.

mod ends;
mod mock;
mod publisher;
mod reader;
mod retention;
mod topic;

pub use ends::{Ends, PartitionEnd};
pub use mock::MockBroker;
pub use publisher::{Outgoing, Publisher};
pub use reader::{PartitionChunk, PartitionRange, RawMessage, Reader};
pub use retention::retention_hours;
pub use topic::DescribedTopic;

/// What can go wrong with the broker.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    #[error("Kafka at {servers}: {source}; is it up? (`cardline doctor`)")]
    Kafka { servers: String, source: rdkafka::error::KafkaError },
    #[error(
        "{topic}, partition {partition}: the stored position {stored} is outside what the broker has ({low} to {high}); \
         messages were deleted before they were read. Nothing was skipped: look with `cardline topic list`, then \
         `cardline topic accept {topic} --reason TEXT --as USER`"
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
