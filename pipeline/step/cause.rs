//! Why a unit was set aside: a short list of causes, each with what to do about it. The words label a
//! metric and stand in the ledger, so they never change.

use std::io::ErrorKind;

use super::StageError;
use crate::exchange::transport::TransportError;

/// A cause, in the order in which an error is looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cause {
    Panic,
    Exists,
    Permission,
    Missing,
    Full,
    Name,
    Stray,
    Locked,
    Key,
    Profile,
    Database,
    Broker,
    Unreachable,
    HostKey,
    Login,
    Objects,
    Other,
}

impl Cause {
    /// Every cause there is.
    pub const ALL: [Cause; 17] = [
        Cause::Panic,
        Cause::Exists,
        Cause::Permission,
        Cause::Missing,
        Cause::Full,
        Cause::Name,
        Cause::Stray,
        Cause::Locked,
        Cause::Key,
        Cause::Profile,
        Cause::Database,
        Cause::Broker,
        Cause::Unreachable,
        Cause::HostKey,
        Cause::Login,
        Cause::Objects,
        Cause::Other,
    ];

    /// The word in the ledger and on the metric.
    pub fn code(self) -> &'static str {
        match self {
            Cause::Panic => "panic",
            Cause::Exists => "exists",
            Cause::Permission => "permission",
            Cause::Missing => "missing",
            Cause::Full => "full",
            Cause::Name => "name",
            Cause::Stray => "stray",
            Cause::Locked => "locked",
            Cause::Key => "key",
            Cause::Profile => "profile",
            Cause::Database => "database",
            Cause::Broker => "broker",
            Cause::Unreachable => "unreachable",
            Cause::HostKey => "host_key",
            Cause::Login => "login",
            Cause::Objects => "objects",
            Cause::Other => "other",
        }
    }

    /// What it means.
    pub fn about(self) -> &'static str {
        match self {
            Cause::Panic => "the program met a bug",
            Cause::Exists => "something else has the name already",
            Cause::Permission => "it may not be read or written",
            Cause::Missing => "a file or folder is not there",
            Cause::Full => "there is no room where it goes",
            Cause::Name => "a name is too long or not possible",
            Cause::Stray => "it is no file that will be read",
            Cause::Locked => "something else holds a lock on it, or was quicker",
            Cause::Key => "what is encrypted cannot be opened",
            Cause::Profile => "the partner's profile does not allow it",
            Cause::Database => "the database refused it",
            Cause::Broker => "Kafka refused it",
            Cause::Unreachable => "the partner's server does not answer",
            Cause::HostKey => "the partner's server shows another key than agreed",
            Cause::Login => "the partner's server does not let us in",
            Cause::Objects => "the service that keeps objects does not answer as it should",
            Cause::Other => "see the message",
        }
    }

    /// What a person does about it.
    pub fn advice(self) -> &'static str {
        match self {
            Cause::Panic => "report it with the lines of the log around it; everything else goes on",
            Cause::Exists => "look who placed it, and move it away; nothing of it is overwritten",
            Cause::Permission => "give the worker's user the right to read and write there",
            Cause::Missing => "put it back, or mount what is missing",
            Cause::Full => "make room there",
            Cause::Name => "shorten the path or the pattern of names in the profile",
            Cause::Stray => "have it sent whole under the agreed name, or taken away; it is never read or moved",
            Cause::Locked => "end what holds the lock",
            Cause::Key => "restore the object or the keys it was encrypted with",
            Cause::Profile => "mend the profile, and start the workers again",
            Cause::Database => "see the message; the database's log says more",
            Cause::Broker => "see the message; the broker's log says more",
            Cause::Unreachable => "it is tried again by itself; ask the partner when it lasts",
            Cause::HostKey => "ask the partner by telephone whether it changed its key; nothing is sent before",
            Cause::Login => "have the partner enter our key, or correct the transport of its profile",
            Cause::Objects => "it is tried again by itself; see the message, and objects_store of the configuration",
            Cause::Other => "see the message",
        }
    }

    /// The cause of that word.
    pub fn named(code: &str) -> Option<Cause> {
        Cause::ALL.into_iter().find(|cause| cause.code() == code)
    }

    /// Why an error came about.
    pub fn of(error: &StageError) -> Cause {
        match error {
            StageError::Panicked => return Cause::Panic,
            StageError::Stray { .. } => return Cause::Stray,
            StageError::Transport(error) => return of_transport(error),
            StageError::Object(error) if error.is_of_service() => return Cause::Objects,
            StageError::Photo(error) if error.is_of_service() => return Cause::Objects,
            StageError::Ledger(error) if error.is_passing() => return Cause::Locked,
            _ => {}
        }
        if let Some(cause) = io_kind(error).and_then(of_io) {
            return cause;
        }
        match error {
            StageError::Ledger(_) => Cause::Database,
            StageError::Broker(_) => Cause::Broker,
            StageError::Envelope(_) | StageError::Key(_) | StageError::Object(_) | StageError::Photo(_) => Cause::Key,
            StageError::Partner(_) | StageError::Name(_) | StageError::Render { .. } => Cause::Profile,
            _ => Cause::Other,
        }
    }
}

fn of_transport(error: &TransportError) -> Cause {
    let lost = [ErrorKind::ConnectionAborted, ErrorKind::TimedOut, ErrorKind::BrokenPipe];
    match error {
        TransportError::OtherBytes { .. } => Cause::Exists,
        TransportError::Unreachable { .. } => Cause::Unreachable,
        TransportError::HostKey { .. } => Cause::HostKey,
        TransportError::Login { .. } | TransportError::Secret(_) => Cause::Login,
        TransportError::Name => Cause::Name,
        TransportError::Io { source, .. } if lost.contains(&source.kind()) => Cause::Unreachable,
        TransportError::Io { source, .. } => of_io(source.kind()).unwrap_or(Cause::Other),
        TransportError::OtherSize { .. } => Cause::Other,
    }
}

/// The kind of the I/O error that an error comes from.
fn io_kind(error: &StageError) -> Option<ErrorKind> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        cause = error.source();
    }
    None
}

fn of_io(kind: ErrorKind) -> Option<Cause> {
    Some(match kind {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Cause::Permission,
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory => Cause::Missing,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Cause::Full,
        ErrorKind::AlreadyExists => Cause::Exists,
        ErrorKind::InvalidFilename => Cause::Name,
        ErrorKind::ResourceBusy | ErrorKind::WouldBlock | ErrorKind::Deadlock => Cause::Locked,
        _ => return None,
    })
}
