//! Intake: approved applications, from Kafka or from a file, by one path.

mod check;
mod from_file;
mod from_kafka;
mod gaps;

pub use check::check_messages;
pub use from_file::{FileOutcome, Lines, from_file};
pub use from_kafka::FromKafka;
pub use gaps::Gaps;
