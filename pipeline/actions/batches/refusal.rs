//! Why an action on a batch or a stream was refused: what was found, as data.

use super::rows::ActionResult;
use crate::actions::outcome::{ActionError, Outcome};
use crate::people::authorisation::Beyond;

/// Why an action on a batch or a stream changed nothing, in the order in which it is checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BatchRefusal {
    /// No batch has this number, or who acts sees nothing of it.
    NoSuchBatch {
        number: String,
    },
    /// Neither a stream nor the beginning of one's name.
    NoSuchStream {
        stream: String,
    },
    /// Some of it lies outside the scope of who acts.
    Beyond(Box<Beyond>),
    /// The name ends in an area; streams are named by whole regions, so a hold would keep nothing.
    NamesAnArea {
        stream: String,
    },
    NothingWaits {
        stream: String,
    },
    /// No card of this application waits for its account batch, or who acts does not see it.
    NotWaiting {
        application: String,
    },
    /// On hold with a wider hold; `beyond` when who acts may not release that one.
    OnHoldWith {
        stream: String,
        hold: String,
        beyond: Option<Box<Beyond>>,
    },
    /// The bureau makes no more cards today.
    NoCapacity {
        partner: String,
    },
    /// A scheduler has the lease of the cut.
    Busy {
        stream: String,
    },
    /// The number that was confirmed is not the next one.
    NotNext {
        number: String,
    },
    NothingToCarry {
        stream: String,
    },
    /// Divided so, it would stay in one part.
    OnePart {
        number: String,
        cards: i64,
    },
    /// No card of one part can be carried.
    EmptyPart {
        number: String,
    },
    /// Its file is being placed at the partner.
    Sending {
        number: String,
    },
    /// Cancelled, or split.
    Ended {
        number: String,
    },
    NotOnHold {
        number: String,
    },
    /// Its file is at the partner.
    Sent {
        number: String,
        state: String,
    },
}

impl BatchRefusal {
    /// What was found in one word, for who shows it in another language or process, and what it is about.
    pub fn code(&self) -> (&'static str, &str) {
        match self {
            BatchRefusal::NoSuchBatch { number } => ("no-such-batch", number),
            BatchRefusal::NoSuchStream { stream } => ("no-such-stream", stream),
            BatchRefusal::Beyond(beyond) => ("beyond", &beyond.what),
            BatchRefusal::NamesAnArea { stream } => ("names-an-area", stream),
            BatchRefusal::NothingWaits { stream } => ("nothing-waits", stream),
            BatchRefusal::NotWaiting { application } => ("not-waiting", application),
            BatchRefusal::OnHoldWith { hold, .. } => ("on-hold", hold),
            BatchRefusal::NoCapacity { partner } => ("no-capacity", partner),
            BatchRefusal::Busy { stream } => ("busy", stream),
            BatchRefusal::NotNext { number } => ("not-next", number),
            BatchRefusal::NothingToCarry { stream } => ("nothing-to-carry", stream),
            BatchRefusal::OnePart { number, .. } => ("one-part", number),
            BatchRefusal::EmptyPart { number } => ("empty-part", number),
            BatchRefusal::Sending { number } => ("sending", number),
            BatchRefusal::Ended { number } => ("ended", number),
            BatchRefusal::NotOnHold { number } => ("not-on-hold", number),
            BatchRefusal::Sent { number, .. } => ("sent", number),
        }
    }
}

/// Why an action on a batch or a stream was not carried out.
pub type BatchError = ActionError<BatchRefusal>;

impl From<BatchRefusal> for BatchError {
    fn from(refusal: BatchRefusal) -> BatchError {
        ActionError::Refused(refusal)
    }
}

/// What the ledger said of an action on a batch or a stream of this name.
pub(crate) fn outcome(ended: ActionResult, name: &str) -> Result<Outcome, BatchError> {
    let number = name.to_owned();
    Err(ActionError::Refused(match ended {
        ActionResult::Done => return Ok(Outcome::Done(vec![number])),
        ActionResult::Before => return Ok(Outcome::Before(vec![number])),
        ActionResult::Sending => BatchRefusal::Sending { number },
        ActionResult::Stands(state) => match state.as_str() {
            "cancelled" => BatchRefusal::Ended { number },
            "cut" => BatchRefusal::NotOnHold { number },
            _ => BatchRefusal::Sent { number, state },
        },
    }))
}
