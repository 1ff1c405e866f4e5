//! Where watermarks lie: with the objects where workers on several machines share them, else in the data folder. Never
//! in the database: they would be restored with it, and find nothing.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::reached::Reached;
use super::{StageError, Worker};
use crate::crypto::objects::WATERMARKS;

impl Worker {
    /// How far this ledger had come when something last left the house.
    pub(crate) async fn watermark(&self, identity: &str) -> Result<Option<Reached>, StageError> {
        if self.objects.is_shared()
            && let Some(text) = Box::pin(self.objects.kept(WATERMARKS, identity)).await?
        {
            return read(&text, format!("{WATERMARKS}/…/{identity} of the bucket")).map(Some);
        }
        // Until the bucket has one, that of the time before it counts.
        self.watermark_in_folder(identity)
    }

    fn watermark_in_folder(&self, identity: &str) -> Result<Option<Reached>, StageError> {
        let path = self.watermark_path(identity);
        in_folder(&path)?.map(|text| read(&text, path.display())).transpose()
    }

    /// Changes it, alone among all workers that have the same.
    pub(super) async fn change_watermark(
        &self,
        identity: &str,
        next: impl Fn(Option<Reached>) -> Reached + Send + Sync,
    ) -> Result<(), StageError> {
        if !self.objects.is_shared() {
            let _alone = self.alone_with_watermarks()?;
            let mark = self.watermark_in_folder(identity)?;
            let further = next(mark.clone());
            return if mark.as_ref() == Some(&further) { Ok(()) } else { self.write_watermark(&further) };
        }
        let before = self.watermark_in_folder(identity)?;
        let changed = |lying: Option<&[u8]>| {
            // One that cannot be read is left to who reads it next.
            let mark: Option<Reached> = match lying {
                Some(text) => Some(serde_json::from_slice(text).ok()?),
                None => before.clone(),
            };
            let further = next(mark.clone());
            let is_new = lying.is_none() || mark.as_ref() != Some(&further);
            is_new.then(|| serde_json::to_vec(&further).ok())?
        };
        Ok(Box::pin(self.objects.change(WATERMARKS, identity, changed)).await?)
    }

    fn watermark_path(&self, identity: &str) -> PathBuf {
        self.config.data.value.join(WATERMARKS).join(format!("{identity}.json"))
    }

    /// Keeps the other workers of this data folder from writing watermarks as long as the file is held.
    fn alone_with_watermarks(&self) -> Result<File, StageError> {
        let folder = self.config.data.value.join(WATERMARKS);
        let failed = |source| StageError::file(folder.display(), source);
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let lock =
            File::options().create(true).truncate(false).write(true).open(folder.join("lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        Ok(lock)
    }

    fn write_watermark(&self, reached: &Reached) -> Result<(), StageError> {
        let path = self.watermark_path(&reached.identity);
        let folder = path.parent().map_or_else(PathBuf::new, PathBuf::from);
        let failed = |source| StageError::file(folder.display(), source);
        let mut part = tempfile::Builder::new().suffix(".part").tempfile_in(&folder).map_err(failed)?;
        serde_json::to_writer(&mut part, reached).map_err(|e| failed(e.into()))?;
        part.as_file().sync_all().map_err(failed)?;
        part.persist(&path).map_err(|e| failed(e.error))?;
        File::open(&folder).and_then(|f| f.sync_all()).map_err(failed)
    }
}

fn read(text: &[u8], place: impl std::fmt::Display) -> Result<Reached, StageError> {
    let told = format!("the watermark {place} cannot be read; restore it from a backup");
    serde_json::from_slice(text).map_err(|_| StageError::Shape(told))
}

fn in_folder(path: &Path) -> Result<Option<Vec<u8>>, StageError> {
    match std::fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StageError::file(path.display(), error)),
    }
}
