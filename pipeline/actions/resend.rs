//! Sends a file again that was sent: the same bytes under the same name, never rendered anew.
//!
//! Not here: a new rendering under a new number, which needs a second person (`render_anew.rs`).

use jiff::Timestamp;
use serde::Serialize;

use super::outcome::ActionError;
use crate::actions::recovery::skip::refuse_beyond;
use crate::crypto::objects::ObjectError;
use crate::exchange::Partner;
use crate::exchange::envelopes::sealed;
use crate::exchange::files::FileRecord;
use crate::exchange::publish::publish;
use crate::exchange::transport::{Place, Published};
use crate::step::{StageError, Worker};

/// What sending again does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Resending {
    pub id: i64,
    pub partner: String,
    /// The name under which it lies at the partner.
    pub name: String,
    pub rows: i64,
    /// Of the file itself.
    pub bytes: i64,
    /// The digest of the file itself.
    pub sha256: String,
    /// Whether something lies at the partner under the name already.
    pub lies_there: bool,
}

/// Why a file is not sent again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ResendRefusal {
    NoFile(i64),
    /// It came from the partner.
    FromThem,
    /// It was not sent yet, or never will be.
    NotSent {
        state: String,
    },
    /// A new rendering of its batch stands for it, or waits to be sent.
    Replaced {
        by: i64,
    },
    /// Its partner has answered rows of it.
    Answered,
    /// So many of the cards that its batch was cut with can not be rendered any more.
    CardsLeft {
        cards: i64,
    },
    /// A worker is sending it.
    BeingSent,
    /// Its bytes were destroyed when their time was over.
    Purged,
    /// Its bytes are gone from the object store, or changed.
    Lost,
}

/// Why nothing was sent.
pub type ResendError = ActionError<ResendRefusal>;

impl From<ResendRefusal> for ResendError {
    fn from(refusal: ResendRefusal) -> ResendError {
        ActionError::Refused(refusal)
    }
}

/// What sending a file again would do. Looks at the partner, and changes nothing.
///
/// # Errors
/// It cannot be sent again, or the partner cannot be reached.
pub async fn preview(worker: &Worker, id: i64) -> Result<Resending, ResendError> {
    let (partner, file) = sent(worker, id).await?;
    plain(worker, &file).await?;
    Ok(seen(partner, &file).await?)
}

/// Sends a file again. What lies at the partner with the same bytes stays as it is.
///
/// # Errors
/// As of the preview; or something else lies there under the name.
pub async fn resend(worker: &Worker, id: i64, now: Timestamp) -> Result<(Resending, Published), ResendError> {
    let (partner, file) = sent(worker, id).await?;
    let lease = worker.lease(&format!("exchange/out/{id}"), now).await?.ok_or(ResendRefusal::BeingSent)?;
    worker.before_leaving(now).await?;
    let bytes = bytes_of(worker, partner, &file, now).await?;
    let resending = seen(partner, &file).await?;
    let (name, mode) = (&resending.name, partner.profile.mode);
    let marker = partner.profile.sent_marker(&file.kind, name);
    let published = publish(&*partner.transport, name, &bytes, marker.as_deref(), mode).await;
    worker.ledger.give_back(&lease).await.map_err(StageError::from)?;
    let published = published.map_err(StageError::from)?;
    if let Some(viewer) = worker.ledger.viewer().filter(|viewer| !viewer.is_guest()) {
        let what = format!("sent {} to {} again", file.name, file.partner);
        worker.ledger.record_service(viewer, &what, now).await.map_err(StageError::from)?;
    }
    Ok((resending, published))
}

/// The file, where it went out to a partner that who acts may see.
pub(super) async fn ours(worker: &Worker, id: i64) -> Result<(&Partner, FileRecord), ResendError> {
    let found = worker.ledger.file_record(id).await.map_err(StageError::from)?;
    let file = found.ok_or(ResendRefusal::NoFile(id))?;
    let partner = worker.partners.get(&file.partner).ok_or(ResendRefusal::NoFile(id))?;
    // What lies outside the scope is treated as not found.
    refuse_beyond(worker, partner).map_err(|_| ResendRefusal::NoFile(id))?;
    if file.direction != "out" {
        return Err(ResendRefusal::FromThem.into());
    }
    Ok((partner, file))
}

async fn sent(worker: &Worker, id: i64) -> Result<(&Partner, FileRecord), ResendError> {
    let (partner, file) = ours(worker, id).await?;
    if let Some(by) = replaced_by(worker, &file).await?.filter(|_| file.state == "replaced") {
        return Err(ResendRefusal::Replaced { by }.into());
    }
    if file.purged_at.is_some() {
        return Err(ResendRefusal::Purged.into());
    }
    if !["placed", "answered"].contains(&file.state.as_str()) {
        return Err(ResendRefusal::NotSent { state: file.state }.into());
    }
    Ok((partner, file))
}

/// The latest file that was rendered for the same batch after this one, and is not cancelled.
pub(super) async fn replaced_by(worker: &Worker, file: &FileRecord) -> Result<Option<i64>, StageError> {
    let Some(batch) = file.batch else { return Ok(None) };
    let all = worker.ledger.files_of_batch(batch).await?;
    let mut later = all.iter().filter(|other| other.direction == "out" && other.id > file.id);
    Ok(later.rfind(|other| other.state != "cancelled").map(|other| other.id))
}

async fn plain(worker: &Worker, file: &FileRecord) -> Result<Vec<u8>, ResendError> {
    match worker.objects.get("files", &file.sha256).await {
        Ok(plain) => Ok(plain),
        Err(ObjectError::Missing { .. } | ObjectError::Changed { .. }) => Err(ResendRefusal::Lost.into()),
        Err(error) => Err(StageError::from(error).into()),
    }
}

async fn bytes_of(
    worker: &Worker,
    partner: &Partner,
    file: &FileRecord,
    now: Timestamp,
) -> Result<Vec<u8>, ResendError> {
    let plain = plain(worker, file).await?;
    let previous = worker.ledger.digest_before(&file.partner, &file.kind, "out", file.sequence).await;
    let previous = previous.map_err(StageError::from)?;
    let kept = (&*worker.envelope_keys, &worker.objects);
    Ok(sealed(kept, partner, file, plain, previous, now).await.map_err(StageError::from)?)
}

/// What sending it does, and what lies at the partner now.
pub(super) async fn seen(partner: &Partner, file: &FileRecord) -> Result<Resending, StageError> {
    let name = partner.profile.sent_name(&file.name);
    let lies_there = partner.transport.list(Place::To).await?.iter().any(|entry| entry.name == name);
    let (partner, sha256) = (file.partner.clone(), file.sha256.clone());
    Ok(Resending { id: file.id, partner, name, rows: file.rows, bytes: file.bytes, sha256, lies_there })
}
