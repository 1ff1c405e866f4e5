//! The connections to a SQLite file. The one that was used last is taken first: what it parsed, its temporary tables
//! and the pages it read are still there, and work that follows itself needs no second one.
//!
//! They are opened when they are first needed, and replaced when they broke.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::taken::{Idle, Taken};
use super::transaction::{Purpose, SqliteTransaction};
use crate::limits::DATABASE_CONNECTIONS;
use crate::store::LedgerError;

pub(crate) struct SqliteConnections {
    options: SqliteConnectOptions,
    idle: Arc<Idle>,
    places: Arc<Semaphore>,
    /// Writers take turns, in the order they came: SQLite has one at a time and lets chance choose among those who wait,
    /// and each would wait in a place that a reader could have.
    writers: Arc<Semaphore>,
    /// How long to wait for one.
    patience: Duration,
}

impl SqliteConnections {
    /// Connects once, so that whatever is wrong is reported now.
    pub async fn open(options: SqliteConnectOptions, patience: Duration) -> Result<SqliteConnections, LedgerError> {
        let places = Arc::new(Semaphore::new(DATABASE_CONNECTIONS as usize));
        let writers = Arc::new(Semaphore::new(1));
        let mut connections = SqliteConnections { options, idle: Arc::default(), places, writers, patience };
        connections.take().await?;
        // It is there now. Where it has gone, another one would be an empty ledger.
        connections.options = connections.options.create_if_missing(false);
        Ok(connections)
    }

    /// A connection. Who finds all in use waits.
    pub async fn take(&self) -> Result<Taken, LedgerError> {
        let place = tokio::time::timeout(self.patience, self.places.clone().acquire_owned()).await;
        let place = place.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let (connection, idle) = (self.idle.take(), self.idle.clone());
        let mut taken = Taken { connection, ending: Some("SELECT 1"), idle, held: vec![place] };
        if taken.connection.is_none() {
            self.replace(&mut taken).await?;
        }
        Ok(taken)
    }

    /// A transaction. A connection that cannot begin one (its thread ended, or it still is in another because nothing
    /// could be written) is replaced.
    pub async fn begin(&self, purpose: Purpose) -> Result<SqliteTransaction, LedgerError> {
        let turn = if purpose == Purpose::Write { Some(self.turn().await?) } else { None };
        let mut taken = self.take().await?;
        taken.held.extend(turn);
        let mut begun = SqliteTransaction::new(taken, purpose);
        if !begun.begin().await? {
            self.replace(&mut begun.taken).await?;
            begun.begin().await?.then_some(()).ok_or(sqlx::Error::BeginFailed)?;
        }
        Ok(begun)
    }

    /// The turn of a writer of this process; those of others are waited for as SQLite does it.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, LedgerError> {
        let turn = tokio::time::timeout(self.patience, self.writers.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| LedgerError::WriterBusy { seconds: self.patience.as_secs() })?;
        Ok(turn.map_err(|_| sqlx::Error::PoolClosed)?)
    }

    /// Lets go of the connection, if there is one, whose own thread closes it and undoes what was not committed; opens
    /// another.
    async fn replace(&self, taken: &mut Taken) -> Result<(), LedgerError> {
        taken.connection = None;
        taken.connection = Some(self.options.connect().await?);
        Ok(())
    }

    /// The file.
    pub fn file(&self) -> &Path {
        self.options.get_filename()
    }

    /// How many are open, and how many of them nobody uses.
    pub fn figures(&self) -> (u32, u32) {
        let idle = self.idle.count();
        (idle + DATABASE_CONNECTIONS - self.places.available_permits() as u32, idle)
    }

    /// Waits until nobody uses one, and closes all. None is opened any more.
    pub async fn close(&self) {
        let all = self.places.acquire_many(DATABASE_CONNECTIONS).await;
        self.places.close();
        self.writers.close();
        drop(all);
        while let Some(connection) = self.idle.take() {
            // It is closed in either case; what could not be written back stays in the log beside the file.
            if let Err(error) = connection.close().await {
                tracing::debug!(%error, "a connection to the ledger's file ended badly");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::Opening;
    use crate::store::sqlite::options::options;
    use crate::store::timeouts::Timeouts;

    async fn opened(folder: &Path) -> SqliteConnections {
        let options = options(&folder.join("cardline.db"), Opening::Make, Timeouts::default()).await.unwrap();
        SqliteConnections::open(options, Duration::from_millis(200)).await.unwrap()
    }

    async fn run(begun: &mut SqliteTransaction, sql: &'static str) -> Result<u64, sqlx::Error> {
        sqlx::query(sql).execute(begun.connection()?).await.map(|done| done.rows_affected())
    }

    /// Waits until nobody uses one and nothing is still at work; how many there are.
    async fn settled(connections: &SqliteConnections) -> u32 {
        while connections.figures().0 != connections.figures().1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        connections.figures().1
    }

    async fn cards(connections: &SqliteConnections) -> i64 {
        let mut reading = connections.begin(Purpose::Read).await.unwrap();
        let cards =
            sqlx::query_scalar("SELECT count(*) FROM card").fetch_one(reading.connection().unwrap()).await.unwrap();
        reading.commit().await.unwrap();
        cards
    }

    #[tokio::test]
    async fn what_a_writer_leaves_without_its_end_is_undone_and_the_next_one_writes_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let connections = opened(folder.path()).await;
        let mut first = connections.begin(Purpose::Write).await.unwrap();
        run(&mut first, "CREATE TABLE card (id INTEGER)").await.unwrap();
        first.commit().await.unwrap();
        for _ in 0..50 {
            let mut left = connections.begin(Purpose::Write).await.unwrap();
            run(&mut left, "INSERT INTO card VALUES (1)").await.unwrap();
            drop(left);
            let mut next = connections.begin(Purpose::Write).await.unwrap();
            assert_eq!(run(&mut next, "DELETE FROM card").await.unwrap(), 0);
            next.commit().await.unwrap();
        }
        assert_eq!(cards(&connections).await, 0);
        assert!((1..=DATABASE_CONNECTIONS).contains(&settled(&connections).await));
    }

    #[tokio::test]
    async fn who_gives_up_waiting_to_write_leaves_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let connections = opened(folder.path()).await;
        let writing = connections.begin(Purpose::Write).await.unwrap();
        let waited = tokio::time::timeout(Duration::from_millis(20), connections.begin(Purpose::Write)).await;
        assert!(waited.is_err(), "another one writes");
        writing.commit().await.unwrap();
        for _ in 0..DATABASE_CONNECTIONS {
            connections.begin(Purpose::Write).await.unwrap().commit().await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_connection_that_cannot_begin_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let connections = opened(folder.path()).await;
        settled(&connections).await;
        let mut taken = connections.take().await.unwrap();
        sqlx::query("BEGIN").execute(taken.connection().unwrap()).await.unwrap();
        drop(taken);
        assert_eq!(settled(&connections).await, 1);
        connections.begin(Purpose::Write).await.unwrap().commit().await.unwrap();
        assert_eq!(connections.figures(), (1, 1));
    }

    #[tokio::test]
    async fn temporary_tables_outlive_who_reads_with_them() {
        let folder = tempfile::tempdir().unwrap();
        let connections = opened(folder.path()).await;
        settled(&connections).await;
        let mut reading = connections.begin(Purpose::Read).await.unwrap();
        run(&mut reading, "CREATE TEMPORARY TABLE subject (id INTEGER)").await.unwrap();
        drop(reading);
        settled(&connections).await;
        let mut next = connections.begin(Purpose::Read).await.unwrap();
        run(&mut next, "DELETE FROM subject").await.unwrap();
    }

    #[tokio::test]
    async fn what_is_still_at_work_for_nobody_keeps_nobody_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let connections = opened(folder.path()).await;
        settled(&connections).await;
        let mut left = connections.begin(Purpose::Read).await.unwrap();
        let long =
            "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3000000) SELECT count(*) FROM n";
        assert!(tokio::time::timeout(Duration::from_millis(20), run(&mut left, long)).await.is_err());
        drop(left);
        assert_eq!(connections.figures(), (1, 0));
        for _ in 0..20 {
            connections.begin(Purpose::Read).await.unwrap().commit().await.unwrap();
        }
        assert_eq!(connections.figures(), (2, 1));
        connections.close().await;
        assert_eq!(connections.figures(), (0, 0));
    }

    #[tokio::test]
    async fn who_waits_to_write_leaves_places_for_readers() {
        let folder = tempfile::tempdir().unwrap();
        let connections = Arc::new(opened(folder.path()).await);
        let writing = connections.begin(Purpose::Write).await.unwrap();
        let waiting = |_| {
            let connections = connections.clone();
            tokio::spawn(async move { connections.begin(Purpose::Write).await.map(drop) })
        };
        let waiting: Vec<_> = (0..2 * DATABASE_CONNECTIONS).map(waiting).collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        connections.begin(Purpose::Read).await.unwrap().commit().await.unwrap();
        let refused = connections.begin(Purpose::Write).await.err().unwrap();
        assert!(refused.is_passing() && !refused.is_outage(), "{refused}");
        drop(writing);
        for waiting in waiting {
            let given_up = waiting.await.unwrap().err();
            assert!(given_up.is_none_or(|error| matches!(error, LedgerError::WriterBusy { .. })));
        }
        connections.begin(Purpose::Write).await.unwrap().commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_file_that_has_gone_is_not_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let connections = opened(folder.path()).await;
        settled(&connections).await;
        let first = connections.begin(Purpose::Read).await.unwrap();
        std::fs::remove_file(connections.file()).unwrap();
        let refused = connections.begin(Purpose::Read).await.err().unwrap();
        assert!(refused.is_outage() && !connections.file().exists(), "{refused}");
        drop(first);
    }

    #[tokio::test]
    async fn what_is_undone_already_can_be_undone() {
        let folder = tempfile::tempdir().unwrap();
        let connections = opened(folder.path()).await;
        settled(&connections).await;
        let mut writing = connections.begin(Purpose::Write).await.unwrap();
        run(&mut writing, "ROLLBACK").await.unwrap();
        writing.roll_back().await.unwrap();
        assert_eq!(connections.figures(), (1, 1));
    }

    #[tokio::test]
    async fn closing_waits_for_who_still_works_and_opens_none_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let connections = Arc::new(opened(folder.path()).await);
        let mut writing = connections.begin(Purpose::Write).await.unwrap();
        let closing = tokio::spawn({
            let connections = connections.clone();
            async move { connections.close().await }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        run(&mut writing, "CREATE TABLE card (id INTEGER)").await.unwrap();
        assert!(connections.begin(Purpose::Read).await.is_err(), "it is being closed");
        writing.commit().await.unwrap();
        closing.await.unwrap();
        assert_eq!(connections.figures(), (0, 0));
        assert!(connections.begin(Purpose::Read).await.is_err());
    }
}
