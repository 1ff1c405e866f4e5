//! The keys that belong to a ledger. Every opening compares them before anything is done.
//!
//! Invariants: a ledger that was ever used with keys is never used with others, and none are made for it;
//! a read-only command creates none.

use std::path::Path;

use jiff::Timestamp;

use super::StageError;
use crate::crypto::key_error::KeyError;
use crate::crypto::keys::{Keys, RecordOf};
use crate::store::{Ledger, Opening};

/// The keys in a folder, when they are those of this ledger, which covers its rows with them from here on. A ledger
/// that never used any gets them made.
pub async fn keys_of(ledger: &Ledger, folder: &Path, opening: Opening) -> Result<Keys, StageError> {
    let keys = found(ledger, folder, opening).await?;
    if keys.is_passing() {
        return Ok(keys);
    }
    ledger.cover_with(keys.row_key().clone());
    if opening != Opening::Look {
        let rows = ledger.cover_older_rows(keys.row_key(), Timestamp::now()).await?;
        if rows > 0 {
            tracing::info!(rows, "rows of the version before were covered by the ledger's key, as they stood");
        }
    }
    Ok(keys)
}

async fn found(ledger: &Ledger, folder: &Path, opening: Opening) -> Result<Keys, StageError> {
    if let Some(check) = ledger.key_check().await? {
        return Ok(Keys::open_of(folder, &check)?);
    }
    let samples = ledger.encrypted_samples().await?;
    let keys = match (ledger.uses_keys().await? || !samples.is_empty(), opening) {
        (true, _) => proved(folder, &samples)?,
        (false, Opening::Look) => return Ok(Keys::passing()),
        (false, Opening::Make | Opening::Change) => Keys::make(folder)?,
    };
    if opening == Opening::Look {
        return Ok(keys);
    }
    let kept = ledger.keep_key_check(&keys.check()).await?;
    // Another worker, with a folder of its own, may have been quicker.
    if kept == keys.check() { Ok(keys) } else { Ok(Keys::open_of(folder, &kept)?) }
}

/// A ledger of the version before keeps no check: its keys show that they open what they encrypted.
fn proved(folder: &Path, samples: &[(RecordOf, Vec<u8>)]) -> Result<Keys, StageError> {
    let keys = Keys::open(folder)?;
    if samples.is_empty() || samples.iter().any(|(of, encrypted)| keys.decrypt_of(*of, encrypted).is_ok()) {
        return Ok(keys);
    }
    Err(KeyError::Foreign { key: "pair of keys", path: folder.into() }.into())
}
