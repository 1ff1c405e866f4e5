//! What is read of a topic: messages as they came, in bounded runs of one partition.

use bytes::Bytes;
use cardline_core::domain::limits::MAX_MESSAGE_BYTES;
use sha2::{Digest, Sha256};

use crate::store::topic_identity::TopicIdentity;

/// One message as it came. A copy shares its bytes.
#[derive(Clone)]
pub struct RawMessage {
    pub position: i64,
    pub bytes: Bytes,
    /// Of one that is too long only the beginning is kept, one byte more than is allowed, and the
    /// digest of the whole.
    whole: Option<[u8; 32]>,
}

impl RawMessage {
    /// A message in its whole length.
    pub fn new(position: i64, bytes: Bytes) -> RawMessage {
        RawMessage { position, bytes, whole: None }
    }

    /// The same, of any length; what is too long is cut before it is copied.
    pub(super) fn copied(position: i64, bytes: &[u8]) -> RawMessage {
        match bytes.get(..=MAX_MESSAGE_BYTES) {
            None => RawMessage::new(position, Bytes::copy_from_slice(bytes)),
            Some(beginning) => RawMessage {
                position,
                bytes: Bytes::copy_from_slice(beginning),
                whole: Some(Sha256::digest(bytes).into()),
            },
        }
    }

    /// SHA-256 of all its bytes.
    pub fn digest(&self) -> Vec<u8> {
        self.whole.map_or_else(|| Sha256::digest(&self.bytes).to_vec(), |whole| whole.to_vec())
    }
}

/// A bounded run of messages of one partition.
#[derive(Clone)]
pub struct PartitionChunk {
    /// The topic it was read from.
    pub identity: TopicIdentity,
    pub partition: i64,
    /// The stored position it starts from.
    pub stored: i64,
    /// The position after its last message.
    pub next: i64,
    pub messages: Vec<RawMessage>,
}
