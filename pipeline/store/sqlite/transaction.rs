//! A transaction of SQLite.

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
}

impl SqliteTransaction {
    /// One that has not begun.
    pub(super) fn new(taken: Taken, purpose: Purpose) -> SqliteTransaction {
        SqliteTransaction { taken, purpose }
    }

    /// Begins; `false` where this connection cannot, whatever is asked of it.
    pub(super) async fn begin(&mut self) -> Result<bool, sqlx::Error> {
        // Nobody knows what a beginning did that is not waited for. Who only read has nothing to undo but the temporary
        // tables, and with them everything that was parsed.
        let (begin, ending) = match self.purpose {
            Purpose::Write => ("BEGIN IMMEDIATE", "ROLLBACK"),
            Purpose::Read => ("BEGIN", "COMMIT"),
        };
        self.taken.ending = Some(ending);
        match soon(self.run(begin)).await {
            Ok(()) => Ok(true),
            Err(sqlx::Error::WorkerCrashed) => Ok(false),
            // It is in a transaction. That another one writes would be SQLITE_BUSY.
            Err(error) if is_misplaced(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The connection.
    pub fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.taken.connection()
    }

    /// Commits it.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.run("COMMIT").await?;
        self.taken.ending = None;
        Ok(())
    }

    /// Undoes it; a full disk may have done so already.
    pub async fn roll_back(mut self) -> Result<(), sqlx::Error> {
        match self.run("ROLLBACK").await {
            Err(error) if !is_misplaced(&error) => return Err(error),
            _ => self.taken.ending = None,
        }
        Ok(())
    }

    async fn run(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        sqlx::query(statement).execute(self.connection()?).await.map(|_| ())
    }
}

/// SQLITE_ERROR: a beginning within a transaction, or an end without one.
fn is_misplaced(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("1"))
}
