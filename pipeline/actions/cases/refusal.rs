//! Why a case was not decided: what was found, as data.

use cardline_core::state_machines::decision::Decision;
use jiff::Timestamp;

use crate::actions::outcome::ActionError;

/// Why a decision changed nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CaseRefusal {
    /// No case has this number, or who acts does not see it.
    NoSuchCase { id: i64 },
    /// Somebody decided it before.
    Decided { id: i64, by: String, word: String, at: Timestamp },
    /// Later facts settled it.
    Overtaken { id: i64 },
    /// This word is not offered for it.
    NotOffered { id: i64, word: &'static str, offered: Vec<Decision> },
    /// It cannot be taken back, and no second person gave it.
    NeedsSecond { id: i64 },
}

/// Why a case was not decided.
pub type CaseError = ActionError<CaseRefusal>;

impl From<CaseRefusal> for CaseError {
    fn from(refusal: CaseRefusal) -> CaseError {
        ActionError::Refused(refusal)
    }
}
