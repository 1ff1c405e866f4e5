//! The connections of one worker to PostgreSQL: few, each wait bounded, what does not answer is dropped.
//!
//! Invariants: a connection is used again only after its transaction ended and the server said so; why a
//! connection cannot be made is reported at once, in the server's own words, and never tried again here:
//! who asked decides that. A session that died without a word is ended on the server too, so that
//! its locks go with it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::at_once::write_at_once;
use super::servers::Servers;
use super::session::{Backend, Session, greet};
use crate::limits::{DATABASE_CONNECT_SECONDS, DATABASE_CONNECTIONS, DATABASE_PING_SECONDS};
use crate::store::LedgerError;
use crate::store::timeouts::{Timeouts, within};

/// Connections that are open, and places for those in use.
pub(crate) struct Connections {
    pub servers: Servers,
    pub patience: Timeouts,
    idle: Mutex<Idle>,
    places: Arc<Semaphore>,
}

/// Sessions nobody uses now.
#[derive(Default)]
struct Idle {
    sessions: Vec<Session>,
    /// How often all were given up.
    given_up: u64,
}

/// A session in use, with its place. Given back when it goes.
pub(crate) struct PooledConnection {
    session: Option<Session>,
    /// Whether the server may still have a transaction open.
    in_transaction: bool,
    of: Arc<Connections>,
    place: Option<OwnedSemaphorePermit>,
    /// `Idle::given_up` when it was taken.
    given_up: u64,
}

/// A server that closes the connection before it says whether it encrypts is away, whatever the library calls it.
fn gone(source: sqlx::Error) -> sqlx::Error {
    match source {
        sqlx::Error::Protocol(told) if told.contains("SSLRequest") => {
            sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the server closed the connection"))
        }
        other => other,
    }
}

impl Connections {
    pub fn new(servers: Servers, patience: Timeouts) -> Arc<Connections> {
        let places = Arc::new(Semaphore::new(DATABASE_CONNECTIONS as usize));
        Arc::new(Connections { servers, patience, idle: Mutex::default(), places })
    }

    /// A new session beside the pool, on the first server that is what is wanted.
    pub async fn connect(&self) -> Result<Session, LedgerError> {
        let (mut second_best, mut told, mut refused) = (None, Vec::new(), Vec::new());
        for server in self.servers.in_turn() {
            // Boxed: a connection is made at the end of a long way down the stack.
            match Box::pin(self.connect_to(server)).await {
                Ok(session) => match self.servers.wanted.is_met(&session.facts) {
                    Some(true) => {
                        self.servers.served(server);
                        return Ok(session);
                    }
                    Some(false) if session.facts.in_recovery => {
                        told.push(format!("{} is a standby", self.servers.at(server)));
                    }
                    Some(false) if session.facts.read_only => {
                        told.push(format!("{} takes no writes", self.servers.at(server)));
                    }
                    Some(false) => told.push(format!("{} is a primary", self.servers.at(server))),
                    None => second_best = second_best.or(Some(session)),
                },
                Err(error) if !self.servers.is_choice() => return Err(error),
                Err(error) => {
                    told.push(error.to_string());
                    refused.push(error);
                }
            }
        }
        // Every server refuses us for good: waiting does not mend it.
        if refused.len() == told.len() && !refused.iter().any(LedgerError::is_outage) && second_best.is_none() {
            return Err(refused.swap_remove(0));
        }
        second_best.ok_or_else(|| LedgerError::NoServer { wanted: self.servers.wanted.word(), told: told.join("; ") })
    }

    async fn connect_to(&self, server: usize) -> Result<Session, LedgerError> {
        let connecting = async {
            let options = self.servers.options(server);
            let connection = PgConnection::connect_with(options).await?;
            let is_local = options.get_socket().is_some() || options.get_host().starts_with('/');
            let at_once = is_local || write_at_once(options.get_port());
            greet(connection, (server, at_once), self.patience).await
        };
        let bound = Duration::from_secs(DATABASE_CONNECT_SECONDS).min(self.patience.answer);
        match tokio::time::timeout(bound, connecting).await {
            Ok(Ok(session)) => {
                session.facts.fit()?;
                Ok(session)
            }
            Ok(Err(source)) => Err(LedgerError::Connect { at: self.servers.at(server), source: gone(source) }),
            Err(_) => Err(LedgerError::NoConnection { at: self.servers.at(server), seconds: bound.as_secs() }),
        }
    }

    /// The first session of a worker: what is wrong with the server, the database or the role shows here.
    pub async fn first(&self) -> Result<(), LedgerError> {
        let mut session = self.connect().await?;
        // What listens elsewhere than we asked may be a pooler.
        let options = self.servers.options(session.facts.backend.server);
        if session.facts.server_port != Some(i32::from(options.get_port())) && options.get_socket().is_none() {
            self.refuse_transaction_pooling(&mut session).await?;
        }
        self.idle().sessions.push(session);
        Ok(())
    }

    /// A pooler of transactions gives two sessions that both live the same server process, or one session
    /// another process while the first is taken.
    async fn refuse_transaction_pooling(&self, first: &mut Session) -> Result<(), LedgerError> {
        const PID: &str = "SELECT pg_backend_pid()";
        let patience = self.patience.answer;
        let server = first.facts.backend.server;
        let mut second = self.connect_to(server).await?;
        let other = &mut second.connection;
        let asked = async {
            sqlx::raw_sql("BEGIN").execute(&mut *other).await?;
            let other_pid: i32 =
                sqlx::raw_sql(PID).fetch_one(&mut *other).await.and_then(|row| sqlx::Row::try_get(&row, 0))?;
            let pid: i32 = sqlx::raw_sql(PID)
                .fetch_one(&mut first.connection)
                .await
                .and_then(|row| sqlx::Row::try_get(&row, 0))?;
            Ok((other_pid, pid))
        };
        let (other_pid, pid) = match within(patience, PID, asked).await {
            // One that gives every statement another session says so.
            Err(error) if error.to_string().contains("statement pooling") => {
                return Err(LedgerError::Pooled { at: self.servers.at(server) });
            }
            answer => answer?,
        };
        if pid != first.facts.backend.pid || other_pid == pid {
            return Err(LedgerError::Pooled { at: self.servers.at(server) });
        }
        Ok(())
    }

    /// A session whose transaction was begun with these statements, and the rows they gave.
    pub async fn begin(
        self: &Arc<Self>,
        statements: &'static str,
    ) -> Result<(PooledConnection, Vec<String>), LedgerError> {
        let mut pooled = self.place().await?;
        pooled.session = self.idle().sessions.pop();
        if pooled.session.is_some() {
            let bound = Duration::from_secs(DATABASE_PING_SECONDS).min(self.patience.answer);
            match within(bound, statements, pooled.begin(statements)).await {
                Ok(said) => return Ok((pooled, said)),
                // The others are as old, and were used as little.
                Err(error) => {
                    tracing::warn!(%error, "a connection of the pool is of no use any more; a new one is made");
                    self.give_up_idle();
                    pooled.forget();
                }
            }
        }
        pooled.given_up = self.idle().given_up;
        pooled.session = Some(Box::pin(self.connect()).await?);
        let said = within(self.patience.answer, statements, pooled.begin(statements)).await?;
        Ok((pooled, said))
    }

    async fn place(self: &Arc<Self>) -> Result<PooledConnection, LedgerError> {
        let place = match tokio::time::timeout(self.patience.lock, self.places.clone().acquire_owned()).await {
            Ok(Ok(place)) => place,
            Ok(Err(_)) => return Err(LedgerError::Database(sqlx::Error::PoolClosed)),
            Err(_) => {
                return Err(LedgerError::Busy {
                    connections: DATABASE_CONNECTIONS,
                    seconds: self.patience.lock.as_secs(),
                });
            }
        };
        let given_up = self.idle().given_up;
        Ok(PooledConnection { session: None, in_transaction: false, of: self.clone(), place: Some(place), given_up })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the sessions that are idle, and those in use once they are given back.
    fn give_up_idle(&self) {
        let mut idle = self.idle();
        idle.sessions.clear();
        idle.given_up += 1;
    }

    /// For the next one, unless all of its time were given up.
    fn give_back(&self, session: Session, given_up: u64) {
        let mut idle = self.idle();
        if idle.given_up == given_up {
            idle.sessions.push(session);
        }
    }

    /// How many are open, and how many of them are idle.
    pub fn figures(&self) -> (u32, u32) {
        let idle = self.idle().sessions.len() as u32;
        let busy = DATABASE_CONNECTIONS.saturating_sub(self.places.available_permits() as u32);
        (busy + idle, idle)
    }

    /// Whether the server works for this session now, asked on another one.
    pub async fn works_for(&self, backend: &Backend) -> Result<bool, LedgerError> {
        let mut asking = self.connect_to(backend.server).await?;
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND CAST(extract(epoch FROM backend_start) * 1000000 AS BIGINT) = $2
            AND state = 'active' AND wait_event IS DISTINCT FROM 'ClientRead'";
        let asked =
            sqlx::query_scalar::<_, i64>(sql).bind(backend.pid).bind(backend.started).fetch_one(&mut asking.connection);
        Ok(within(self.patience.answer, sql, asked).await? > 0)
    }

    /// Ends a session of ours on the server, if it is still there: its transaction and its locks go.
    pub async fn end(&self, backend: &Backend) -> Result<(), LedgerError> {
        let mut asking = self.connect_to(backend.server).await?;
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE pid = $1 AND CAST(extract(epoch FROM backend_start) * 1000000 AS BIGINT) = $2 AND usename = current_user";
        let asked = sqlx::query(sql).bind(backend.pid).bind(backend.started).execute(&mut asking.connection);
        within(self.patience.answer, sql, asked).await.map(|_| ())
    }

    /// Waits until every connection is given back, and closes all.
    pub async fn close(&self) {
        let all = self.places.acquire_many(DATABASE_CONNECTIONS);
        if let Ok(Ok(all)) = tokio::time::timeout(self.patience.answer, all).await {
            all.forget();
        }
        self.places.close();
        let sessions = std::mem::take(&mut self.idle().sessions);
        for session in sessions {
            let bound = Duration::from_secs(DATABASE_PING_SECONDS);
            let _gone_anyway = tokio::time::timeout(bound, session.connection.close()).await;
        }
    }
}

impl PooledConnection {
    /// The connection; an error once it was dropped.
    pub fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.session.as_mut().map(|session| &mut session.connection).ok_or(sqlx::Error::PoolClosed)
    }

    /// Whether rows are handed over with COPY.
    pub fn copies(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.facts.copies)
    }

    /// Who answers it; none once the connection was dropped.
    pub fn answered_by(&self) -> Option<(Arc<Connections>, Backend)> {
        self.session.as_ref().map(|session| (self.of.clone(), session.facts.backend))
    }

    /// Where writing is not allowed, reading may still need temporary tables; `false` on a standby, which has
    /// none.
    pub async fn allow_temporary_tables(&mut self) -> Result<bool, LedgerError> {
        const WRITING: &str = "SET TRANSACTION READ WRITE";
        const AGAIN: &str = "ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let patience = self.of.patience.answer;
        let connection = self.connection()?;
        if within(patience, WRITING, sqlx::raw_sql(WRITING).execute(&mut *connection)).await.is_ok() {
            return Ok(true);
        }
        within(patience, AGAIN, sqlx::raw_sql(AGAIN).execute(connection)).await?;
        Ok(false)
    }

    async fn begin(&mut self, statements: &'static str) -> Result<Vec<String>, sqlx::Error> {
        self.in_transaction = true;
        let rows = sqlx::raw_sql(statements).fetch_all(self.connection()?).await?;
        rows.iter().map(|row| sqlx::Row::try_get(row, 0)).collect()
    }

    /// Ends the transaction; afterwards the connection may be used again.
    pub async fn end(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(self.connection()?).await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Drops this session, and all others: they were set the same.
    pub fn give_up_all(mut self) {
        self.of.give_up_idle();
        self.forget();
    }

    /// Drops the connection; the server ends its transaction.
    pub(in crate::store) fn forget(&mut self) {
        (self.session, self.in_transaction) = (None, false);
    }
}

impl Drop for PooledConnection {
    /// What was not committed is rolled back before somebody else may use the connection.
    fn drop(&mut self) {
        let Some(session) = self.session.take() else { return };
        if !self.in_transaction {
            self.of.give_back(session, self.given_up);
            return;
        }
        // Without a runtime the connection is closed, and the server rolls back.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (of, place, given_up, mut session) = (self.of.clone(), self.place.take(), self.given_up, session);
        runtime.spawn(async move {
            let bound = Duration::from_secs(DATABASE_PING_SECONDS);
            let undone = sqlx::raw_sql("ROLLBACK").execute(&mut session.connection);
            if let Ok(Ok(_)) = tokio::time::timeout(bound, undone).await {
                of.give_back(session, given_up);
            }
            drop(place);
        });
    }
}
