//! Opening a ledger: which commands may create one, change one, or only read one.
//!
//! Invariants: a path that was mistyped, or a volume that is not mounted, leaves nothing behind unless the
//! ledger was to be made; a read-only command changes no schema, and needs no right to write.

use std::path::PathBuf;
use std::sync::Arc;

use super::LedgerError;
use super::engine::{Ledger, Pool};
use super::postgres::connections::Connections;
use super::postgres::servers::Servers;
use super::schema::{Opening, Schema};
use super::sqlite::connections::SqliteConnections;
use super::sqlite::options::options;
use super::timeouts::Timeouts;

impl Ledger {
    /// Connects, and leaves the schema as it is.
    async fn connect(url: &str, opening: Opening, patience: Timeouts) -> Result<Ledger, LedgerError> {
        let pool = if url.starts_with("sqlite:") {
            Pool::Sqlite(Box::new(open_sqlite(url, opening, patience).await?))
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
    match (file_of(url), Servers::of(url)) {
        (Some(file), _) => file.display().to_string(),
        (None, Ok(servers)) => servers.place(),
        (None, Err(_)) => "this address".into(),
    }
}

async fn open_sqlite(url: &str, opening: Opening, patience: Timeouts) -> Result<SqliteConnections, LedgerError> {
    let file = file_of(url).filter(|file| !file.as_os_str().is_empty()).ok_or(LedgerError::Address)?;
    SqliteConnections::open(options(&file, opening, patience).await?, patience.lock).await
}

/// Connects once, so that whatever is wrong is reported now.
async fn open_postgres(url: &str, patience: Timeouts) -> Result<Arc<Connections>, LedgerError> {
    let connections = Connections::new(Servers::of(url)?, patience);
    connections.first().await?;
    Ok(connections)
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
