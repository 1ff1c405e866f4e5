//! The bytes of a partner's file as they were sent or taken in.

use cardline_core::file_formats::EnvelopeKind;

use crate::crypto::objects::{ObjectError, sha256};
use crate::exchange::envelopes::{Opening, opened};
use crate::exchange::files::FileRecord;
use crate::exchange::inbox::archived;
use crate::limits::PARTNER_FILE_BYTES_MAX;
use crate::step::Worker;

/// Why a file's bytes cannot be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unseen {
    /// They were destroyed when their time was over.
    Purged,
    /// More than is read at once.
    TooLarge,
    /// Not where they were put.
    NotThere,
    /// What lies there is not what was sent or taken in.
    Changed,
    /// The service that keeps objects does not answer now.
    Away,
}

/// The bytes, which are those of the file's digest.
pub(super) async fn bytes_of(worker: &Worker, file: &FileRecord) -> Result<Vec<u8>, Unseen> {
    if file.purged_at.is_some() {
        return Err(Unseen::Purged);
    }
    if file.bytes > PARTNER_FILE_BYTES_MAX as i64 {
        return Err(Unseen::TooLarge);
    }
    let bytes = if file.direction == "out" {
        worker.objects.get("files", &file.sha256).await.map_err(|error| match error {
            error if error.is_of_service() => Unseen::Away,
            ObjectError::Changed { .. } => Unseen::Changed,
            _ => Unseen::NotThere,
        })?
    } else {
        let partner = worker.partners.get(&file.partner).ok_or(Unseen::NotThere)?;
        let path = archived(&partner.archive(), &file.name, &file.state, &file.sha256);
        let bytes = tokio::task::block_in_place(|| std::fs::read(path)).map_err(|_| Unseen::NotThere)?;
        if sha256(&bytes) == file.sha256 || partner.profile.envelope.incoming == EnvelopeKind::None {
            bytes
        } else {
            // The archive has it in its envelope.
            match opened(&*worker.envelope_keys, partner, &file.name, bytes, None) {
                Ok(Opening::Content(bytes)) => bytes,
                Ok(Opening::Refused(_) | Opening::Doubtful(_)) | Err(_) => return Err(Unseen::Changed),
            }
        }
    };
    if sha256(&bytes) == file.sha256 { Ok(bytes) } else { Err(Unseen::Changed) }
}
