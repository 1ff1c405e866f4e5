//! A connection to a SQLite file in use, and those that nobody uses.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::SqliteConnection;
use tokio::sync::OwnedSemaphorePermit;

/// Those that nobody uses, the one used last at the end.
#[derive(Default)]
pub(super) struct Idle {
    connections: Mutex<Vec<SqliteConnection>>,
    /// Those in use, too.
    open: AtomicU32,
}

/// A connection in use, given back when it goes.
pub(crate) struct Taken {
    /// `None` only where it could not be opened, or goes.
    connection: Option<SqliteConnection>,
    idle: Arc<Idle>,
    _place: OwnedSemaphorePermit,
}

impl Taken {
    /// The connection that was used last, if there is one.
    pub(super) fn of(idle: &Arc<Idle>, place: OwnedSemaphorePermit) -> Taken {
        Taken { connection: idle.take(), idle: idle.clone(), _place: place }
    }

    /// The connection.
    pub fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Lets go of the connection; its own thread closes it, and undoes what was not committed.
    pub(super) fn close(&mut self) {
        if self.connection.take().is_some() {
            self.idle.open.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Takes over a connection that was opened for it.
    pub(super) fn open(&mut self, connection: SqliteConnection) {
        self.connection = Some(connection);
        self.idle.open.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.idle.give_back(connection);
        }
    }
}

impl Idle {
    fn take(&self) -> Option<SqliteConnection> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn give_back(&self, connection: SqliteConnection) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    /// One to be closed: it is not counted any more.
    pub(super) fn take_out(&self) -> Option<SqliteConnection> {
        let connection = self.take()?;
        self.open.fetch_sub(1, Ordering::Relaxed);
        Some(connection)
    }

    /// How many are open, and how many of them nobody uses.
    pub(super) fn figures(&self) -> (u32, u32) {
        let idle = self.connections.lock().unwrap_or_else(PoisonError::into_inner).len();
        (self.open.load(Ordering::Relaxed), idle as u32)
    }
}
