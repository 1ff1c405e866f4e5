//! Why an operation on the quarantine was refused: what was found, as data.

use super::identity::Kept;
use crate::actions::outcome::ActionError;
use crate::quarantine::quarantined::Unmatched;

/// Why an operation on the quarantine changed nothing, in the order in which it is checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum QuarantineRefusal {
    /// Corrected messages that name none or several.
    Unmatched(Vec<Unmatched>),
    /// The selection has no message; the ids that were given, if any.
    NothingChosen { ids: Vec<i64> },
    /// Some of the ids given are not in the quarantine.
    NotAllQuarantined { ids: Vec<i64> },
    /// More messages than one export may hold.
    TooMany { count: i64 },
    /// What was confirmed is not what the selection has now.
    OtherOperation { id: String, count: i64 },
    /// The repair of a message changes whose it is or where it belongs.
    AnotherIdentity { message: i64, kept: Kept },
    /// More than one message, and no preview of them was confirmed.
    Unconfirmed { count: i64 },
    /// A second person must give it first.
    NeedsSecond { id: String, count: i64 },
    /// Another worker has the lease of the operation.
    Busy { id: String },
}

/// Why an operation on the quarantine was not carried out.
pub type QuarantineError = ActionError<QuarantineRefusal>;

impl From<QuarantineRefusal> for QuarantineError {
    fn from(refusal: QuarantineRefusal) -> QuarantineError {
        ActionError::Refused(refusal)
    }
}

/// Why a repair cannot be used. Never holds a value of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RepairRefusal {
    /// No `PATH=VALUE`.
    NoAssignment,
    /// A place of personal data, or none at all: not set in plain text.
    NotSetHere {
        path: String,
    },
    NoJson {
        path: String,
    },
    NoWholeNumber {
        path: String,
    },
    /// Not the form of a value of this place, or no word of its enumeration.
    NotOfForm {
        path: String,
    },
    /// A list or an object.
    NotOneValue {
        path: String,
    },
    /// The file of corrected messages has too many bytes.
    FileTooLarge {
        file: String,
    },
    /// A line of the file is no message with an `event_id`.
    NoEvent {
        file: String,
        line: i64,
    },
    /// A second message of one event.
    SameEvent {
        file: String,
        line: i64,
    },
    TooManyMessages {
        file: String,
        line: i64,
    },
}

/// Why a file of corrected messages cannot be used.
pub type RepairError = ActionError<RepairRefusal>;

impl From<RepairRefusal> for RepairError {
    fn from(refusal: RepairRefusal) -> RepairError {
        ActionError::Refused(refusal)
    }
}
