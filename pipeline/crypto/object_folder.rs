//! A local folder as object store: what in it is followed, and what is not.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;

use super::object_error::ObjectError;

/// The folder, without any link in its path.
#[derive(Clone)]
pub(super) struct ObjectFolder {
    pub store: Arc<LocalFileSystem>,
    root: PathBuf,
}

impl ObjectFolder {
    /// A folder that is there; `None` where it is not.
    pub(super) fn open(folder: &std::path::Path) -> Result<Option<ObjectFolder>, ObjectError> {
        match folder.canonicalize() {
            Ok(root) => {
                let store = LocalFileSystem::new_with_prefix(&root)?.with_fsync(true);
                Ok(Some(ObjectFolder { store: Arc::new(store), root }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ObjectError::Folder(error)),
        }
    }

    /// Whether a plain file inside the store lies under a key, links followed; `None` where nothing does
    /// that can be read. A pipe or a device would keep its reader waiting forever.
    pub(super) async fn plain_file(&self, key: &Key) -> Result<Option<Result<(), &'static str>>, ObjectError> {
        let path = self.store.path_to_filesystem(key)?;
        let real = match tokio::fs::canonicalize(&path).await {
            Ok(real) => real,
            Err(error) => {
                // A store that is gone is no fault of its objects.
                tokio::fs::metadata(&self.root).await.map_err(ObjectError::Folder)?;
                let refused = error.kind() == ErrorKind::InvalidFilename;
                return Ok(refused.then_some(Err("the key is none an upload can have")));
            }
        };
        if !real.starts_with(&self.root) {
            return Ok(Some(Err("the key leads out of the store by a link")));
        }
        match tokio::fs::metadata(&real).await {
            Ok(found) if found.is_file() => Ok(Some(Ok(()))),
            Ok(_) => Ok(Some(Err("the object is a folder or no plain file"))),
            Err(_) => Ok(None),
        }
    }
}
