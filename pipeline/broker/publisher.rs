//! Messages out: nothing counts as told before the broker has it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};

use super::BrokerError;
use crate::crash::{self, Act};
use crate::limits::BROKER_SILENCE_SECONDS;

/// One message to publish.
pub struct Outgoing {
    pub topic: String,
    pub key: String,
    pub payload: Vec<u8>,
}

/// How many messages the broker did not take, and why not the last of them.
#[derive(Clone, Default)]
struct Deliveries {
    failed: Arc<Mutex<(usize, Option<KafkaError>)>>,
}

impl Deliveries {
    fn taken(&self) -> (usize, Option<KafkaError>) {
        std::mem::take(&mut self.failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();
    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            let mut failed = self.failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *failed = (failed.0 + 1, Some(error.clone()));
        }
    }
}

/// A producer whose `publish` returns when every message is stored by the broker.
pub struct Publisher {
    servers: String,
    producer: BaseProducer<Deliveries>,
    deliveries: Deliveries,
}

impl Publisher {
    /// Connects to the broker.
    pub fn connect(servers: &str) -> Result<Publisher, BrokerError> {
        let deliveries = Deliveries::default();
        let producer = ClientConfig::new()
            .set("bootstrap.servers", servers)
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("linger.ms", "1")
            .set("queue.buffering.max.messages", "200000")
            .create_with_context(deliveries.clone())
            .map_err(|source| BrokerError::Kafka { servers: servers.into(), source })?;
        Ok(Publisher { servers: servers.into(), producer, deliveries })
    }

    /// Publishes all messages in order per key, and waits until the broker has them. Blocks. After an
    /// error some may have been taken and others still be under way: drop it, and connect anew.
    pub fn publish(&self, messages: &[Outgoing]) -> Result<(), BrokerError> {
        self.deliveries.taken();
        crash::before(Act::Publish);
        for message in messages {
            self.enqueue(message)?;
        }
        self.wait()?;
        crash::after(Act::Publish);
        match self.deliveries.taken() {
            (0, _) => Ok(()),
            (count, why) => Err(self.not_taken(count, why)),
        }
    }

    fn not_taken(&self, count: usize, why: Option<KafkaError>) -> BrokerError {
        let why = why.map_or_else(|| format!("no answer for {BROKER_SILENCE_SECONDS} s"), |error| error.to_string());
        BrokerError::NotTaken { servers: self.servers.clone(), count, why }
    }

    /// Waits for the broker's word on every message. The library's own flush looks only every 100 ms.
    fn wait(&self) -> Result<(), BrokerError> {
        let deadline = Instant::now() + Duration::from_secs(BROKER_SILENCE_SECONDS);
        while self.producer.in_flight_count() > 0 {
            if Instant::now() > deadline {
                let count = self.producer.in_flight_count().max(0) as usize;
                return Err(self.not_taken(count, self.deliveries.taken().1));
            }
            self.producer.poll(Duration::from_millis(1));
        }
        Ok(())
    }

    fn enqueue(&self, message: &Outgoing) -> Result<(), BrokerError> {
        let mut record = BaseRecord::to(&message.topic).key(&message.key).payload(&message.payload);
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) => {
                    record = again;
                    self.producer.poll(Duration::from_millis(50));
                }
                Err((source, _)) => {
                    return Err(BrokerError::Kafka { servers: self.servers.clone(), source });
                }
            }
        }
    }
}
