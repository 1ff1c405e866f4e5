//! One ledger, two engines: the connection pool, the transaction, and how values and rows cross.
//!
//! The SQL text stands once and runs on either engine; only [`Tx::stage`], the start of a
//! transaction and the DDL differ. Invariants: a SQLite writer always begins with BEGIN IMMEDIATE
//! (a lock upgrade would fail at once, whatever the busy timeout), and one SQL text is always bound
//! with the same types (statements are cached by their text alone).

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, FromRow, Sqlite, Transaction};

use super::LedgerError;
use super::Opening;
use super::Principal;
use super::opening::sqlite_options;
use super::postgres::connections::{Connections, Held};
use super::postgres::silence::Waiting;
use super::postgres::standby::Given;
use super::timeouts::Timeouts;
use crate::crash::{self, Act};
use crate::limits::DATABASE_CONNECTIONS;
use crate::metrics;

/// A value bound to a statement. Owned, so that a statement may outlive the borrow of its input.
#[derive(Clone)]
pub enum Arg {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Flag(bool),
}

macro_rules! arg_from {
    ($($t:ty => |$v:ident| $e:expr),* $(,)?) => {
        $(impl From<$t> for Arg { fn from($v: $t) -> Arg { $e } })*
    };
}

arg_from! {
    i64 => |v| Arg::Int(Some(v)),
    Option<i64> => |v| Arg::Int(v),
    &str => |v| Arg::Text(Some(v.to_owned())),
    String => |v| Arg::Text(Some(v)),
    &String => |v| Arg::Text(Some(v.clone())),
    Option<String> => |v| Arg::Text(v),
    Vec<u8> => |v| Arg::Bytes(Some(v)),
    Option<Vec<u8>> => |v| Arg::Bytes(v),
    &[u8] => |v| Arg::Bytes(Some(v.to_vec())),
    bool => |v| Arg::Flag(v),
    jiff::civil::Date => |v| Arg::Text(Some(v.to_string())),
    Option<jiff::civil::Date> => |v| Arg::Text(v.map(|d| d.to_string())),
    jiff::Timestamp => |v| Arg::Int(Some(v.as_microsecond())),
}

/// The arguments of one statement, in the order of `$1`, `$2`, …
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::engine::Arg::from($value)),*] };
}

/// A row that both engines can be read into.
pub trait Row: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}
impl<T> Row for T where T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}

pub(crate) enum Pool {
    Postgres(Arc<Connections>),
    Sqlite(SqlitePool),
}

/// The ledger: a pool of one engine, and the count of row writes for the budget per card.
#[derive(Clone)]
pub struct Ledger {
    pool: Arc<Pool>,
    row_writes: Arc<AtomicU64>,
    pub(crate) viewer: Option<Arc<Principal>>,
}

impl Ledger {
    /// Connects, and leaves the schema as it is.
    pub(crate) async fn connect(url: &str, opening: Opening, patience: Timeouts) -> Result<Ledger, LedgerError> {
        let pool = if url.starts_with("sqlite:") {
            Pool::Sqlite(open_sqlite(sqlite_options(url, opening, patience).await?).await?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Pool::Postgres(open_postgres(url, patience).await?)
        } else {
            return Err(LedgerError::Address);
        };
        Ok(Ledger { pool: Arc::new(pool), row_writes: Arc::default(), viewer: None })
    }

    /// The pool, for what is beside transactions.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// `sqlite` or `postgres`, for pages and benches.
    pub fn engine(&self) -> &'static str {
        match *self.pool {
            Pool::Postgres(_) => "postgres",
            Pool::Sqlite(_) => "sqlite",
        }
    }

    /// Rows inserted, updated and deleted in every table since this ledger was opened,
    /// temporary tables left out.
    pub fn row_writes(&self) -> u64 {
        self.row_writes.load(Ordering::Relaxed)
    }

    /// A transaction that writes. It says how it is isolated, whatever the role's defaults are: at a higher
    /// level a sealer would not see what was committed while it waited.
    pub async fn begin(&self) -> Result<Tx, LedgerError> {
        // Where writing is not allowed by default, nobody meant us to: it is told here, not at some write.
        const WRITING: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SHOW transaction_read_only";
        let inner = match &*self.pool {
            Pool::Postgres(connections) => {
                let (held, read_only) = connections.begin(WRITING).await?;
                if read_only != ["off"] {
                    // A session keeps the setting it began with; the next one asks again.
                    held.give_up_all();
                    return Err(LedgerError::ReadOnly { why: "it is a standby, or was set read-only" });
                }
                Inner::Postgres(held)
            }
            Pool::Sqlite(pool) => Inner::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
        };
        Ok(self.tx(inner))
    }

    /// A transaction that only reads (and may use temporary tables).
    pub async fn read(&self) -> Result<Tx, LedgerError> {
        const READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ; SHOW transaction_read_only";
        let inner = match &*self.pool {
            Pool::Postgres(connections) => {
                let (mut held, read_only) = connections.begin(READING).await?;
                if read_only != ["off"] && !held.allow_temporary_tables().await? {
                    return Ok(Tx { given: Some(Given::default()), ..self.tx(Inner::Postgres(held)) });
                }
                Inner::Postgres(held)
            }
            Pool::Sqlite(pool) => Inner::Sqlite(pool.begin_with("BEGIN").await?),
        };
        Ok(self.tx(inner))
    }

    fn tx(&self, inner: Inner) -> Tx {
        let waiting = match &inner {
            Inner::Postgres(held) => held.waiting(),
            Inner::Sqlite(_) => Waiting::Unwatched,
        };
        Tx { inner, waiting, given: None, written: 0, row_writes: self.row_writes.clone(), viewer: self.viewer.clone() }
    }

    /// Copies a SQLite ledger as it is at one instant into a new file, while others read and write.
    pub async fn copy_into(&self, file: &Path) -> Result<(), LedgerError> {
        match &*self.pool {
            Pool::Postgres(_) => Err(LedgerError::OwnTools),
            Pool::Sqlite(pool) => {
                let name = file.display().to_string();
                sqlx::query("VACUUM INTO $1").bind(name).execute(pool).await?;
                Ok(())
            }
        }
    }

    /// Waits until every connection is closed.
    pub async fn close(&self) {
        match &*self.pool {
            Pool::Postgres(pool) => pool.close().await,
            Pool::Sqlite(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(options: SqliteConnectOptions) -> Result<SqlitePool, LedgerError> {
    Ok(SqlitePoolOptions::new()
        .max_connections(DATABASE_CONNECTIONS)
        // A full disk makes SQLite roll back by itself; the library then still believes in the transaction,
        // and the connection can begin no other. It is replaced.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .connect_with(options)
        .await?)
}

/// Connects once, so that whatever is wrong is told now.
async fn open_postgres(url: &str, patience: Timeouts) -> Result<Arc<Connections>, LedgerError> {
    // A pooler knows no such parameter by default, and nothing of ours is a fraction.
    let options = PgConnectOptions::from_str(url)?.extra_float_digits(None).disable_statement_logging();
    let connections = Connections::new(options, patience);
    connections.first().await?;
    Ok(connections)
}

enum Inner {
    Postgres(Held),
    Sqlite(Transaction<'static, Sqlite>),
}

impl Inner {
    fn postgres(&mut self) -> Result<&mut sqlx::PgConnection, sqlx::Error> {
        match self {
            Inner::Postgres(held) => held.connection(),
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
    viewer: Option<Arc<Principal>>,
}

/// Runs one body on either engine: `$c` is the connection, the text stands once.
macro_rules! on {
    ($tx:expr, $c:ident => $body:expr) => {
        match &mut $tx.inner {
            Inner::Postgres(held) => {
                let $c = held.connection()?;
                $body
            }
            Inner::Sqlite(tx) => {
                let $c = &mut **tx;
                $body
            }
        }
    };
}

/// Binds owned values in order.
macro_rules! bound {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for arg in $args {
            query = match arg {
                Arg::Int(v) => query.bind(v),
                Arg::Text(v) => query.bind(v),
                Arg::Bytes(v) => query.bind(v),
                Arg::Flag(v) => query.bind(v),
            };
        }
        query
    }};
}

pub(crate) use bound;

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

    /// The same, for who tells of errors himself.
    pub(crate) async fn plain(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        on!(self, c => sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(c).await.map(|_| ()))
    }

    /// New ids for rows of a table, in rising order. A sequence of PostgreSQL hands them out at once to
    /// everybody; SQLite has one writer, who keeps the highest.
    pub(crate) async fn take_ids(&mut self, table: &'static str, count: i64) -> Result<Vec<i64>, LedgerError> {
        if self.is_postgres() {
            let sql =
                "SELECT nextval(s.name) FROM (SELECT pg_get_serial_sequence($1, 'id')::regclass AS name OFFSET 0) s,
                generate_series(1, $2)";
            return Ok(self.rows::<(i64,)>(sql, args![table, count]).await?.into_iter().map(|(id,)| id).collect());
        }
        let last = self.number("SELECT seq FROM sqlite_sequence WHERE name = $1", args![table]).await?;
        Ok((last + 1..=last + count).collect())
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

    /// Whether this is PostgreSQL, for the few places that differ.
    pub fn is_postgres(&self) -> bool {
        matches!(self.inner, Inner::Postgres(_))
    }

    /// The connection of a PostgreSQL transaction, for COPY.
    pub(crate) fn postgres(&mut self) -> Option<&mut sqlx::PgConnection> {
        match &mut self.inner {
            Inner::Postgres(held) => held.connection().ok(),
            Inner::Sqlite(_) => None,
        }
    }

    /// The connection of a SQLite transaction, for statements whose text is built.
    pub(crate) fn sqlite(&mut self) -> Option<&mut sqlx::SqliteConnection> {
        match &mut self.inner {
            Inner::Sqlite(tx) => Some(&mut **tx),
            Inner::Postgres(_) => None,
        }
    }

    /// The user on whose behalf it reads and writes, if any.
    pub fn viewer(&self) -> Option<&Principal> {
        self.viewer.as_deref()
    }

    /// Undoes everything in it.
    pub async fn roll_back(self) -> Result<(), LedgerError> {
        match self.inner {
            Inner::Postgres(mut held) => self.waiting.within("ROLLBACK", held.end("ROLLBACK")).await,
            Inner::Sqlite(tx) => Ok(tx.rollback().await?),
        }
    }

    /// Makes everything in it durable at once. When the answer is lost, nobody here knows whether it is:
    /// the caller looks again before it does anything of this a second time.
    pub async fn commit(self) -> Result<(), LedgerError> {
        crash::before(Act::Commit);
        let done = match self.inner {
            Inner::Postgres(mut held) => self.waiting.within("COMMIT", held.end("COMMIT")).await,
            Inner::Sqlite(tx) => self.waiting.within("COMMIT", tx.commit()).await,
        };
        done.map_err(LedgerError::of_commit)?;
        crash::after(Act::Commit);
        self.row_writes.fetch_add(self.written, Ordering::Relaxed);
        metrics::add(&metrics::ROW_WRITES, &[], self.written);
        Ok(())
    }
}
