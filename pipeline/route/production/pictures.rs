//! The photos of a run: what was rendered for print and chip, with its bytes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::{StreamExt, stream};

use super::cut_rows::AccountedCard;
use crate::crypto::objects::ObjectError;
use crate::limits::RENDITIONS_READ_AT_ONCE;
use crate::step::{Progress, StageError, Worker};

/// The photos of some cards.
#[derive(Default)]
pub struct Pictures {
    /// Source → print and chip digest.
    pub renditions: HashMap<String, (String, String)>,
    /// Digest → bytes.
    pub photos: HashMap<String, Vec<u8>>,
    /// Sources whose renditions cannot be read now, and why: their cards wait for the next run.
    pub unread: BTreeMap<String, Arc<ObjectError>>,
}

/// The renditions of the cards' photos, with their bytes.
pub async fn pictures(worker: &Worker, cards: &[AccountedCard], progress: &Progress) -> Result<Pictures, StageError> {
    let mut sources: Vec<String> = cards.iter().map(|c| c.photo.clone()).collect();
    sources.sort();
    sources.dedup();
    let mut pictures = Pictures::default();
    progress.phase("photos", Some(sources.len()));
    let rendered = worker.ledger.renditions(&sources).await?.into_iter().map(|(source, print, chip)| async move {
        let read = async {
            let of_print = worker.objects.get("photos-print", &print).await?;
            Ok::<_, ObjectError>((of_print, worker.objects.get("photos-chip", &chip).await?))
        };
        let read = read.await;
        (source, print, chip, read)
    });
    let mut read = stream::iter(rendered).buffered(RENDITIONS_READ_AT_ONCE);
    while let Some((source, print, chip, read)) = read.next().await {
        progress.advance(1);
        match read {
            Ok((of_print, of_chip)) => {
                pictures.photos.extend([(print.clone(), of_print), (chip.clone(), of_chip)]);
                pictures.renditions.insert(source, (print, chip));
            }
            // As long as the service is away it is so for all of them.
            Err(error) if error.is_of_service() => return Err(error.into()),
            Err(error) => {
                tracing::error!("a rendered photo: {error}; its cards wait for the next run");
                pictures.unread.insert(source, Arc::new(error));
            }
        }
    }
    Ok(pictures)
}
