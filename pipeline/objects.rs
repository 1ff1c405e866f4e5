//! The object store: frozen files and photos, so that any worker can go on with any of them.
//!
//! Frozen files are sealed; their key is their digest. Photos that arrive with applications are put
//! there by the authority's upload service and are read by object key; renditions are ours, sealed.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};

use crate::hex::hex;
use crate::keys::{KeyError, Keys};

/// What can go wrong with an object.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    #[error("object store: {0}")]
    Store(#[from] object_store::Error),
    #[error("object store folder: {0}")]
    Folder(std::io::Error),
    #[error("object {key}: {source}")]
    Sealed { key: String, source: KeyError },
    #[error("object {key} is not what was frozen: its digest differs; restore it or render the file again")]
    Changed { key: String },
}

/// The store and the keys its sealed objects need.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    keys: Keys,
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

impl Objects {
    /// A local folder, made if it is not there.
    pub fn in_folder(folder: &Path, keys: Keys) -> Result<Objects, ObjectError> {
        std::fs::create_dir_all(folder).map_err(ObjectError::Folder)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Objects { store: Arc::new(store), keys })
    }

    /// Seals bytes under their own digest; the same bytes again are the same object. Returns the digest.
    pub async fn freeze(&self, kind: &str, plain: &[u8]) -> Result<String, ObjectError> {
        let digest = sha256(plain);
        let key = Key::from(format!("{kind}/{}/{digest}", &digest[..2]));
        let sealed =
            self.keys.seal_large(plain).map_err(|source| ObjectError::Sealed { key: key.to_string(), source })?;
        self.store.put(&key, Bytes::from(sealed).into()).await?;
        Ok(digest)
    }

    /// Opens what was frozen under a digest, and checks that it still is that.
    pub async fn thaw(&self, kind: &str, digest: &str) -> Result<Vec<u8>, ObjectError> {
        let key = Key::from(format!("{kind}/{}/{digest}", digest.get(..2).unwrap_or("00")));
        let sealed = self.store.get(&key).await?.bytes().await?;
        let plain =
            self.keys.open_large(&sealed).map_err(|source| ObjectError::Sealed { key: key.to_string(), source })?;
        if sha256(&plain) == digest { Ok(plain) } else { Err(ObjectError::Changed { key: key.to_string() }) }
    }

    /// Reads an object as it was uploaded, `None` if it is missing or larger than `most` bytes.
    pub async fn fetch(&self, key: &str, most: usize) -> Result<Option<Bytes>, ObjectError> {
        let Ok(key) = Key::parse(key) else {
            return Ok(None);
        };
        match self.store.get(&key).await {
            Ok(found) if found.meta.size <= most as u64 => Ok(Some(found.bytes().await?)),
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores an object as it is, under the key it is known by (the upload service's side).
    pub async fn upload(&self, key: &str, bytes: Vec<u8>) -> Result<(), ObjectError> {
        self.store.put(&Key::from(key), Bytes::from(bytes).into()).await?;
        Ok(())
    }
}
