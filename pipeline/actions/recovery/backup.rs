//! A backup while workers run: the ledger first, then the objects it names.
//!
//! In this order, because objects are named by their digest and only ever added: whatever the copy of the
//! ledger names was there before it was made. Keys are not in it; who has both can read everybody.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use crate::step::reached::Reached;
use crate::step::{StageError, Worker};
use crate::store::Ledger;

/// What was backed up, as it is kept beside it.
#[derive(Debug, Serialize)]
pub struct Backup {
    pub taken_at: String,
    pub ledger: PathBuf,
    /// Objects that were not in the backup's folder yet; `None` where a service keeps them, and copies of them.
    pub objects_added: Option<u64>,
    pub reached: Reached,
}

/// Copies the ledger into a folder of its own below `to`, and what is new of the objects into `to/objects`.
pub async fn back_up(worker: &Worker, to: &Path, now: Timestamp) -> Result<Backup, StageError> {
    let folder = to.join(now.strftime("%Y%m%dT%H%M%SZ").to_string());
    let failed = |e| StageError::file(folder.display(), e);
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let reached = worker.ledger.reached().await?;
    let ledger = folder.join("cardline.db");
    worker.ledger.copy_into(&ledger).await?;
    // Nobody is logged in where it is put back.
    let copy = Ledger::unmigrated(&format!("sqlite:{}", ledger.display())).await?;
    copy.end_sessions().await?;
    copy.close().await;
    std::fs::File::open(&ledger).and_then(|f| f.sync_all()).map_err(failed)?;
    let objects = worker.config.data.value.join("objects");
    let objects_added = match worker.objects.is_shared() {
        true => None,
        false => Some(tokio::task::block_in_place(|| copy_new(&objects, &to.join("objects")))?),
    };
    let backup = Backup { taken_at: crate::time::rfc3339(now), ledger, objects_added, reached };
    // Last: a backup without this page is unfinished.
    let page = serde_json::to_vec_pretty(&backup).map_err(|e| failed(e.into()))?;
    std::fs::write(folder.join("backup.json"), page).map_err(failed)?;
    Ok(backup)
}

/// Copies files that are not there yet, with their folders; returns how many.
fn copy_new(from: &Path, to: &Path) -> Result<u64, StageError> {
    let failed = |e| StageError::file(from.display(), e);
    std::fs::create_dir_all(to).map_err(failed)?;
    let mut copied = 0;
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (kind, target) = (entry.file_type().map_err(failed)?, to.join(entry.file_name()));
        if kind.is_dir() {
            copied += copy_new(&entry.path(), &target)?;
        } else if kind.is_file() && !target.exists() {
            // Under its name only when it is whole: the next backup would take a part for the object.
            let part = to.join(format!("{}.part", entry.file_name().to_string_lossy()));
            std::fs::copy(entry.path(), &part).map_err(failed)?;
            std::fs::File::open(&part).and_then(|f| f.sync_all()).map_err(failed)?;
            std::fs::rename(&part, &target).map_err(failed)?;
            copied += 1;
        }
    }
    Ok(copied)
}
