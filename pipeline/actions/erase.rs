//! Erasing a person: two persons, a reason, and a ground of the law.

use cardline_core::domain::staff::DualControl;
use serde_json::json;

use super::dual_control::Wanted;
use super::outcome::{ActionError, Instruction, Outcome};
use crate::erasing::erasure::{Erased, NewErasure, finish};
use crate::erasing::person::Person;
use crate::step::Worker;
use crate::store::Stamp;

/// The grounds of an erasure, each with its place in the Personal Information Protection Law. The codes stand in the
/// ledger and never change.
pub const GROUNDS: &[(&str, &str)] = &[
    ("purpose-done", "art. 47 (1): the purpose is achieved, cannot be achieved, or needs the data no longer"),
    ("retention-over", "art. 47 (2): the service ended, or the time of keeping is over"),
    ("consent-withdrawn", "art. 47 (3): the person withdrew the consent"),
    ("unlawful", "art. 47 (4): the data was handled against the law or an agreement"),
    ("other-law", "art. 47 (5): another law or regulation says so"),
];

/// Why a person was not erased.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EraseRefusal {
    /// No application of this id within the scope of who acts.
    Unknown {
        application_id: String,
    },
    /// An application of the person lies outside the scope of who acts.
    Beyond {
        application_id: String,
    },
    /// What still needs the person.
    Needed {
        against: Vec<String>,
    },
    NoGround {
        ground: String,
    },
}

/// Why a person was not erased.
pub type EraseError = ActionError<EraseRefusal>;

impl From<EraseRefusal> for EraseError {
    fn from(refusal: EraseRefusal) -> EraseError {
        ActionError::Refused(refusal)
    }
}

/// What would be destroyed.
pub struct Preview {
    pub person: Person,
    unnamed: Vec<i64>,
}

impl Preview {
    /// Messages whose record would be destroyed.
    pub fn messages(&self) -> usize {
        self.person.messages.len() + self.unnamed.len()
    }
}

/// What would be destroyed with an application's person; refused where something still needs it.
pub async fn preview(worker: &Worker, application_id: &str, ground: &str) -> Result<Preview, EraseError> {
    if !GROUNDS.iter().any(|(code, _)| *code == ground) {
        return Err(EraseRefusal::NoGround { ground: ground.into() }.into());
    }
    let found = worker.ledger.person(application_id, &worker.keys).await?;
    let mut person = found.ok_or_else(|| EraseRefusal::Unknown { application_id: application_id.into() })?;
    let named = person.messages.clone();
    let mut unnamed = Vec::new();
    for (id, waits) in worker.ledger.unnamed_messages(&person, &worker.keys).await? {
        if named.binary_search(&id).is_err() {
            unnamed.push(id);
            if waits {
                person.against.push(format!("message {id} is in the quarantine: retry or discard it"));
            }
        }
    }
    refused(application_id, &person)?;
    Ok(Preview { person, unnamed })
}

fn refused(application_id: &str, person: &Person) -> Result<(), EraseRefusal> {
    if person.beyond {
        return Err(EraseRefusal::Beyond { application_id: application_id.into() });
    }
    if person.against.is_empty() { Ok(()) } else { Err(EraseRefusal::Needed { against: person.against.clone() }) }
}

/// What a second person is asked for.
pub fn wanted<'a>(preview: &Preview, application_id: &'a str, ground: &'a str, reason: &'a str) -> Wanted<'a> {
    Wanted {
        action: DualControl::ErasePerson,
        subject: application_id,
        request: json!({ "ground": ground, "reason": reason }),
        count: preview.person.applications.len() as i64,
        bank: "",
        area: "",
        reason,
    }
}

/// Destroys everything of an application's person. Again, it only removes what is still left.
pub async fn erase(
    worker: &Worker,
    application_id: &str,
    ground: &str,
    by: Instruction<'_>,
) -> Result<Outcome, EraseError> {
    if worker.ledger.erased(application_id).await?.is_some() {
        return Ok(Outcome::Before(vec![application_id.into()]));
    }
    let unnamed = preview(worker, application_id, ground).await?.unnamed;
    let reason = worker.keys.encrypt(by.reason.as_bytes())?;
    let new = NewErasure { application_id, ground, reason, approval: by.approval, unnamed };
    let why = Stamp { at: by.at, actor: by.actor, reason: ground };
    match worker.ledger.erase_person(new, &worker.keys, why).await? {
        Erased::Unknown => Err(EraseRefusal::Unknown { application_id: application_id.into() }.into()),
        Erased::Against(person) => {
            refused(application_id, &person)?;
            Err(EraseRefusal::Beyond { application_id: application_id.into() }.into())
        }
        Erased::Done { id } => {
            // What cannot be removed now is removed by the step `care/purge`.
            if let Err(error) = finish(worker, id, by.at).await {
                tracing::warn!(erasure = id, "what an erasure has still to remove: {error}");
            }
            Ok(Outcome::Done(vec![application_id.into()]))
        }
    }
}
