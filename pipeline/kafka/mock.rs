//! The in-process broker of the demo and the tests (librdkafka's mock cluster).
//!
//! It keeps at most 5 MiB a partition and silently drops older messages, so producers stay within a
//! window of what is stored. Nothing persists.

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

use super::BrokerError;

/// A broker inside this process; other processes on this machine may use its address.
pub struct MockBroker {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl MockBroker {
    /// Starts a broker with the given topics of some partitions each.
    pub fn start(topics: &[&str], partitions: i32) -> Result<MockBroker, BrokerError> {
        let failed = |source| BrokerError::Kafka { servers: "mock".into(), source };
        let cluster = MockCluster::new(1).map_err(failed)?;
        for topic in topics {
            cluster.create_topic(topic, partitions, 1).map_err(failed)?;
        }
        Ok(MockBroker { cluster })
    }

    /// Its bootstrap servers.
    pub fn servers(&self) -> String {
        self.cluster.bootstrap_servers()
    }
}
