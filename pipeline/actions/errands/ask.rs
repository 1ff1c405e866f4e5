//! Asking a worker for something: checked, and kept until one takes it.

use cardline_core::domain::staff::Scope;

use crate::actions::batches::refusal::BatchRefusal;
use crate::actions::batches::targets::stream_within;
use crate::actions::outcome::{ActionError, Instruction};
use crate::limits::ERRAND_KEY_BYTES_MAX;
use crate::people::authorisation::stream_bounds;
use crate::people::errands::{ErrandRecord, NewErrand};
use crate::people::permits::{Permission, PermitRefusal, check};
use crate::step::Worker;

/// What a worker is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted<'a> {
    /// The next batch of a stream, now; under this number alone, where one was confirmed.
    Cut { stream: &'a str, number: Option<&'a str> },
    /// A check of the laws, over everything or over what changed.
    Books { whole: bool },
}

impl Wanted<'_> {
    pub(super) fn permission(self) -> Permission {
        match self {
            Wanted::Cut { .. } => Permission::CutBatches,
            Wanted::Books { .. } => Permission::CheckBooks,
        }
    }
}

/// Why a worker was not asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ErrandRefusal {
    /// Who asks may not do this themselves.
    Permit(PermitRefusal),
    Batch(BatchRefusal),
    /// The key is empty or longer than a key is.
    Key,
    /// Something else was asked for under this key.
    KeyUsed,
}

/// Why a worker was not asked, or what stopped it.
pub type ErrandError = ActionError<ErrandRefusal>;

impl From<ErrandRefusal> for ErrandError {
    fn from(refusal: ErrandRefusal) -> ErrandError {
        ActionError::Refused(refusal)
    }
}

/// Asks a worker to do something under the name of who asks: the viewer of the ledger, or `by.actor` as long as
/// there are no users. The same again under the same key is the same errand.
pub async fn ask(
    worker: &Worker,
    wanted: Wanted<'_>,
    key: &str,
    by: Instruction<'_>,
) -> Result<ErrandRecord, ErrandError> {
    if key.is_empty() || key.len() > ERRAND_KEY_BYTES_MAX {
        return Err(ErrandRefusal::Key.into());
    }
    if let Some(viewer) = worker.ledger.viewer() {
        check(viewer, wanted.permission()).map_err(ErrandRefusal::Permit)?;
    }
    let (what, subject, number, place) = match wanted {
        Wanted::Cut { stream, number } => {
            stream_within(worker, stream).map_err(ErrandRefusal::Batch)?;
            let (bank, area) = stream_bounds(stream);
            ("cut", stream, number.map(str::to_owned), Scope { bank: bank.into(), area: area.into() })
        }
        Wanted::Books { whole } => {
            ("books", if whole { "everything" } else { "what changed" }, None, Scope::everything())
        }
    };
    let reason = worker.keys.encrypt(by.reason.as_bytes())?;
    let (key, actor) = (key.to_owned(), by.actor.to_owned());
    let new = NewErrand { key, actor, what, subject: subject.into(), number, place, reason };
    let kept = worker.ledger.keep_errand(&new).await?;
    if kept.what != new.what || kept.subject != new.subject || kept.number != new.number {
        return Err(ErrandRefusal::KeyUsed.into());
    }
    Ok(kept.into())
}
