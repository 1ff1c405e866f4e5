//! Removing the bytes of one file wherever we keep them.

use crate::exchange::files::FileRecord;
use crate::exchange::removal::remove;
use crate::exchange::{clearing, envelopes};
use crate::step::{StageError, Worker};

/// Removes the bytes of a file wherever we keep them. Again, it changes nothing.
pub async fn destroy(worker: &Worker, file: &FileRecord) -> Result<(), StageError> {
    let Some(partner) = worker.partners.get(&file.partner) else {
        return Err(StageError::Shape(format!("{} is no partner: its folders cannot be purged", file.partner)));
    };
    tokio::task::block_in_place(|| remove(partner, file))
        .map_err(|(path, error)| StageError::exchange(&path, error))?;
    if partner.has_server() {
        clearing::ask(partner, file)?;
    }
    if file.direction == "out" {
        worker.objects.remove("files", &file.sha256).await?;
        envelopes::forget((&*worker.envelope_keys, &worker.objects), partner, file).await?;
    }
    if let (Some(batch), "personalization") = (file.batch, file.kind.as_str()) {
        for photo in worker.ledger.renditions_to_purge(batch).await? {
            worker.objects.remove("photos-print", &photo.print).await?;
            worker.objects.remove("photos-chip", &photo.chip).await?;
            worker.ledger.forget_rendition(&photo.source).await?;
        }
    }
    Ok(())
}
