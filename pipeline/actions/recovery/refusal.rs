//! Why going on after something was lost was refused: what was found, as data.

use crate::actions::outcome::ActionError;
use crate::people::authorisation::Beyond;

/// Why nothing was changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecoveryRefusal {
    /// The partner sends no files of this kind.
    NoSuchStream {
        partner: String,
        kind: String,
    },
    /// No later file waits, so no number is missing.
    NothingMissing,
    /// The file that waits has another number than the one to go on with.
    OtherFileWaits {
        number: i64,
        asked: i64,
    },
    /// More numbers are missing than a partner loses.
    TooManyMissing {
        count: i64,
    },
    /// The stream lies outside the scope of who acts.
    Beyond(Box<Beyond>),
    /// A worker has the lease of the stream.
    BeingRead {
        partner: String,
        kind: String,
    },
    /// Nothing is halted after a restore.
    NothingHalted,
    /// The server counts transactions from the beginning, so the next start would halt again.
    TransactionsCountedAnew,
    NoKafka,
    /// The broker does not have the topic.
    NoSuchTopic {
        topic: String,
    },
    /// Nothing of the topic was lost.
    NothingLost {
        topic: String,
    },
}

/// Why going on was not carried out.
pub type RecoveryError = ActionError<RecoveryRefusal>;

impl From<RecoveryRefusal> for RecoveryError {
    fn from(refusal: RecoveryRefusal) -> RecoveryError {
        ActionError::Refused(refusal)
    }
}
