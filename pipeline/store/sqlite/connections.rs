//! The connections to a SQLite file. The one that was used last is taken first: what it parsed, its temporary tables
//! and the pages it read are still there, and work that follows itself needs no second one.
//!
//! Each is a pool of one connection, opened when it is first needed and replaced when it broke.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{Connection, Sqlite, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::DATABASE_CONNECTIONS;
use crate::store::LedgerError;

pub(crate) struct SqliteConnections {
    file: PathBuf,
    all: Vec<SqlitePool>,
    idle: Arc<Idle>,
    places: Arc<Semaphore>,
    /// How long to wait for one.
    patience: Duration,
}

/// Those that nobody uses, the one used last at the end.
struct Idle(Mutex<Vec<SqlitePool>>);

/// A transaction and its connection.
pub(crate) struct SqliteTransaction {
    pub transaction: Transaction<'static, Sqlite>,
    _taken: Taken,
}

/// A connection in use, given back when it goes.
pub(crate) struct Taken {
    pub connection: SqlitePool,
    idle: Arc<Idle>,
    _place: OwnedSemaphorePermit,
}

impl SqliteConnections {
    /// Connects once, so that whatever is wrong is reported now.
    pub async fn open(options: SqliteConnectOptions, patience: Duration) -> Result<SqliteConnections, LedgerError> {
        let connection = || {
            SqlitePoolOptions::new()
                .max_connections(1)
                // A full disk makes SQLite roll back by itself; the library then still believes in the transaction,
                // and the connection can begin no other. It is replaced.
                .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        };
        let first = connection().connect_with(options.clone()).await?;
        let others = (1..DATABASE_CONNECTIONS).map(|_| connection().connect_lazy_with(options.clone()));
        let all: Vec<_> = others.chain([first]).collect();
        let idle = Arc::new(Idle(Mutex::new(all.clone())));
        let places = Arc::new(Semaphore::new(DATABASE_CONNECTIONS as usize));
        Ok(SqliteConnections { file: options.get_filename().to_owned(), all, idle, places, patience })
    }

    /// A connection, for what is beside transactions. Who finds all in use waits.
    pub async fn take(&self) -> Result<Taken, LedgerError> {
        let place = tokio::time::timeout(self.patience, self.places.clone().acquire_owned()).await;
        let _place = place.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let connection = self.idle.take().ok_or(sqlx::Error::PoolTimedOut)?;
        Ok(Taken { connection, idle: self.idle.clone(), _place })
    }

    /// A transaction that begins with this statement.
    pub async fn begin(&self, statement: &'static str) -> Result<SqliteTransaction, LedgerError> {
        let taken = self.take().await?;
        Ok(SqliteTransaction { transaction: taken.connection.begin_with(statement).await?, _taken: taken })
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// How many are open, and how many of them nobody uses.
    pub fn figures(&self) -> (u32, u32) {
        (self.all.iter().map(SqlitePool::size).sum(), self.all.iter().map(SqlitePool::num_idle).sum::<usize>() as u32)
    }

    pub async fn close(&self) {
        for connection in &self.all {
            connection.close().await;
        }
    }
}

impl Idle {
    fn take(&self) -> Option<SqlitePool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn give_back(&self, connection: SqlitePool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.idle.give_back(self.connection.clone());
    }
}
