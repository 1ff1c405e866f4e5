//! What can stop a step. A bad record or a bad file is no error: it is a finding, settled as such.

use std::io::ErrorKind;
use std::sync::Arc;

use cardline_core::domain::calendar::CalendarFault;
use cardline_core::domain::policy::PolicyError;
use cardline_core::domain::reference::ReferenceFault;
use cardline_core::file_formats::{NameFault, RenderFault};

use super::production::ProductionError;
use crate::crypto::envelope_keys::EnvelopeKeyError;
use crate::crypto::key_error::KeyError;
use crate::crypto::objects::ObjectError;
use crate::exchange::PartnerError;
use crate::exchange::envelopes::{ReportError, SealError};
use crate::exchange::strays::Stray;
use crate::exchange::transport::TransportError;
use crate::kafka::BrokerError;
use crate::reference::tables::TablesError;
use crate::store::LedgerError;

/// An error of a step, with its cause.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Broker(#[from] BrokerError),
    #[error(transparent)]
    Partner(#[from] PartnerError),
    #[error(transparent)]
    Production(#[from] ProductionError),
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error(transparent)]
    Envelope(#[from] EnvelopeKeyError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// None of a run's photos can be read, and why the first cannot.
    #[error(transparent)]
    Photo(Arc<ObjectError>),
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error("reference data: {0}")]
    Reference(#[from] ReferenceFault),
    #[error("calendar: {0}")]
    Calendar(#[from] CalendarFault),
    #[error("{0}")]
    Name(#[from] NameFault),
    #[error("rendering {file}: {fault}")]
    Render { file: String, fault: RenderFault },
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    /// At a partner's folder: what fails there concerns nobody else.
    #[error("{path}: {source}; it is tried again")]
    Exchange { path: String, source: std::io::Error },
    #[error("{path}: {stray}")]
    Stray { path: String, stray: Stray },
    #[error("the program met a bug while it worked on this; nothing was settled, and the log says where")]
    Panicked,
    #[error("{0}")]
    Shape(String),
}

impl From<ReportError> for StageError {
    fn from(error: ReportError) -> StageError {
        match error {
            ReportError::Key(error) => error.into(),
            ReportError::Io(error) => StageError::file("an error report", error),
            ReportError::Place(error) => error.into(),
        }
    }
}

impl From<SealError> for StageError {
    fn from(error: SealError) -> StageError {
        match error {
            SealError::Key(error) => error.into(),
            SealError::Object(error) => error.into(),
        }
    }
}

impl From<TablesError> for StageError {
    fn from(error: TablesError) -> StageError {
        match error {
            TablesError::Ledger(error) => error.into(),
            TablesError::Reference(fault) => fault.into(),
            TablesError::Calendar(fault) => fault.into(),
        }
    }
}

impl StageError {
    /// Whether the driver may try the same unit again: nothing was written.
    pub fn is_passing(&self) -> bool {
        match self {
            StageError::Ledger(error) => error.is_passing(),
            _ => false,
        }
    }

    /// Whether a person stopped this while it was under way: nothing was written, and nothing failed.
    pub fn is_overruled(&self) -> bool {
        matches!(self, StageError::Ledger(LedgerError::OnHold { .. }))
    }

    /// Whether the machine, not the work, is at fault: the database is away, or a disk is full. The
    /// worker rests, and goes on by itself.
    pub fn is_outage(&self) -> bool {
        if let StageError::Ledger(error) = self
            && error.is_outage()
        {
            return true;
        }
        // A partner's folder may lie on a disk of its own; a full disk of ours is seen by itself.
        if matches!(self, StageError::Exchange { .. } | StageError::Transport(_)) {
            return false;
        }
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            if let Some(io) = error.downcast_ref::<std::io::Error>() {
                return matches!(io.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
            }
            cause = error.source();
        }
        false
    }

    /// Whether a partner's server as a whole is at fault, and none of its files goes.
    pub fn is_of_server(&self) -> bool {
        matches!(self, StageError::Transport(error) if error.is_of_server())
    }

    /// An I/O error at a path of a partner's folder.
    pub fn exchange(path: &std::path::Path, source: std::io::Error) -> StageError {
        StageError::Exchange { path: path.display().to_string(), source }
    }

    /// An I/O error at a path.
    pub fn file(path: impl std::fmt::Display, source: std::io::Error) -> StageError {
        StageError::File { path: path.to_string(), source }
    }
}
