//! One ledger, two engines: the connection pool and the transaction.
//!
//! The SQL text stands once and runs on either engine; the start of a transaction differs, the bulk
//! hand-over (`bulk`), the DDL, and what `dialect` names. Invariants: a SQLite writer always begins with BEGIN IMMEDIATE
//! (a lock upgrade would fail at once, whatever the busy timeout), and one SQL text is always bound
//! with the same types (statements are cached by their text alone).

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use sqlx::AssertSqlSafe;

use super::LedgerError;
use super::args::{Arg, bound};
use super::postgres::connections::{Connections, PooledConnection};
use super::postgres::silence::Waiting;
use super::postgres::standby::Given;
use super::principal::Principal;
use super::row_macs::RowKey;
use super::rows::Row;
use super::sqlite::connections::SqliteConnections;
use super::sqlite::transaction::{Purpose, SqliteTransaction};
use crate::crash::{self, DurableAct};
use crate::metrics;

/// The engines a ledger can be on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// As pages, metrics and benches name it.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }
}

pub(crate) enum Pool {
    Postgres(Arc<Connections>),
    Sqlite(Box<SqliteConnections>),
}

/// The ledger: a pool of one engine, and the count of row writes for the budget per card.
#[derive(Clone)]
pub struct Ledger {
    pool: Arc<Pool>,
    row_writes: Arc<AtomicU64>,
    row_key: Arc<OnceLock<RowKey>>,
    viewer: Option<Arc<Principal>>,
    /// The service that steps run for.
    service: Option<Arc<Principal>>,
}

impl Ledger {
    /// A ledger on these connections.
    pub(crate) fn on(pool: Pool) -> Ledger {
        let (pool, row_writes, row_key) = (Arc::new(pool), Arc::default(), Arc::default());
        Ledger { pool, row_writes, row_key, viewer: None, service: None }
    }

    /// The same ledger, read and acted on by a user.
    pub fn seen_by(&self, viewer: Principal) -> Ledger {
        Ledger { viewer: Some(Arc::new(viewer)), ..self.clone() }
    }

    /// The same ledger, worked on for a service. It sees everything and is nobody's viewer.
    pub fn served_by(&self, service: Principal) -> Ledger {
        Ledger { service: Some(Arc::new(service)), ..self.clone() }
    }

    /// The same ledger, worked on for whom another one is.
    pub fn served_like(&self, other: &Ledger) -> Ledger {
        Ledger { service: other.service.clone(), ..self.clone() }
    }

    /// The user it is read and acted on by; none for the steps of the route, and before there are users.
    pub fn viewer(&self) -> Option<&Principal> {
        self.viewer.as_deref()
    }

    /// From here on what it writes is covered with this key, and compared with it. The first one stays.
    pub fn cover_with(&self, key: RowKey) {
        let _ = self.row_key.set(key);
    }

    /// The same, with the key of another ledger of the same database.
    pub fn cover_like(&self, other: &Ledger) {
        other.row_key.get().into_iter().for_each(|key| self.cover_with(key.clone()));
    }

    /// The key that covers rows; none before keys are opened.
    pub fn row_key(&self) -> Option<&RowKey> {
        self.row_key.get()
    }

    /// The pool, for what is beside transactions.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Which engine it is on.
    pub fn engine(&self) -> Engine {
        if matches!(*self.pool, Pool::Postgres(_)) { Engine::Postgres } else { Engine::Sqlite }
    }

    /// Rows inserted, updated and deleted in every table since this ledger was opened,
    /// temporary tables left out.
    pub fn row_writes(&self) -> u64 {
        self.row_writes.load(Ordering::Relaxed)
    }

    /// A transaction that writes. It says how it is isolated, whatever the role's defaults are: at a higher
    /// level a sealer would not see what was committed while it waited. Who was disabled or logged out meanwhile begins none.
    pub async fn begin(&self) -> Result<Tx, LedgerError> {
        // Where writing is not allowed by default, nobody meant us to: it is reported here, not at some later write.
        const WRITING: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SHOW transaction_read_only";
        let inner = match &*self.pool {
            Pool::Postgres(connections) => {
                let (pooled, read_only) = connections.begin(WRITING).await?;
                if read_only != ["off"] {
                    // A session keeps the setting it began with; the next one asks again.
                    pooled.give_up_all();
                    return Err(LedgerError::ReadOnly { why: "it is a standby, or was set read-only" });
                }
                Inner::Postgres(pooled)
            }
            Pool::Sqlite(connections) => Inner::Sqlite(connections.begin(Purpose::Write).await?),
        };
        let mut tx = self.tx(inner);
        if let Some(principal) = self.viewer.as_deref().or(self.service.as_deref()) {
            tx.refuse_former(principal).await?;
        }
        Ok(tx)
    }

    /// A transaction that only reads (and may use temporary tables).
    pub async fn read(&self) -> Result<Tx, LedgerError> {
        const READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ; SHOW transaction_read_only";
        let inner = match &*self.pool {
            Pool::Postgres(connections) => {
                let (mut pooled, read_only) = connections.begin(READING).await?;
                if read_only != ["off"] && !pooled.allow_temporary_tables().await? {
                    return Ok(Tx { given: Some(Given::default()), ..self.tx(Inner::Postgres(pooled)) });
                }
                Inner::Postgres(pooled)
            }
            Pool::Sqlite(connections) => Inner::Sqlite(connections.begin(Purpose::Read).await?),
        };
        Ok(self.tx(inner))
    }

    fn tx(&self, inner: Inner) -> Tx {
        let waiting = match &inner {
            Inner::Postgres(pooled) => Waiting::of(pooled),
            Inner::Sqlite(_) => Waiting::Unwatched,
        };
        Tx {
            inner,
            waiting,
            given: None,
            written: 0,
            row_writes: self.row_writes.clone(),
            row_key: self.row_key.clone(),
            viewer: self.viewer.clone(),
        }
    }

    /// Copies a SQLite ledger as it is at one instant into a new file, while others read and write.
    pub async fn copy_into(&self, file: &Path) -> Result<(), LedgerError> {
        match &*self.pool {
            Pool::Postgres(_) => Err(LedgerError::OwnTools),
            Pool::Sqlite(connections) => {
                let name = file.display().to_string();
                sqlx::query("VACUUM INTO $1").bind(name).execute(connections.take().await?.connection()?).await?;
                Ok(())
            }
        }
    }

    /// Waits until every connection is closed.
    pub async fn close(&self) {
        match &*self.pool {
            Pool::Postgres(connections) => connections.close().await,
            Pool::Sqlite(connections) => connections.close().await,
        }
    }
}

enum Inner {
    Postgres(PooledConnection),
    Sqlite(SqliteTransaction),
}

impl Inner {
    fn postgres(&mut self) -> Result<&mut sqlx::PgConnection, sqlx::Error> {
        match self {
            Inner::Postgres(pooled) => pooled.connection(),
            Inner::Sqlite(_) => Err(sqlx::Error::PoolClosed),
        }
    }
}

/// A transaction on either engine. Dropped without [`Tx::commit`] it rolls back.
pub struct Tx {
    inner: Inner,
    waiting: Waiting,
    /// On a standby: what would be in temporary tables.
    given: Option<Given>,
    written: u64,
    row_writes: Arc<AtomicU64>,
    row_key: Arc<OnceLock<RowKey>>,
    viewer: Option<Arc<Principal>>,
}

/// Runs one body on either engine: `$c` is the connection, the text stands once.
macro_rules! on {
    ($tx:expr, $c:ident => $body:expr) => {
        match &mut $tx.inner {
            Inner::Postgres(pooled) => {
                let $c = pooled.connection()?;
                $body
            }
            Inner::Sqlite(tx) => {
                let $c = tx.connection()?;
                $body
            }
        }
    };
}

impl Tx {
    /// Writes to the ledger's tables; returns how many rows changed.
    pub async fn run(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<u64, LedgerError> {
        let changed = self.scratch(sql, args).await?;
        self.written += changed;
        Ok(changed)
    }

    /// Writes to temporary tables only: not counted among the row writes.
    pub async fn scratch(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<u64, LedgerError> {
        if let Some(given) = &mut self.given
            && given.insert(sql, &args)
        {
            return Ok(0);
        }
        let waiting = self.waiting();
        let asked =
            async { on!(self, c => bound!(sqlx::query(sql), args).execute(c).await.map(|done| done.rows_affected())) };
        waiting.within(sql, asked).await
    }

    /// Reads rows.
    pub async fn rows<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<T>, LedgerError> {
        let waiting = self.waiting();
        if let Some(given) = &self.given {
            let whole = given.before(sql);
            let asked = async {
                let query = sqlx::query_as::<_, T>(AssertSqlSafe(whole)).persistent(false);
                bound!(query, args).fetch_all(self.inner.postgres()?).await
            };
            return waiting.within(sql, asked).await;
        }
        waiting
            .within(sql, async { on!(self, c => bound!(sqlx::query_as::<_, T>(sql), args).fetch_all(c).await) })
            .await
    }

    /// As [`Tx::run`], of a statement that is built from a list of ours.
    pub(crate) async fn run_built(&mut self, sql: String, args: Vec<Arg>) -> Result<u64, LedgerError> {
        let waiting = self.waiting();
        let asked = async {
            on!(self, c => bound!(sqlx::query(AssertSqlSafe(sql.clone())), args).execute(c).await.map(|done| done.rows_affected()))
        };
        let changed = waiting.within(&sql, asked).await?;
        self.written += changed;
        Ok(changed)
    }

    /// As [`Tx::rows`], of a statement that is built from a list of ours.
    pub(crate) async fn rows_built<T: Row>(&mut self, sql: String, args: Vec<Arg>) -> Result<Vec<T>, LedgerError> {
        let sql = self.given.as_ref().map_or(sql.clone(), |given| given.before(&sql));
        let waiting = self.waiting();
        let asked = async {
            on!(self, c => bound!(sqlx::query_as::<_, T>(AssertSqlSafe(sql.clone())), args).fetch_all(c).await)
        };
        waiting.within(&sql, asked).await
    }

    /// The key that covers rows; none before keys are opened.
    pub fn row_key(&self) -> Option<RowKey> {
        self.row_key.get().cloned()
    }

    /// Writes with RETURNING; every row returned is one row written.
    pub async fn run_returning<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<T>, LedgerError> {
        let rows = self.rows(sql, args).await?;
        self.written += rows.len() as u64;
        Ok(rows)
    }

    /// Reads at most one row.
    pub async fn row<T: Row>(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Option<T>, LedgerError> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Reads one number, 0 where there is no row.
    pub async fn number(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<i64, LedgerError> {
        Ok(self.row::<(i64,)>(sql, args).await?.map_or(0, |row| row.0))
    }

    /// Runs statements without arguments, separated by semicolons: migrations and settings.
    pub(crate) async fn script(&mut self, sql: &str) -> Result<(), LedgerError> {
        self.waiting().within(sql, self.plain(sql)).await
    }

    /// The same, for callers that report errors themselves.
    pub(crate) async fn plain(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        on!(self, c => sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(c).await.map(|_| ()))
    }

    /// Whether rows are handed over with PostgreSQL's COPY.
    pub(super) fn copies(&self) -> bool {
        matches!(&self.inner, Inner::Postgres(pooled) if pooled.copies())
    }

    /// Counts rows written another way.
    pub(crate) fn wrote(&mut self, rows: u64) {
        self.written += rows;
    }

    /// What would be in temporary tables, on a standby.
    pub(crate) fn given(&mut self) -> Option<&mut Given> {
        self.given.as_mut()
    }

    /// How its answers are waited for.
    pub(crate) fn waiting(&self) -> Waiting {
        self.waiting.clone()
    }

    /// For the few readers of everything (laws, migrations): the server may take its time.
    pub(crate) fn without_hurry(&mut self) {
        self.waiting.without_hurry();
    }

    /// Which engine it is on.
    pub fn engine(&self) -> Engine {
        if matches!(self.inner, Inner::Postgres(_)) { Engine::Postgres } else { Engine::Sqlite }
    }

    /// The connection of a PostgreSQL transaction, for statements whose text is built.
    pub(crate) fn postgres(&mut self) -> Option<&mut sqlx::PgConnection> {
        if let Inner::Postgres(pooled) = &mut self.inner { pooled.connection().ok() } else { None }
    }

    /// Lets go of a session of PostgreSQL of which nobody knows what it answers next.
    pub(super) fn forget_session(&mut self) {
        if let Inner::Postgres(pooled) = &mut self.inner {
            pooled.forget();
        }
    }

    /// The connection of a SQLite transaction, for statements whose text is built.
    pub(crate) fn sqlite(&mut self) -> Option<&mut sqlx::SqliteConnection> {
        if let Inner::Sqlite(tx) = &mut self.inner { tx.connection().ok() } else { None }
    }

    /// The user on whose behalf it reads and writes, if any.
    pub fn viewer(&self) -> Option<&Principal> {
        self.viewer.as_deref()
    }

    /// Undoes everything in it.
    pub async fn roll_back(self) -> Result<(), LedgerError> {
        match self.inner {
            Inner::Postgres(mut pooled) => self.waiting.within("ROLLBACK", pooled.end("ROLLBACK")).await,
            Inner::Sqlite(tx) => self.waiting.within("ROLLBACK", tx.roll_back()).await,
        }
    }

    /// Makes everything in it durable at once. Where the answer is lost, who asked looks before doing it a second time.
    pub async fn commit(self) -> Result<(), LedgerError> {
        crash::before(DurableAct::Commit);
        let done = match self.inner {
            Inner::Postgres(mut pooled) => self.waiting.within("COMMIT", pooled.end("COMMIT")).await,
            Inner::Sqlite(tx) => self.waiting.within("COMMIT", tx.commit()).await,
        };
        done.map_err(LedgerError::of_commit)?;
        crash::after(DurableAct::Commit);
        self.row_writes.fetch_add(self.written, Ordering::Relaxed);
        metrics::add(&metrics::ROW_WRITES, &[], self.written);
        Ok(())
    }
}
