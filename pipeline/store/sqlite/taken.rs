//! A connection to a SQLite file in use, and those that nobody uses.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use sqlx::SqliteConnection;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use super::soon::soon;

/// Those that nobody uses, the one used last at the end.
#[derive(Default)]
pub(super) struct Idle(Mutex<Vec<SqliteConnection>>);

/// A connection in use, given back when it goes and its thread has nothing more to do.
pub(crate) struct Taken {
    /// `None` only where it could not be opened, or goes.
    pub(super) connection: Option<SqliteConnection>,
    /// What it is told where it goes while it may still be at work: nobody interrupts a statement that is not waited
    /// for any more.
    pub(super) ending: Option<&'static str>,
    pub(super) idle: Arc<Idle>,
    /// Its place, and the turn of a writer.
    pub(super) held: Vec<OwnedSemaphorePermit>,
}

impl Taken {
    /// The connection.
    pub fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let Some(ending) = self.ending else { return self.idle.give_back(connection) };
        // Most often it is answered at once.
        if soon(sqlx::query(ending).execute(&mut connection)).now_or_never().is_some() {
            return self.idle.give_back(connection);
        }
        // Without a runtime its own thread closes it, which undoes what was not committed.
        let Ok(runtime) = Handle::try_current() else { return };
        let (idle, held) = (self.idle.clone(), std::mem::take(&mut self.held));
        runtime.spawn(async move {
            // It does what it is told in turn. Where it cannot, the next transaction finds that it cannot begin.
            let _ended = sqlx::query(ending).execute(&mut connection).await;
            idle.give_back(connection);
            drop(held);
        });
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

    fn give_back(&self, connection: SqliteConnection) {
        self.all().push(connection);
    }

    fn all(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
