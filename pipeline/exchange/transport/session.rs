//! A connection to a partner's SFTP server: its key is pinned, its algorithms are strong, and it may not hang.

use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use cardline_core::file_formats::SftpServer;
use russh::client::{self, AuthResult, Handle};
use russh::keys::{Algorithm, EcdsaCurve, HashAlg, PrivateKeyWithHashAlg, decode_secret_key};
use russh::{Disconnect, Preferred};
use russh_sftp::client::{Config as SftpConfig, SftpSession};

use super::TransportError;
use super::host_keys::Pinned;
use crate::config::secrets::{SecretError, read};

/// Signatures that a server and we may log in with. RSA only with SHA-2 (RFC 8332).
const ALGORITHMS: &[Algorithm] = &[
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
];

/// An SFTP session over a connection of its own.
pub(super) struct Session {
    pub(super) sftp: SftpSession,
    connection: Handle<Pinned>,
}

impl Session {
    /// Connects, looks at the server's key, logs in, and begins the session.
    pub(super) async fn open(server: &SftpServer, secrets: &Path) -> Result<Session, TransportError> {
        let seconds = server.timeout_seconds.into();
        match tokio::time::timeout(Duration::from_secs(seconds), opened(server, secrets)).await {
            Ok(session) => session,
            Err(_) => Err(unreachable(server, format!("no answer for {seconds} s"))),
        }
    }

    /// Whether the connection is still there, as far as is known.
    pub(super) fn is_open(&self) -> bool {
        !self.connection.is_closed()
    }

    /// Takes leave of the server.
    pub(super) async fn close(&self) {
        let _ = self.sftp.close().await;
        let _ = self.connection.disconnect(Disconnect::ByApplication, "", "").await;
    }
}

async fn opened(server: &SftpServer, secrets: &Path) -> Result<Session, TransportError> {
    let (pinned, refused) = Pinned::new(&server.host_keys);
    let connected = client::connect(Arc::new(settings(server)), (server.host.as_str(), server.port), pinned).await;
    let mut connection =
        connected.map_err(|error| match refused.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(fingerprint) => TransportError::HostKey { server: shown(server), fingerprint },
            None => unreachable(server, error.to_string()),
        })?;
    log_in(server, secrets, &mut connection).await?;
    let failed = |error: russh::Error| unreachable(server, error.to_string());
    let channel = connection.channel_open_session().await.map_err(failed)?;
    channel.request_subsystem(true, "sftp").await.map_err(failed)?;
    // Each request has the whole time from when it is queued: few at once, so that a slow line answers all of them.
    let settings = SftpConfig {
        request_timeout_secs: server.timeout_seconds.into(),
        max_concurrent_reads: 2,
        max_concurrent_writes: 8,
        ..SftpConfig::default()
    };
    let sftp = SftpSession::new_with_config(channel.into_stream(), settings).await;
    let sftp = sftp.map_err(|error| unreachable(server, format!("it offers no SFTP: {error}")))?;
    Ok(Session { sftp, connection })
}

fn settings(server: &SftpServer) -> client::Config {
    client::Config {
        preferred: Preferred { key: pinned_algorithms(server).into(), ..Preferred::DEFAULT },
        // A server that says nothing is asked whether it is there, and left after the second silence.
        keepalive_interval: Some(Duration::from_secs(server.timeout_seconds.into()) / 2),
        keepalive_max: 1,
        nodelay: true,
        ..client::Config::default()
    }
}

/// Those of the pinned keys: a server that has others as well is asked for the one we know.
fn pinned_algorithms(server: &SftpServer) -> Vec<Algorithm> {
    let pinned = |algorithm: &&Algorithm| {
        let name = if matches!(algorithm, Algorithm::Rsa { .. }) { "ssh-rsa" } else { algorithm.as_str() };
        server.host_keys.iter().any(|line| line.split_whitespace().nth(1) == Some(name))
    };
    ALGORITHMS.iter().filter(pinned).cloned().collect()
}

/// With the key, then, where the server wants more or there is no key, with the password.
async fn log_in(server: &SftpServer, secrets: &Path, connection: &mut Handle<Pinned>) -> Result<(), TransportError> {
    let refused =
        |why: &str| TransportError::Login { server: shown(server), user: server.user.clone(), why: why.into() };
    let failed = |error: russh::Error| unreachable(server, error.to_string());
    let mut why = "it takes no key and no password";
    if let Some(secret) = &server.key {
        let text = read(secret, secrets)?;
        let key = decode_secret_key(&text, None).map_err(|_| SecretError {
            secret: "transport.key_file".into(),
            why: "is no private key without a passphrase; make one with ssh-keygen -t ed25519 -N ''".into(),
        })?;
        let hash = if key.algorithm().is_rsa() { rsa_hash(connection).await.map_err(failed)? } else { None };
        let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
        match connection.authenticate_publickey(&server.user, key).await.map_err(failed)? {
            AuthResult::Success => return Ok(()),
            AuthResult::Failure { remaining_methods, .. } if remaining_methods.is_empty() => return Err(broke(server)),
            AuthResult::Failure { .. } => why = "it does not take our key",
        }
    }
    if let Some(secret) = &server.password {
        let text = read(secret, secrets)?;
        let password = text.lines().next().unwrap_or_default();
        match connection.authenticate_password(&server.user, password).await.map_err(failed)? {
            AuthResult::Success => return Ok(()),
            AuthResult::Failure { remaining_methods, .. } if remaining_methods.is_empty() => return Err(broke(server)),
            AuthResult::Failure { .. } => why = "it does not take our password",
        }
    }
    Err(refused(why))
}

/// Who refuses says how else one could log in; no word at all is a connection that broke.
fn broke(server: &SftpServer) -> TransportError {
    unreachable(server, "the connection broke while we logged in".into())
}

/// The hash an RSA key signs with: the best the server names, and never SHA-1.
async fn rsa_hash(connection: &Handle<Pinned>) -> Result<Option<HashAlg>, russh::Error> {
    Ok(connection.best_supported_rsa_hash().await?.flatten().or(Some(HashAlg::Sha256)))
}

/// The server as it is told: its address, without the user.
pub(super) fn shown(server: &SftpServer) -> String {
    format!("{}:{}", server.host, server.port)
}

fn unreachable(server: &SftpServer, why: String) -> TransportError {
    TransportError::Unreachable { server: shown(server), why }
}
