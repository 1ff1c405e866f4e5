//! How a partner's folders are reached: a folder on our side, or its SFTP server. Whoever places, lists or fetches
//! files asks a [`Transport`] and does not know which it is.
//!
//! Invariants: nothing is overwritten; what lies under its final name is whole; a name never leads out of its folder.

mod error;
mod folder;
mod host_keys;
pub(in crate::exchange) mod plain_files;
mod remote;
mod session;
mod sftp;

use std::path::Path;
use std::sync::Arc;

use cardline_core::file_formats::{Mode, Wire};
use futures_util::future::BoxFuture;

pub use error::TransportError;
use folder::FolderTransport;
use sftp::SftpTransport;

/// One of a partner's folders.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// Files from us.
    To,
    /// Files for us.
    From,
    /// Files for us that are settled.
    Archive,
}

/// What lies in a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    pub name: String,
    pub bytes: u64,
    /// A plain file: no link, folder or pipe.
    pub is_plain: bool,
    /// When its content was last changed, seconds since 1970 UTC by the clock over there; none where it does not say.
    pub changed: Option<i64>,
}

/// What a publication found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// Placed now.
    Now,
    /// The same bytes already lay there: an earlier try got that far.
    Before,
}

/// What is done at a partner's.
pub trait Transport: Send + Sync {
    /// Forgets what went wrong before: the next question begins with a new connection.
    fn begin_anew(&self) -> BoxFuture<'_, ()>;

    /// Everything in a folder, in no order; without what a listing says of the folder itself.
    fn list(&self, place: Place) -> BoxFuture<'_, Result<Vec<Entry>, TransportError>>;

    /// What lies under a name; `None` where nothing does. At most one byte more than `most` is read.
    fn get<'a>(
        &'a self,
        place: Place,
        name: &'a str,
        most: u64,
    ) -> BoxFuture<'a, Result<Option<Vec<u8>>, TransportError>>;

    /// Places bytes under a name, whole or not at all, unless something lies there.
    fn put_if_absent<'a>(
        &'a self,
        place: Place,
        name: &'a str,
        bytes: &'a [u8],
        mode: Mode,
    ) -> BoxFuture<'a, Result<Published, TransportError>>;

    /// Removes what lies under a name; nothing there is as good.
    fn remove<'a>(&'a self, place: Place, name: &'a str) -> BoxFuture<'a, Result<(), TransportError>>;

    /// Moves a settled file out of [`Place::From`] and into [`Place::Archive`], or away where there is none. It may
    /// be gone already.
    fn archive<'a>(&'a self, name: &'a str, archived: &'a str) -> BoxFuture<'a, Result<(), TransportError>>;
}

/// The transport of a profile. `folder` is the partner's on our side, `secrets` where relative paths of secrets lie.
pub fn transport(wire: &Wire, folder: &Path, secrets: &Path) -> Arc<dyn Transport> {
    match wire {
        Wire::Folder => Arc::new(FolderTransport::new(folder)),
        Wire::Sftp(server) => Arc::new(SftpTransport::new(server, secrets)),
    }
}

/// Whether a name stays in its folder.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && name.len() <= 255 && !name.contains(['/', '\\', '\0'])
}
