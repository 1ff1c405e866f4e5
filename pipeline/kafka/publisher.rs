//! Messages out: nothing counts as published before the broker has it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};

use super::broker::Broker;
use super::heard::Heard;
use super::reach::reach;
use super::topic::describe;
use super::{BrokerError, Operation};
use crate::crash::{self, DurableAct};
use crate::limits::BROKER_SILENCE_SECONDS;

/// How long a look for the broker's word waits for the next one.
const DELIVERY_PAUSE: Duration = Duration::from_micros(500);

/// One message to publish.
pub struct Outgoing {
    pub topic: String,
    pub key: String,
    pub payload: Vec<u8>,
}

/// How many messages the broker did not take, and of the last of them the topic and why not.
type NotTaken = (usize, Option<(String, KafkaError)>);

#[derive(Clone, Default)]
struct Deliveries {
    failed: Arc<Mutex<NotTaken>>,
    heard: Heard,
}

impl Deliveries {
    fn taken(&self) -> NotTaken {
        std::mem::take(&mut self.failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl ClientContext for Deliveries {
    fn error(&self, error: KafkaError, reason: &str) {
        self.heard.error(error, reason);
    }

    fn log(&self, level: RDKafkaLogLevel, of: &str, line: &str) {
        self.heard.log(level, of, line);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();
    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, message)) = result {
            let mut failed = self.failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *failed = (failed.0 + 1, Some((message.topic().to_owned(), error.clone())));
        }
    }
}

/// A producer whose `publish` returns when every message is stored by the broker.
pub struct Publisher {
    broker: Broker,
    producer: BaseProducer<Deliveries>,
    deliveries: Deliveries,
    /// Topics that were there, and that we may write.
    known: Mutex<BTreeSet<String>>,
}

impl Publisher {
    /// Connects to the broker.
    pub fn connect(broker: &Broker) -> Result<Publisher, BrokerError> {
        reach(broker.servers())?;
        let deliveries = Deliveries::default();
        let mut client = broker.client()?;
        client.set("acks", "all").set("enable.idempotence", "true");
        Broker::tune(&mut client, "linger.ms", "1");
        Broker::tune(&mut client, "queue.buffering.max.messages", "200000");
        let producer = client.create_with_context(deliveries.clone()).map_err(|source| broker.unmade(source))?;
        Ok(Publisher { broker: broker.clone(), producer, deliveries, known: Mutex::default() })
    }

    /// Publishes all messages in order per key, and waits until the broker has them. Blocks. After an
    /// error some may have been taken and others still be under way: drop it, and connect again.
    pub fn publish(&self, messages: &[Outgoing]) -> Result<(), BrokerError> {
        self.deliveries.taken();
        for topic in messages.iter().map(|message| message.topic.as_str()) {
            self.check(topic)?;
        }
        crash::before(DurableAct::Publish);
        for message in messages {
            self.enqueue(message)?;
        }
        self.wait()?;
        crash::after(DurableAct::Publish);
        match self.deliveries.taken() {
            (0, _) => Ok(()),
            (count, why) => Err(self.not_taken(count, why)),
        }
    }

    /// A topic that is not there, or that we may not write, is reported by name before anything is handed over:
    /// the library would wait for it.
    fn check(&self, topic: &str) -> Result<(), BrokerError> {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.contains(topic) {
            return Ok(());
        }
        // What was heard before is no answer to this.
        self.deliveries.heard.taken();
        let found = describe(self.producer.client(), topic, || self.is_refused())
            .map_err(|source| self.failed(topic, source))?;
        match found {
            None => {
                Err(BrokerError::NoOutgoingTopic { servers: self.broker.servers().to_owned(), topic: topic.into() })
            }
            Some(found) if !found.may_write => {
                Err(BrokerError::NotAllowed { topic: topic.into(), operation: Operation::Write })
            }
            Some(_) => {
                known.insert(topic.into());
                Ok(())
            }
        }
    }

    fn is_refused(&self) -> bool {
        self.producer.poll(Duration::ZERO);
        self.deliveries.heard.is_refused()
    }

    fn failed(&self, topic: &str, source: KafkaError) -> BrokerError {
        match BrokerError::of(&self.broker, topic, Operation::Write, source, self.deliveries.heard.taken()) {
            BrokerError::NoTopic { servers, topic } => BrokerError::NoOutgoingTopic { servers, topic },
            other => other,
        }
    }

    fn not_taken(&self, count: usize, why: Option<(String, KafkaError)>) -> BrokerError {
        let servers = self.broker.servers().to_owned();
        let Some((topic, error)) = why else {
            return BrokerError::NotTaken { servers, count, why: format!("no answer for {BROKER_SILENCE_SECONDS} s") };
        };
        match self.failed(&topic, error) {
            BrokerError::Kafka { source, .. } => {
                BrokerError::NotTaken { servers, count, why: format!("{topic}: {source}") }
            }
            named => named,
        }
    }

    /// Waits for the broker's word on every message. The library's own flush looks only every 100 ms.
    fn wait(&self) -> Result<(), BrokerError> {
        let deadline = Instant::now() + Duration::from_secs(BROKER_SILENCE_SECONDS);
        while self.producer.in_flight_count() > 0 {
            if Instant::now() > deadline {
                let count = self.producer.in_flight_count().max(0) as usize;
                return Err(self.not_taken(count, self.deliveries.taken().1));
            }
            // Less than a whole millisecond of waiting is none to the library: it would spin.
            let before = self.producer.in_flight_count();
            self.producer.poll(Duration::ZERO);
            if self.producer.in_flight_count() == before {
                std::thread::sleep(DELIVERY_PAUSE);
            }
        }
        Ok(())
    }

    fn enqueue(&self, message: &Outgoing) -> Result<(), BrokerError> {
        let deadline = Instant::now() + Duration::from_secs(BROKER_SILENCE_SECONDS);
        let mut record = BaseRecord::to(&message.topic).key(&message.key).payload(&message.payload);
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again)) => {
                    if Instant::now() > deadline {
                        let count = self.producer.in_flight_count().max(0) as usize;
                        return Err(self.not_taken(count, self.deliveries.taken().1));
                    }
                    record = again;
                    self.producer.poll(Duration::from_millis(50));
                }
                Err((source, _)) => return Err(self.failed(&message.topic, source)),
            }
        }
    }
}
