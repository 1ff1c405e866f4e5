//! A connection to a SQLite file in use, and those that nobody uses.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::SqliteConnection;
use tokio::sync::OwnedSemaphorePermit;

/// Those that nobody uses, the one used last at the end.
#[derive(Default)]
pub(super) struct Idle(Mutex<Vec<SqliteConnection>>);

/// A connection in use, given back when it goes.
pub(crate) struct Taken {
    /// `None` only where it could not be opened, or goes.
    pub(super) connection: Option<SqliteConnection>,
    pub(super) idle: Arc<Idle>,
    pub(super) _place: OwnedSemaphorePermit,
}

impl Taken {
    /// The connection.
    pub fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.idle.all().push(connection);
        }
    }
}

impl Idle {
    /// The one used last.
    pub(super) fn take(&self) -> Option<SqliteConnection> {
        self.all().pop()
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        self.all().len() as u32
    }

    fn all(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
