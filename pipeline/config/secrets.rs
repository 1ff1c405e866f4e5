//! Secrets that a configuration or a profile names: read when a connection is made, kept nowhere.

use std::path::Path;

use cardline_core::file_formats::Secret;

use super::private_file;

/// Why a secret cannot be used. Carries no part of it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{secret}: {why}")]
pub struct SecretError {
    /// Where it was looked for.
    pub secret: String,
    pub why: String,
}

/// Reads a secret; a relative path is one in `folder`.
pub fn read(secret: &Secret, folder: &Path) -> Result<String, SecretError> {
    match secret {
        Secret::File(path) => {
            let path = folder.join(path);
            let text = private_file::text(&path).map_err(|why| failed("a secret", why))?;
            text.ok_or_else(|| failed(path.display(), "there is no such file; place it there with mode 600"))
        }
        Secret::Variable(name) => std::env::var(name)
            .map_err(|_| failed(format!("${name}"), "the variable is not set; set it where the worker is started")),
    }
}

fn failed(secret: impl std::fmt::Display, why: impl std::fmt::Display) -> SecretError {
    SecretError { secret: secret.to_string(), why: why.to_string() }
}
