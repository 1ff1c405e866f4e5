//! What is done to keys of envelopes: made, entered, changed for new ones, revoked. Each is recorded under who did it.

use cardline_core::file_formats::EnvelopeKind;
use jiff::{SignedDuration, Timestamp};

use crate::actions::recovery::skip::refuse_beyond;
use crate::crypto::envelope_keys::{EnvelopeKey, EnvelopeKeyError};
use crate::limits::KEY_OVERLAP_DAYS_MAX;
use crate::step::{StageError, Worker};

/// The time in which a key is used.
#[derive(Clone, Copy)]
pub struct Used {
    pub from: Timestamp,
    pub until: Option<Timestamp>,
}

/// Why a key stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum KeyRefusal {
    #[error("{0} is no partner")]
    NoPartner(String),
    #[error("a key's time ends after it begins")]
    Times,
    #[error("an old key stays beside the new one for 1 to {KEY_OVERLAP_DAYS_MAX} days")]
    Overlap,
    #[error("the key {0} is revoked already, from an earlier instant on")]
    RevokedBefore(String),
    #[error(transparent)]
    Key(#[from] EnvelopeKeyError),
    #[error(transparent)]
    Stage(#[from] StageError),
}

/// Keys that are of use with a partner: ours and its own.
///
/// # Errors
/// The keys cannot be read.
pub fn keys_of(worker: &Worker, partner: &str) -> Result<Vec<EnvelopeKey>, StageError> {
    let mut keys = worker.envelope_keys.all()?;
    keys.retain(|key| key.partner.is_empty() || key.partner == partner);
    Ok(keys)
}

/// Every key that who asks may see: ours, and those of partners they see.
///
/// # Errors
/// The keys cannot be read.
pub fn keys_seen(worker: &Worker) -> Result<Vec<EnvelopeKey>, StageError> {
    let mut keys = worker.envelope_keys.all()?;
    let sees = |key: &EnvelopeKey| match worker.partners.get(&key.partner) {
        Some(partner) => refuse_beyond(worker, partner).is_ok(),
        None => key.partner.is_empty() || worker.ledger.viewer().is_none_or(|viewer| viewer.scope.is_everything()),
    };
    keys.retain(sees);
    Ok(keys)
}

/// Makes a key of ours.
///
/// # Errors
/// Its times are none, or it cannot be kept.
pub async fn make(worker: &Worker, kind: EnvelopeKind, used: Used, at: Timestamp) -> Result<EnvelopeKey, KeyRefusal> {
    times(used)?;
    let key = worker.envelope_keys.make(kind, used.from, used.until)?;
    recorded(worker, &format!("made the key {} of ours", key.id), at).await?;
    Ok(key)
}

/// Enters a partner's key.
///
/// # Errors
/// There is no such partner, the text is no key, its times are none, or it is there already.
pub async fn enter(
    worker: &Worker,
    partner: &str,
    kind: EnvelopeKind,
    public: &str,
    used: Used,
    at: Timestamp,
) -> Result<EnvelopeKey, KeyRefusal> {
    times(used)?;
    worker.partners.get(partner).ok_or_else(|| KeyRefusal::NoPartner(partner.to_owned()))?;
    let key = EnvelopeKey::of(kind, partner, public, (used.from, used.until)).map_err(EnvelopeKeyError::from)?;
    worker.envelope_keys.enter(&key)?;
    recorded(worker, &format!("entered the key {} of {partner}", key.id), at).await?;
    Ok(key)
}

fn times(used: Used) -> Result<(), KeyRefusal> {
    if used.until.is_some_and(|until| until <= used.from) { Err(KeyRefusal::Times) } else { Ok(()) }
}

/// Makes a new key of ours, and ends the ones before it some days after it begins. Returns the new one first.
///
/// # Errors
/// The overlap is none, or the keys cannot be kept.
pub async fn rotate(
    worker: &Worker,
    kind: EnvelopeKind,
    from: Timestamp,
    overlap_days: i64,
    at: Timestamp,
) -> Result<Vec<EnvelopeKey>, KeyRefusal> {
    if !(1..=KEY_OVERLAP_DAYS_MAX).contains(&overlap_days) {
        return Err(KeyRefusal::Overlap);
    }
    let end = from + SignedDuration::from_hours(24 * overlap_days);
    let all = worker.envelope_keys.all()?;
    let mut changed = vec![make(worker, kind, Used { from, until: None }, at).await?];
    for key in all.into_iter().filter(|key| key.partner.is_empty() && key.kind == kind) {
        if key.until.is_none_or(|until| until > end) {
            let ended = EnvelopeKey { until: Some(end), ..key };
            worker.envelope_keys.change(&ended)?;
            recorded(worker, &format!("ends the key {} of ours", ended.id), at).await?;
            changed.push(ended);
        }
    }
    Ok(changed)
}

/// Revokes a key: nothing it signs from an instant on is believed, and it seals nothing any more.
///
/// # Errors
/// There is no such key, or it was revoked from an earlier instant on.
pub async fn revoke(worker: &Worker, id: &str, from: Timestamp, at: Timestamp) -> Result<EnvelopeKey, KeyRefusal> {
    let found = worker.envelope_keys.all()?.into_iter().find(|key| key.id == id);
    let key = found.ok_or_else(|| EnvelopeKeyError::NoKey { id: id.to_owned() })?;
    if key.revoked_from.is_some_and(|before| before <= from) {
        return Err(KeyRefusal::RevokedBefore(id.to_owned()));
    }
    let key = EnvelopeKey { revoked_from: Some(from), ..key };
    worker.envelope_keys.change(&key)?;
    recorded(worker, &format!("revoked the key {id} from {from} on"), at).await?;
    Ok(key)
}

/// Keeps who did it among what people did, once there are users.
async fn recorded(worker: &Worker, what: &str, at: Timestamp) -> Result<(), StageError> {
    tracing::info!("{what}");
    match worker.ledger.viewer().filter(|viewer| !viewer.is_guest()) {
        Some(viewer) => Ok(worker.ledger.record_service(viewer, what, at).await?),
        None => Ok(()),
    }
}
