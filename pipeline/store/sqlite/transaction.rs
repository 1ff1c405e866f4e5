//! A transaction of SQLite.

use futures_util::FutureExt;
use sqlx::SqliteConnection;

use super::soon::soon;
use super::taken::Taken;

/// What a transaction is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It takes the lock of the one writer before anything else.
    Write,
    Read,
}

/// A transaction and its connection. One that goes without its end is ended before the connection does anything else.
pub(crate) struct SqliteTransaction {
    pub(super) taken: Taken,
    purpose: Purpose,
    is_open: bool,
}

impl SqliteTransaction {
    /// One that has not begun.
    pub(super) fn new(taken: Taken, purpose: Purpose) -> SqliteTransaction {
        SqliteTransaction { taken, purpose, is_open: false }
    }

    /// Begins; `false` where this connection cannot, whatever is asked of it.
    pub(super) async fn begin(&mut self) -> Result<bool, sqlx::Error> {
        // Nobody knows what a beginning did that is not waited for.
        self.is_open = true;
        match soon(self.run(if self.purpose == Purpose::Write { "BEGIN IMMEDIATE" } else { "BEGIN" })).await {
            Ok(()) => Ok(true),
            Err(sqlx::Error::WorkerCrashed) => Ok(false),
            // SQLITE_ERROR: it is in a transaction. That another one writes would be SQLITE_BUSY.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("1") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The connection.
    pub fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.taken.connection()
    }

    /// Ends it.
    pub async fn end(mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        self.run(statement).await?;
        self.is_open = false;
        Ok(())
    }

    async fn run(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        sqlx::query(statement).execute(self.connection()?).await.map(|_| ())
    }
}

impl Drop for SqliteTransaction {
    fn drop(&mut self) {
        if self.is_open
            && let Ok(connection) = self.taken.connection()
        {
            // Asked once, it is on its way to the connection's thread, which does what it is told in turn. Where it never
            // gets there, the next transaction finds that it cannot begin.
            // Who only read has nothing to undo but the temporary tables, and with them everything that was parsed.
            let ending = if self.purpose == Purpose::Write { "ROLLBACK" } else { "COMMIT" };
            let _ = sqlx::query(ending).execute(connection).now_or_never();
        }
    }
}
