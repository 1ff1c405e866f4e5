//! What can go wrong in the ledger.

use std::path::PathBuf;

use super::TopicIdentity;

/// An error of the ledger. It never carries a bound value, only statements and names.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("the database address must be sqlite:PATH or postgres://…; set CARDLINE_DATABASE")]
    Address,
    #[error("cannot make the folder {folder} for the database: {source}")]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("database, at `{statement}`: {source}")]
    Statement { statement: String, source: sqlx::Error },
    #[error("bringing the schema up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("the lease on {work} was taken over by another worker; nothing was written")]
    Fenced { work: String },
    #[error("{life}: no edge from {from} to {to}; see `cardline states`")]
    NoEdge { life: &'static str, from: String, to: String },
    #[error("{life}: {expected} were to move from {from} to {to}, but {found} stood there")]
    LostRace { life: &'static str, from: String, to: String, expected: i64, found: i64 },
    #[error("{topic}, partition {partition}: the stored position is not {expected}; another worker was here")]
    OffsetMoved { topic: String, partition: i64, expected: i64 },
    #[error(
        "{topic} is not the topic whose positions are stored: it was made anew, or this is another cluster \
         (stored: {known}; found: {found}). Nothing was read of it. Look with `cardline topic list`, then \
         `cardline topic accept {topic} --reason TEXT --as USER`"
    )]
    OtherTopic { topic: String, known: Box<TopicIdentity>, found: Box<TopicIdentity> },
    #[error(
        "{topic} went on, or somebody accepted it, in between; nothing was written: look again with `cardline topic list`"
    )]
    AcceptedMeanwhile { topic: String },
    #[error("another import came in between; nothing was written: look at the preview again")]
    ImportedMeanwhile,
    #[error("{expected} messages were to be taken out of the quarantine, but {found} still stood in it; look again")]
    Taken { expected: i64, found: i64 },
    #[error("stored value out of shape: {0}")]
    Shape(String),
}

impl LedgerError {
    pub(super) fn sql(statement: &'static str, source: sqlx::Error) -> LedgerError {
        let short: String = statement.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect();
        LedgerError::Statement { statement: short, source }
    }

    fn source_error(&self) -> Option<&sqlx::Error> {
        match self {
            LedgerError::Database(source) | LedgerError::Statement { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Whether the same unit of work may simply be tried again: the transaction left no trace.
    pub fn is_passing(&self) -> bool {
        if matches!(self, LedgerError::OffsetMoved { .. } | LedgerError::LostRace { .. } | LedgerError::Taken { .. }) {
            return true;
        }
        match self.source_error() {
            Some(sqlx::Error::Database(e)) => {
                matches!(e.code().as_deref(), Some("40001" | "40P01" | "57P01" | "5" | "517"))
                    || e.is_unique_violation()
            }
            Some(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut) => true,
            _ => false,
        }
    }
}
