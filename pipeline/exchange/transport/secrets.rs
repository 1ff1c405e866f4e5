//! Secrets of a transport: read when a connection is made, kept nowhere.

use std::path::Path;

use cardline_core::file_formats::Secret;

use super::TransportError;
use crate::people::private_file;

/// Reads a secret; a relative path is one in `folder`.
pub(super) fn read(secret: &Secret, folder: &Path) -> Result<String, TransportError> {
    match secret {
        Secret::File(path) => {
            let path = folder.join(path);
            let text = private_file::text(&path).map_err(|why| failed("a secret of the transport", why))?;
            text.ok_or_else(|| failed(path.display(), "there is no such file; place it there with mode 600"))
        }
        Secret::Variable(name) => std::env::var(name)
            .map_err(|_| failed(format!("${name}"), "the variable is not set; set it where the worker is started")),
    }
}

fn failed(secret: impl std::fmt::Display, why: impl std::fmt::Display) -> TransportError {
    TransportError::Secret { secret: secret.to_string(), why: why.to_string() }
}
