//! A file that came with a form.

use bytes::Bytes;

/// Its name as the browser says it, and its bytes.
#[derive(Clone, Default)]
pub struct Upload {
    pub name: String,
    pub bytes: Bytes,
}
