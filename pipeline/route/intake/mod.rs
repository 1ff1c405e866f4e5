//! Intake: approved applications, from Kafka or from a file, by one path.

pub mod ahead;
pub mod check;
mod chunks;
pub mod from_file;
pub mod from_kafka;
pub mod gaps;
pub mod lines;
pub mod positions;
pub mod rehearsal;
pub mod rehearse;
pub mod rule_texts;
pub mod settle;
pub mod withdrawals;

pub use check::check_messages;
pub use chunks::ClaimedChunk;
pub use from_file::from_file;
pub use from_kafka::FromKafka;
pub(crate) use from_kafka::{count, source_of};
pub use gaps::Gaps;
pub use lines::{BYTE_ORDER_MARK, Lines};
pub use rehearse::{rehearse_file, rehearse_topic};
