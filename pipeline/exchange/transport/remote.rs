//! What is asked of an SFTP server, one question after the other.

use std::io::{Error as IoError, ErrorKind};

use cardline_core::file_formats::Mode;
use russh_sftp::client::SftpSession;
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::{FileAttributes, OpenFlags, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Entry, Published, TransportError};
use crate::crash::{self, DurableAct};

/// A server that is connected to, with its address for what is told.
pub(super) struct Remote<'s> {
    pub(super) sftp: &'s SftpSession,
    pub(super) server: &'s str,
}

/// Where a file goes, and what it is called until it is whole.
pub(super) struct Target {
    pub(super) path: String,
    part: String,
}

impl Target {
    pub(super) fn new(folder: &str, name: &str) -> Target {
        let path = format!("{}/{name}", folder.trim_end_matches('/'));
        Target { part: format!("{path}.part"), path }
    }
}

impl Remote<'_> {
    pub(super) async fn list(&self, folder: &str) -> Result<Vec<Entry>, TransportError> {
        let found = self.sftp.read_dir(folder).await.map_err(|error| self.failed(folder, error))?;
        let entry = |about: &FileAttributes, name: String| Entry {
            name,
            bytes: about.len(),
            // A server that says nothing of rights says nothing of links either.
            is_plain: about.permissions.is_none() || about.file_type().is_file(),
            changed: about.mtime.map(i64::from),
        };
        Ok(found.map(|found| entry(&found.metadata(), found.file_name())).collect())
    }

    pub(super) async fn get(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, TransportError> {
        // The server follows links when it opens; we do not.
        let Some(about) = self.about(path).await? else { return Ok(None) };
        if about.permissions.is_some() && !about.file_type().is_file() {
            let error = IoError::new(ErrorKind::InvalidInput, "this is no plain file; have it moved away");
            return Err(self.io(path, error));
        }
        let file = match self.sftp.open(path).await {
            Err(SftpError::Status(status)) if status.status_code == StatusCode::NoSuchFile => return Ok(None),
            opened => opened.map_err(|error| self.failed(path, error))?,
        };
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes).await.map_err(|error| self.io(path, error))?;
        Ok(Some(bytes))
    }

    /// Places bytes under the target's name, unless something lies there.
    pub(super) async fn publish(&self, at: &Target, bytes: &[u8], mode: Mode) -> Result<Published, TransportError> {
        if let Some(lying) = self.about(&at.path).await? {
            let published = self.same(&at.path, &lying, bytes).await?;
            // A server that died between the two halves of a rename left both names.
            self.remove(&at.part).await?;
            return Ok(published);
        }
        self.upload(at, bytes, mode).await?;
        let (part, lying) = futures_util::future::join(self.about(&at.part), self.about(&at.path)).await;
        let (found, sent) = (part?.map_or(0, |part| part.len()), bytes.len() as u64);
        if found != sent {
            self.remove(&at.part).await?;
            return Err(TransportError::OtherSize { path: self.shown(&at.part), sent, found });
        }
        if let Some(lying) = lying? {
            self.remove(&at.part).await?;
            return self.same(&at.path, &lying, bytes).await;
        }
        crash::before(DurableAct::Place);
        if let Err(error) = self.sftp.rename(&at.part, &at.path).await {
            let error = self.failed(&at.path, error);
            // The server gives one word for everything; what lies there says what happened.
            let Some(lying) = self.about(&at.path).await? else { return Err(error) };
            self.remove(&at.part).await?;
            return self.same(&at.path, &lying, bytes).await;
        }
        crash::after(DurableAct::Place);
        Ok(Published::Now)
    }

    async fn upload(&self, at: &Target, bytes: &[u8], mode: Mode) -> Result<(), TransportError> {
        let flags = OpenFlags::CREATE | OpenFlags::EXCLUDE | OpenFlags::WRITE;
        let about = || FileAttributes { permissions: Some(mode.bits()), ..FileAttributes::empty() };
        let open = async || self.sftp.open_with_flags_and_attributes(&at.part, flags, about()).await;
        let mut file = match open().await {
            Ok(file) => file,
            // An earlier try left it; it is begun anew.
            Err(SftpError::Status(status)) if status.status_code == StatusCode::Failure => {
                self.remove(&at.part).await?;
                open().await.map_err(|error| self.failed(&at.part, error))?
            }
            Err(error) => return Err(self.failed(&at.part, error)),
        };
        let written = async {
            file.write_all(bytes).await?;
            file.flush().await?;
            // Does nothing on a server that has no such call.
            file.sync_all().await.map_err(IoError::from)?;
            file.close().await
        };
        if let Err(error) = written.await {
            let error = self.io(&at.part, error);
            if !error.ends_the_connection() {
                self.remove(&at.part).await?;
            }
            return Err(error);
        }
        Ok(())
    }

    /// What lies under a name, links not followed; `None` where nothing does.
    async fn about(&self, path: &str) -> Result<Option<FileAttributes>, TransportError> {
        match self.sftp.symlink_metadata(path).await {
            Ok(about) => Ok(Some(about)),
            Err(SftpError::Status(status)) if status.status_code == StatusCode::NoSuchFile => Ok(None),
            Err(error) => Err(self.failed(path, error)),
        }
    }

    /// What lies there is read only where it can be ours.
    async fn same(&self, path: &str, lying: &FileAttributes, bytes: &[u8]) -> Result<Published, TransportError> {
        let (is_link, size) = (lying.permissions.is_some() && !lying.file_type().is_file(), bytes.len() as u64);
        if is_link || lying.len() != size || self.get(path, size).await?.as_deref() != Some(bytes) {
            return Err(TransportError::OtherBytes { path: self.shown(path) });
        }
        Ok(Published::Before)
    }

    pub(super) async fn remove(&self, path: &str) -> Result<(), TransportError> {
        crash::before(DurableAct::Remove);
        match self.sftp.remove_file(path).await {
            Err(SftpError::Status(status)) if status.status_code == StatusCode::NoSuchFile => {}
            removed => removed.map_err(|error| self.failed(path, error))?,
        }
        crash::after(DurableAct::Remove);
        Ok(())
    }

    /// Moves a file; one that is gone was moved before. Under the new name nothing is overwritten.
    pub(super) async fn move_away(&self, from: &str, to: &str) -> Result<(), TransportError> {
        crash::before(DurableAct::Archive);
        if let Err(error) = self.sftp.rename(from, to).await {
            let error = self.failed(from, error);
            let (from_lies, to_lies) = (self.about(from).await?, self.about(to).await?);
            match (from_lies, to_lies) {
                (None, _) => {}
                // The server died between the two halves, or the same file was archived before.
                (Some(one), Some(other)) if one.len() == other.len() => self.remove(from).await?,
                _ => return Err(error),
            }
        }
        crash::after(DurableAct::Archive);
        Ok(())
    }

    fn shown(&self, path: &str) -> String {
        format!("{} on {}", path, self.server)
    }

    fn failed(&self, path: &str, error: SftpError) -> TransportError {
        self.io(path, IoError::new(kind_of(&error), said(&error)))
    }

    fn io(&self, path: &str, source: IoError) -> TransportError {
        // What reads and writes wraps what the server said.
        let told = source.get_ref().and_then(|inner| inner.downcast_ref::<SftpError>());
        let source = match told {
            Some(error) => IoError::new(kind_of(error), said(error)),
            // The library hands on the server's own words, which may hold anything.
            None if source.get_ref().is_some() => IoError::new(source.kind(), UNTOLD),
            None => source,
        };
        TransportError::Io { path: self.shown(path), source }
    }
}

fn kind_of(error: &SftpError) -> ErrorKind {
    match error {
        SftpError::Status(status) => match status.status_code {
            StatusCode::NoSuchFile => ErrorKind::NotFound,
            StatusCode::PermissionDenied => ErrorKind::PermissionDenied,
            StatusCode::OpUnsupported => ErrorKind::Unsupported,
            StatusCode::NoConnection | StatusCode::ConnectionLost => ErrorKind::ConnectionAborted,
            StatusCode::Ok | StatusCode::Eof | StatusCode::Failure | StatusCode::BadMessage => ErrorKind::Other,
        },
        SftpError::Timeout => ErrorKind::TimedOut,
        SftpError::Limited(_) => ErrorKind::InvalidInput,
        SftpError::IO(_) | SftpError::UnexpectedPacket | SftpError::UnexpectedBehavior(_) => {
            ErrorKind::ConnectionAborted
        }
    }
}

/// What stands for words that are not repeated.
const UNTOLD: &str = "the server did not take it, or the connection broke. Its disk or our share of it may be full";

/// A server's own words may hold anything; its code is enough.
fn said(error: &SftpError) -> String {
    match error {
        SftpError::Status(status) if status.status_code == StatusCode::Failure => {
            "the server says only: failure. Its disk or our share of it may be full".into()
        }
        SftpError::Status(status) => format!("the server says: {}", status.status_code).to_lowercase(),
        SftpError::Timeout => "the server did not answer in time".into(),
        _ => "the connection broke".into(),
    }
}
