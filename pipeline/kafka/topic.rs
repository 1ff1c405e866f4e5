//! Which topic it is. A topic that was deleted and recreated has its old name and other offsets, so
//! positions belong to the topic's id on its cluster, and both are asked for with the partitions.
//!
//! The library has no safe call for a topic's id; what is unsafe about that is here.

use std::ffi::{CStr, CString};
use std::time::Duration;

use rdkafka::bindings as library;
use rdkafka::client::{Client, ClientContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::limits::BROKER_SILENCE_SECONDS;
use crate::store::topic_identity::TopicIdentity;

/// A topic as the broker has it now.
pub struct DescribedTopic {
    pub identity: TopicIdentity,
    /// In order.
    pub partitions: Vec<i64>,
    /// Whether the broker lets us; also where it does not say.
    pub may_read: bool,
    pub may_write: bool,
}

/// What the library allocated, given back at the end.
struct Owned<T>(*mut T, unsafe extern "C" fn(*mut T));

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the pointer came from the library, is freed here alone, by the function made for it.
            unsafe { (self.1)(self.0) }
        }
    }
}

/// How long it takes to be let in; nothing is waited for once it is known that we are not.
const LETS_IN: Duration = Duration::from_secs(1);

/// Asks the broker; `None` when it does not have the topic. `is_refused` looks whether it lets us in at all. Blocks.
pub(super) fn describe<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    is_refused: impl Fn() -> bool,
) -> Result<Option<DescribedTopic>, KafkaError> {
    let patience = Duration::from_secs(BROKER_SILENCE_SECONDS);
    // Any broker knows; the library would look for the controller, which the mock broker does not have.
    let metadata = match client.fetch_metadata(Some(topic), LETS_IN) {
        Err(_) if !is_refused() => client.fetch_metadata(Some(topic), patience),
        first => first,
    }?;
    let Some(broker) = metadata.brokers().first().map(|broker| broker.id()) else {
        return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::BrokerNotAvailable));
    };
    let Some(Answer { id, partitions, may_read, may_write }) = ask(client, topic, broker, patience)? else {
        return Ok(None);
    };
    let cluster = client.fetch_cluster_id(patience).unwrap_or_default();
    Ok(Some(DescribedTopic { identity: TopicIdentity { cluster, id }, partitions, may_read, may_write }))
}

/// What the broker answers of one topic.
struct Answer {
    id: String,
    partitions: Vec<i64>,
    may_read: bool,
    may_write: bool,
}

fn ask<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    broker: i32,
    patience: Duration,
) -> Result<Option<Answer>, KafkaError> {
    let Ok(name) = CString::new(topic) else {
        return Ok(None);
    };
    let mut names = [name.as_ptr()];
    let milliseconds = patience.as_millis() as i32;
    // SAFETY: the client outlives this call; what is allocated is owned until its end; `names` is read
    // before the first call returns; what the event lends is copied before the event is given back.
    unsafe {
        let handle = client.native_ptr();
        let topics = Owned(
            library::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len()),
            library::rd_kafka_TopicCollection_destroy,
        );
        let options = Owned(
            library::rd_kafka_AdminOptions_new(handle, library::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS),
            library::rd_kafka_AdminOptions_destroy,
        );
        // Neither fails for what is given here; there is nothing to report.
        library::rd_kafka_AdminOptions_set_request_timeout(options.0, milliseconds, std::ptr::null_mut(), 0);
        library::rd_kafka_AdminOptions_set_broker(options.0, broker, std::ptr::null_mut(), 0);
        library::rd_kafka_AdminOptions_set_include_authorized_operations(options.0, 1);
        let queue = Owned(library::rd_kafka_queue_new(handle), library::rd_kafka_queue_destroy);
        library::rd_kafka_DescribeTopics(handle, topics.0, options.0, queue.0);
        let event = Owned(library::rd_kafka_queue_poll(queue.0, milliseconds + 1_000), library::rd_kafka_event_destroy);
        if event.0.is_null() {
            return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut));
        }
        failed(library::rd_kafka_event_error(event.0).into())?;
        read(library::rd_kafka_event_DescribeTopics_result(event.0))
    }
}

/// The one topic of an answer.
///
/// # Safety
/// `result` is null or lent by an event that lives.
unsafe fn read(result: *const library::rd_kafka_DescribeTopics_result_t) -> Result<Option<Answer>, KafkaError> {
    let nothing = Err(KafkaError::MetadataFetch(RDKafkaErrorCode::BadMessage));
    if result.is_null() {
        return nothing;
    }
    // SAFETY: `result` lives, and what is read of it is lent by it; counts are the library's own.
    unsafe {
        let mut count = 0;
        let topics = library::rd_kafka_DescribeTopics_result_topics(result, &mut count);
        if count != 1 || topics.is_null() {
            return nothing;
        }
        let topic = *topics;
        let error: RDKafkaErrorCode = match library::rd_kafka_TopicDescription_error(topic) {
            error if error.is_null() => RDKafkaErrorCode::NoError,
            error => library::rd_kafka_error_code(error).into(),
        };
        if error == RDKafkaErrorCode::UnknownTopicOrPartition {
            return Ok(None);
        }
        failed(error)?;
        let id = library::rd_kafka_Uuid_base64str(library::rd_kafka_TopicDescription_topic_id(topic));
        if id.is_null() {
            return nothing;
        }
        let id = CStr::from_ptr(id).to_string_lossy().into_owned();
        let mut count = 0;
        let infos = library::rd_kafka_TopicDescription_partitions(topic, &mut count);
        let mut partitions: Vec<i64> =
            (0..count).map(|at| i64::from(library::rd_kafka_TopicPartitionInfo_partition(*infos.add(at)))).collect();
        partitions.sort_unstable();
        let mut count = 0;
        let allowed = library::rd_kafka_TopicDescription_authorized_operations(topic, &mut count);
        // A broker that does not say gives nothing, not an empty list.
        let may = |wanted| allowed.is_null() || (0..count).any(|at| *allowed.add(at) == wanted);
        let may_read = may(library::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_READ);
        let may_write = may(library::rd_kafka_AclOperation_t::RD_KAFKA_ACL_OPERATION_WRITE);
        Ok(Some(Answer { id, partitions, may_read, may_write }))
    }
}

fn failed(code: RDKafkaErrorCode) -> Result<(), KafkaError> {
    if code == RDKafkaErrorCode::NoError { Ok(()) } else { Err(KafkaError::MetadataFetch(code)) }
}
