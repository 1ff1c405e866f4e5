//! Opening a ledger: which commands may create one, change one, or only read one.
//!
//! Invariants: a path that was mistyped, or a volume that is not mounted, leaves nothing behind unless the
//! ledger was to be made; a read-only command changes no schema, and needs no right to write.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use super::LedgerError;
use super::engine::{Ledger, Pool};
use super::postgres::connections::Connections;
use super::schema::Schema;
use super::timeouts::Timeouts;
use crate::limits::{DATABASE_CONNECTIONS, SQLITE_ROW_BUFFER_ROWS};

/// What opening may do to a ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opening {
    /// Makes it where there is none, and brings its schema up to date.
    Make,
    /// It must be there; its schema is brought up to date.
    Change,
    /// It must be there, with the schema this program knows.
    Look,
}

impl Ledger {
    /// Connects, and leaves the schema as it is.
    async fn connect(url: &str, opening: Opening, patience: Timeouts) -> Result<Ledger, LedgerError> {
        let pool = if url.starts_with("sqlite:") {
            Pool::Sqlite(open_sqlite(sqlite_options(url, opening, patience).await?).await?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Pool::Postgres(open_postgres(url, patience).await?)
        } else {
            return Err(LedgerError::Address);
        };
        Ok(Ledger::on(pool))
    }

    /// Opens `sqlite:PATH` or `postgres://…` and brings its schema up to date; makes it where there is none.
    pub async fn open(url: &str) -> Result<Ledger, LedgerError> {
        Ledger::open_with(url, &Schema::built_in(), Timeouts::default()).await
    }

    /// As [`Ledger::open`], with other migrations or another patience than usual.
    pub async fn open_with(url: &str, schema: &Schema, patience: Timeouts) -> Result<Ledger, LedgerError> {
        let ledger = Ledger::connect(url, Opening::Make, patience).await?;
        ledger.migrate(schema).await?;
        Ok(ledger)
    }

    /// Opens a ledger, doing no more than that allows.
    pub async fn opened(url: &str, opening: Opening) -> Result<Ledger, LedgerError> {
        if opening == Opening::Make {
            return Ledger::open(url).await;
        }
        let ledger = Ledger::connect(url, opening, Timeouts::default()).await?;
        let (schema, place) = (Schema::built_in(), || place(url));
        let state = ledger.schema_state(&schema).await?;
        if state.applied.is_empty() {
            return Err(LedgerError::NoLedger { place: place() });
        }
        match opening {
            Opening::Look => {
                state.fits()?;
                let pending = state.pending.iter().map(|named| named.migration).min();
                pending.map_or(Ok(()), |migration| Err(LedgerError::Older { place: place(), migration }))?;
            }
            Opening::Change | Opening::Make => {
                ledger.migrate(&schema).await?;
            }
        }
        Ok(ledger)
    }

    /// Opens a database as it is, whatever its schema: for who asks about the schema itself. It must be there.
    pub async fn unmigrated(url: &str) -> Result<Ledger, LedgerError> {
        Ledger::connect(url, Opening::Look, Timeouts::default()).await
    }

    /// As [`Ledger::unmigrated`], for who will bring the schema up to date: made where there is none.
    pub async fn to_migrate(url: &str) -> Result<Ledger, LedgerError> {
        Ledger::connect(url, Opening::Make, Timeouts::default()).await
    }

    /// Whether there is a database, be it an empty one. Of a server this cannot be said without asking it.
    pub fn is_there(url: &str) -> bool {
        file_of(url).is_none_or(|file| file.exists())
    }

    /// The file of a SQLite address.
    pub fn file(url: &str) -> Option<PathBuf> {
        file_of(url)
    }
}

/// The file of a SQLite address. `sqlite:PATH` and `sqlite://PATH` name a path, which is absolute when it
/// begins with a slash: with three slashes as with four.
fn file_of(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
}

/// A database in an error: never with a password.
fn place(url: &str) -> String {
    match (file_of(url), PgConnectOptions::from_str(url)) {
        (Some(file), _) => file.display().to_string(),
        (None, Ok(server)) => {
            format!("database {} on {}", server.get_database().unwrap_or("of the user's name"), server.get_host())
        }
        (None, Err(_)) => "this address".into(),
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

/// Connects once, so that whatever is wrong is reported now.
async fn open_postgres(url: &str, patience: Timeouts) -> Result<Arc<Connections>, LedgerError> {
    // A pooler knows no such parameter by default, and nothing of ours is a fraction.
    let options = PgConnectOptions::from_str(url)?.extra_float_digits(None).disable_statement_logging();
    let connections = Connections::new(options, patience);
    connections.first().await?;
    Ok(connections)
}

/// How the connections to a SQLite file are opened.
async fn sqlite_options(url: &str, opening: Opening, patience: Timeouts) -> Result<SqliteConnectOptions, LedgerError> {
    let file = file_of(url).filter(|file| !file.as_os_str().is_empty()).ok_or(LedgerError::Address)?;
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(patience.lock)
        .row_buffer_size(SQLITE_ROW_BUFFER_ROWS)
        .disable_statement_logging()
        // What is destroyed is overwritten, also where a page is given back.
        .pragma("secure_delete", "on")
        .pragma("temp_store", "memory")
        .pragma("cache_size", "-32768");
    if opening == Opening::Make {
        let folder = file.parent().unwrap_or(Path::new(""));
        std::fs::create_dir_all(folder).map_err(|source| LedgerError::Folder { folder: folder.into(), source })?;
        return Ok(options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal));
    }
    if !file.exists() {
        return Err(LedgerError::NoLedger { place: file.display().to_string() });
    }
    Ok(if opening == Opening::Look { readable(options, &file).await } else { options })
}

/// A file in a folder where nothing can be written cannot have the files that SQLite keeps beside it: then it
/// is read as what nobody changes.
async fn readable(options: SqliteConnectOptions, file: &Path) -> SqliteConnectOptions {
    let mut beside = file.as_os_str().to_owned();
    beside.push("-wal");
    // What stands only in the log would not be seen.
    if std::fs::metadata(&beside).is_ok_and(|log| log.len() > 0) {
        return options;
    }
    let tried = async {
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
        sqlx::query("SELECT count(*) FROM sqlite_master").execute(&mut connection).await?;
        connection.close().await
    };
    if tried.await.is_ok() { options } else { options.immutable(true).read_only(true) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_begins_with_a_slash_is_absolute() {
        let file = |url: &str| file_of(url).unwrap().display().to_string();
        assert_eq!(file("sqlite:a/b.db"), "a/b.db");
        assert_eq!(file("sqlite://a/b.db"), "a/b.db");
        for url in ["sqlite:/a/b.db", "sqlite:///a/b.db", "sqlite:////a/b.db"] {
            assert!(file_of(url).unwrap().is_absolute(), "{url}");
        }
        assert!(file_of("postgres://x/y").is_none());
    }

    #[test]
    fn a_place_has_no_password() {
        let place = place("postgres://me:hidden@host:1/db?password=hidden");
        assert!(place.contains("db") && !place.contains("hidden"), "{place}");
    }
}
