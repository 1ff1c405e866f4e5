//! One session on PostgreSQL: how it is set, what the server says of it, whether it is fit for a ledger.

use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::store::LedgerError;
use crate::store::timeouts::Timeouts;

/// A session and what was asked of it when it began.
pub(crate) struct Session {
    pub connection: PgConnection,
    pub facts: SessionFacts,
}

/// A server process, told apart from a later one of the same number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Backend {
    /// Which of the address's servers.
    pub server: usize,
    pub pid: i32,
    /// Microseconds.
    pub started: i64,
}

/// What decides whether a ledger can be kept in this session.
pub(crate) struct SessionFacts {
    pub backend: Backend,
    encoding: String,
    /// Whether temporary tables may be made, or need not.
    temporary: bool,
    database: String,
    /// The port the server listens on; none when it is reached through a socket.
    pub server_port: Option<i32>,
    /// Whether it is a standby.
    pub in_recovery: bool,
    /// Whether it takes no writes, for whatever reason.
    pub read_only: bool,
    /// Whether rows are handed over with COPY: row-level security, which refuses it, is not on for this role, and its
    /// last word does not wait for the network.
    pub copies: bool,
}

const ASKED: &str = "SELECT pg_backend_pid(),
        (SELECT CAST(extract(epoch FROM backend_start) * 1000000 AS BIGINT) FROM pg_stat_activity WHERE pid = pg_backend_pid()),
        current_setting('server_encoding'), current_database()::text, inet_server_port(),
        pg_is_in_recovery() OR has_database_privilege(current_database(), 'TEMPORARY'),
        pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
        NOT EXISTS (SELECT 1 FROM pg_class WHERE relrowsecurity AND row_security_active(oid))";

/// Sets a new session and asks for its facts, in one message.
pub(crate) async fn greet(
    mut connection: PgConnection,
    (server, writes_at_once): (usize, bool),
    patience: Timeouts,
) -> Result<Session, sqlx::Error> {
    let greeting = format!("{}; {ASKED}", patience.of_session());
    let rows = sqlx::raw_sql(AssertSqlSafe(greeting)).fetch_all(&mut connection).await?;
    let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    let facts = SessionFacts {
        backend: Backend { server, pid: row.try_get(0)?, started: row.try_get::<Option<i64>, _>(1)?.unwrap_or(0) },
        encoding: row.try_get(2)?,
        database: row.try_get(3)?,
        server_port: row.try_get(4)?,
        temporary: row.try_get(5)?,
        in_recovery: row.try_get(6)?,
        read_only: row.try_get(7)?,
        copies: writes_at_once && row.try_get(8)?,
    };
    Ok(Session { connection, facts })
}

impl SessionFacts {
    /// Of a primary.
    #[cfg(test)]
    pub fn of_tests() -> SessionFacts {
        SessionFacts {
            backend: Backend { server: 0, pid: 1, started: 1 },
            encoding: "UTF8".into(),
            temporary: true,
            database: "ledger".into(),
            server_port: None,
            in_recovery: false,
            read_only: false,
            copies: true,
        }
    }

    /// Fails where a ledger cannot be kept, with what is to be done.
    pub fn fit(&self) -> Result<(), LedgerError> {
        let SessionFacts { database, encoding, .. } = self;
        if encoding != "UTF8" {
            return Err(LedgerError::Encoding { database: database.clone(), encoding: encoding.clone() });
        }
        if !self.temporary {
            return Err(LedgerError::NoTemporary { database: database.clone() });
        }
        Ok(())
    }
}
