//! How a SQLite file is opened: what it may do, how long it waits, and what is written over.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use crate::limits::{SQLITE_LOG_PAGES, SQLITE_ROW_BUFFER_ROWS, SQLITE_STATEMENTS};
use crate::store::LedgerError;
use crate::store::schema::Opening;
use crate::store::timeouts::Timeouts;

/// How the connections to a SQLite file are opened.
pub(crate) async fn options(
    file: &Path,
    opening: Opening,
    patience: Timeouts,
) -> Result<SqliteConnectOptions, LedgerError> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(patience.lock)
        .row_buffer_size(SQLITE_ROW_BUFFER_ROWS)
        .statement_cache_capacity(SQLITE_STATEMENTS)
        .disable_statement_logging()
        // What is destroyed is overwritten, also where a page is given back.
        .pragma("secure_delete", "on")
        .pragma("temp_store", "memory")
        .pragma("wal_autocheckpoint", SQLITE_LOG_PAGES.to_string())
        .pragma("cache_size", "-32768");
    if opening == Opening::Make {
        let folder = file.parent().unwrap_or(Path::new(""));
        std::fs::create_dir_all(folder).map_err(|source| LedgerError::Folder { folder: folder.into(), source })?;
        return Ok(options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal));
    }
    if !file.exists() {
        return Err(LedgerError::NoLedger { place: file.display().to_string() });
    }
    Ok(if opening == Opening::Look { readable(options, file).await } else { options })
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
