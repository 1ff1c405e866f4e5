//! What can go wrong with an object, in a folder and in a service.

use super::key_error::KeyError;
use crate::config::secrets::SecretError;

/// What can go wrong with an object.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    #[error("object store: {0}")]
    Store(#[from] object_store::Error),
    #[error("object store folder: {0}; make it readable, or set CARDLINE_DATA to where it is")]
    Folder(std::io::Error),
    /// Under a name of ours nothing lies.
    #[error("object {key} is not in the object store; restore it from a backup")]
    Missing { key: String },
    #[error("object store: {why}")]
    Service { why: String },
    #[error("object store, secret_key_file: {0}")]
    Secret(SecretError),
    #[error("an upload's key is none an object can have: relative, of plain parts, at most 900 bytes, none of ours")]
    Key,
    #[error("object {key}: {source}")]
    Encrypted { key: String, source: KeyError },
    #[error("object {key} is not what was stored: its digest differs; restore it or render the file again")]
    Changed { key: String },
}

impl ObjectError {
    /// Whether the service that keeps objects is at fault, and no object.
    pub fn is_of_service(&self) -> bool {
        matches!(self, ObjectError::Service { .. } | ObjectError::Secret(_))
    }
}
