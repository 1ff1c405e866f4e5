//! A partner's SFTP server.
//!
//! Publishing: the bytes go to `NAME.part`, are flushed, kept on the disk where
//! the server can, and counted; then the name is given by a rename that refuses to overwrite, also on a server whose
//! rename would overwrite. What an earlier try left is recognised by its bytes, whatever was lost of the replies.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cardline_core::file_formats::{Mode, SftpServer};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use super::remote::{Remote, Target};
use super::session::{Session, shown};
use super::{Entry, Place, Published, Transport, TransportError, is_plain_name};
use crate::limits::{KNOCK_REST_SECONDS, KNOCK_REST_SECONDS_MAX};

/// One partner's server. It is connected to when something is asked of it, and the connection is kept.
pub(super) struct SftpTransport {
    server: SftpServer,
    secrets: PathBuf,
    connection: Mutex<Connection>,
}

#[derive(Default)]
enum Connection {
    #[default]
    None,
    Open(Arc<Session>),
    /// We are not let in, and do not knock again before this: who tries too often is locked out.
    Refused {
        error: TransportError,
        until: Instant,
        rest: Duration,
    },
}

impl SftpTransport {
    pub(super) fn new(server: &SftpServer, secrets: &Path) -> SftpTransport {
        SftpTransport { server: server.clone(), secrets: secrets.into(), connection: Mutex::default() }
    }

    async fn session(&self) -> Result<Arc<Session>, TransportError> {
        let mut connection = self.connection.lock().await;
        let mut rest = Duration::from_secs(KNOCK_REST_SECONDS);
        match &*connection {
            Connection::Open(session) if session.is_open() => return Ok(session.clone()),
            Connection::Refused { error, until, .. } if Instant::now() < *until => {
                return Err(error.repeated().unwrap_or(TransportError::Name));
            }
            Connection::Refused { rest: before, .. } => {
                rest = (*before * 2).min(Duration::from_secs(KNOCK_REST_SECONDS_MAX))
            }
            Connection::Open(_) | Connection::None => {}
        }
        match Session::open(&self.server, &self.secrets).await {
            Ok(session) => {
                let session = Arc::new(session);
                *connection = Connection::Open(session.clone());
                Ok(session)
            }
            Err(error) => {
                *connection = match error.repeated() {
                    Some(error) => Connection::Refused { error, until: Instant::now() + rest, rest },
                    None => Connection::None,
                };
                Err(error)
            }
        }
    }

    /// Asks the server; a connection that failed is not used again.
    async fn ask<T>(
        &self,
        work: impl AsyncFnOnce(Remote<'_>) -> Result<T, TransportError>,
    ) -> Result<T, TransportError> {
        let session = self.session().await?;
        let result = work(Remote { sftp: &session.sftp, server: &shown(&self.server) }).await;
        if result.as_ref().is_err_and(TransportError::ends_the_connection) {
            let mut connection = self.connection.lock().await;
            if matches!(&*connection, Connection::Open(open) if Arc::ptr_eq(open, &session)) {
                *connection = Connection::None;
            }
            drop(connection);
            session.close().await;
        }
        result
    }

    /// The folder as the server knows it; none for an archive that the partner does not keep.
    fn folder(&self, place: Place) -> Option<&str> {
        match place {
            Place::To => Some(&self.server.to),
            Place::From => Some(&self.server.from),
            Place::Archive => self.server.archive.as_deref(),
        }
    }

    fn target(&self, place: Place, name: &str) -> Result<Target, TransportError> {
        let folder = self.folder(place).filter(|_| is_plain_name(name)).ok_or(TransportError::Name)?;
        Ok(Target::new(folder, name))
    }
}

impl Transport for SftpTransport {
    fn begin_anew(&self) -> BoxFuture<'_, ()> {
        async move { *self.connection.lock().await = Connection::None }.boxed()
    }

    fn list(&self, place: Place) -> BoxFuture<'_, Result<Vec<Entry>, TransportError>> {
        async move {
            let Some(folder) = self.folder(place) else { return Ok(Vec::new()) };
            let mut lying = self.ask(async |remote| remote.list(folder).await).await?;
            // An archive may lie in another of its folders, and is nothing that was left there.
            let archive = self.server.archive.as_deref().map(|path| path.trim_end_matches('/'));
            let within =
                archive.and_then(|path| path.rsplit_once('/')).filter(|(of, _)| *of == folder.trim_end_matches('/'));
            lying.retain(|entry| entry.is_plain || within.is_none_or(|(_, name)| entry.name != name));
            Ok(lying)
        }
        .boxed()
    }

    fn get<'a>(
        &'a self,
        place: Place,
        name: &'a str,
        most: u64,
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, TransportError>> {
        async move {
            let target = self.target(place, name)?;
            self.ask(async |remote| remote.get(&target.path, most).await).await
        }
        .boxed()
    }

    fn put_if_absent<'a>(
        &'a self,
        place: Place,
        name: &'a str,
        bytes: &'a [u8],
        mode: Mode,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        async move {
            let target = self.target(place, name)?;
            self.ask(async |remote| remote.publish(&target, bytes, mode).await).await
        }
        .boxed()
    }

    fn remove<'a>(&'a self, place: Place, name: &'a str) -> BoxFuture<'a, Result<(), TransportError>> {
        async move {
            let target = self.target(place, name)?;
            self.ask(async |remote| remote.remove(&target.path).await).await
        }
        .boxed()
    }

    fn archive<'a>(&'a self, name: &'a str, archived: &'a str) -> BoxFuture<'a, Result<(), TransportError>> {
        async move {
            let from = self.target(Place::From, name)?;
            if self.server.archive.is_none() {
                return self.ask(async |remote| remote.remove(&from.path).await).await;
            }
            let to = self.target(Place::Archive, archived)?;
            self.ask(async |remote| remote.move_away(&from.path, &to.path).await).await
        }
        .boxed()
    }
}
