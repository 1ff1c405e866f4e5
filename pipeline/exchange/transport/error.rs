//! What can go wrong at a partner's folder or server. It concerns nobody else.

use std::io::ErrorKind;
use std::path::Path;

use crate::config::secrets::SecretError;

/// Why something at a partner's could not be done.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    #[error("{path}: {source}; it is tried again")]
    Io { path: String, source: std::io::Error },
    #[error("{path} exists with other bytes than those frozen; nothing was overwritten, a person decides")]
    OtherBytes { path: String },
    #[error("{path} has {found} bytes after {sent} were sent; it was taken away again, and is tried again")]
    OtherSize { path: String, sent: u64, found: u64 },
    #[error("the server {server} cannot be reached ({why}); it is tried again by itself")]
    Unreachable { server: String, why: String },
    #[error(
        "the server {server} shows the key {fingerprint}, which is none of transport.host_key: somebody may stand in \
         between. Ask the partner by telephone whether it changed its key, and enter the new one beside the old"
    )]
    HostKey { server: String, fingerprint: String },
    #[error(
        "the server {server} does not let {user} in ({why}); have the partner enter our public key, or correct \
         transport.user, key_file or password_file"
    )]
    Login { server: String, user: String, why: String },
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The name itself is not told: it may hold anything.
    #[error("a name that leads out of its folder, or is none, is not touched")]
    Name,
}

impl TransportError {
    /// What an I/O error at a path of ours is.
    pub(in crate::exchange) fn io(path: &Path) -> impl Fn(std::io::Error) -> TransportError {
        move |source| TransportError::Io { path: path.display().to_string(), source }
    }

    /// The kind of the I/O error it is, if it is one.
    pub fn kind(&self) -> Option<ErrorKind> {
        match self {
            TransportError::Io { source, .. } => Some(source.kind()),
            _ => None,
        }
    }

    /// Whether the server as a whole is at fault, and no file goes. A connection that broke in the middle of a file may
    /// break for this file alone; whether the server is there shows with the next one.
    pub fn is_of_server(&self) -> bool {
        matches!(self, TransportError::Unreachable { .. }) || self.repeated().is_some()
    }

    /// Whether the connection is of no use any more, and the next try begins with a new one.
    pub(super) fn ends_the_connection(&self) -> bool {
        let kinds = [ErrorKind::ConnectionAborted, ErrorKind::TimedOut, ErrorKind::BrokenPipe];
        matches!(self, TransportError::Unreachable { .. }) || self.kind().is_some_and(|kind| kinds.contains(&kind))
    }

    /// The same error once more, where a person must do something before it is worth trying again.
    pub(super) fn repeated(&self) -> Option<TransportError> {
        Some(match self {
            TransportError::HostKey { server, fingerprint } => {
                TransportError::HostKey { server: server.clone(), fingerprint: fingerprint.clone() }
            }
            TransportError::Login { server, user, why } => {
                TransportError::Login { server: server.clone(), user: user.clone(), why: why.clone() }
            }
            TransportError::Secret(error) => TransportError::Secret(error.clone()),
            _ => return None,
        })
    }
}
