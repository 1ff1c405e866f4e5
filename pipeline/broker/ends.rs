//! Where partitions end, asked on a connection of its own, so that no reading waits for it.

use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

use super::BrokerError;
use crate::limits::BROKER_SILENCE_SECONDS;

/// The first and the end offset of a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionEnd {
    pub partition: i64,
    pub first: i64,
    pub end: i64,
}

/// Asks a broker about its topics. Everything here blocks.
pub struct Ends {
    servers: String,
    asker: BaseConsumer,
}

impl Ends {
    /// Connects; nothing is read.
    pub fn connect(servers: &str) -> Result<Ends, BrokerError> {
        let asker = ClientConfig::new()
            .set("bootstrap.servers", servers)
            // Required by the library; no group is joined.
            .set("group.id", "cardline")
            .create()
            .map_err(|source| BrokerError::Kafka { servers: servers.into(), source })?;
        Ok(Ends { servers: servers.into(), asker })
    }

    /// First and end of each partition of a topic; none if the broker does not have it.
    pub fn of(&self, topic: &str) -> Result<Vec<PartitionEnd>, BrokerError> {
        let patience = Duration::from_secs(BROKER_SILENCE_SECONDS);
        let failed = |source| BrokerError::Kafka { servers: self.servers.clone(), source };
        let metadata = self.asker.fetch_metadata(Some(topic), patience).map_err(failed)?;
        let Some(found) = metadata.topics().iter().find(|t| t.name() == topic && t.error().is_none()) else {
            return Ok(Vec::new());
        };
        let mut ends = Vec::new();
        for partition in found.partitions() {
            let (first, end) = self.asker.fetch_watermarks(topic, partition.id(), patience).map_err(failed)?;
            ends.push(PartitionEnd { partition: i64::from(partition.id()), first, end });
        }
        ends.sort_unstable_by_key(|end| end.partition);
        Ok(ends)
    }
}
