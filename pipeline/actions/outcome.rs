//! How an action of a person ends, whichever front end it came from.
//!
//! In order of precedence: refused, failed, done before, done now. A refusal changes nothing; done before
//! changes nothing now. Each folder of actions has one enum of its refusals: what was found, as data. Not here:
//! their words, and the command or the page that helps (`cli/refusals`).

use jiff::Timestamp;

use crate::limits::PASSING_FAULT_TRIES;
use crate::step::StageError;

/// Who gives an instruction, when and why.
#[derive(Clone, Copy)]
pub struct Instruction<'a> {
    pub actor: &'a str,
    /// The person's own words; kept encrypted.
    pub reason: &'a str,
    pub at: Timestamp,
    /// The approval it takes, once a second person gave it.
    pub approval: Option<i64>,
}

/// Why an action was not carried out.
#[derive(Debug)]
pub enum ActionError<R> {
    /// Nothing was changed, because of what was found.
    Refused(R),
    /// Something stopped it: the database, a file, the network.
    Failed(StageError),
}

/// How an action that was not refused ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was so before; nothing was changed now.
    Before(Vec<String>),
    /// Carried out; what came of it.
    Done(Vec<String>),
}

impl<R, E: Into<StageError>> From<E> for ActionError<R> {
    fn from(error: E) -> ActionError<R> {
        ActionError::Failed(error.into())
    }
}

/// Tries an action again while nothing but a passing fault stops it: nothing was written then.
pub(crate) async fn while_passing<T, R, F>(action: impl Fn() -> F) -> Result<T, ActionError<R>>
where
    F: Future<Output = Result<T, ActionError<R>>>,
{
    let mut tries = 0;
    loop {
        match action().await {
            Err(error) if error.is_passing() && tries < PASSING_FAULT_TRIES => tries += 1,
            ended => return ended,
        }
    }
}

impl<R> ActionError<R> {
    /// Whether the same may be tried again at once: nothing was written.
    pub fn is_passing(&self) -> bool {
        matches!(self, ActionError::Failed(error) if error.is_passing())
    }
}
