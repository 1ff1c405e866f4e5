//! Intake: approved applications, from Kafka or from a file, by one path.

mod ahead;
mod check;
mod from_file;
mod from_kafka;
mod gaps;
mod lines;
mod rehearse;

pub(in crate::stages) use ahead::CheckedAhead;
pub use check::check_messages;
pub use from_file::from_file;
pub use from_kafka::ClaimedChunk;
pub use from_kafka::FromKafka;
pub(in crate::stages) use from_kafka::{count, source_of};
pub use gaps::Gaps;
pub use lines::{BYTE_ORDER_MARK, Lines};
pub use rehearse::{rehearse_file, rehearse_topic};
