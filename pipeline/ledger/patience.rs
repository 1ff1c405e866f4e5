//! How long a worker waits for the database: nothing waits for ever, so that what is stuck is claimed again.
//!
//! The server is told the same (locks, transactions left idle, clients that are gone), or a worker that
//! was cut off would keep its locks until the system's own timers end, two hours later.

use std::future::Future;
use std::time::Duration;

use sqlx::{Connection, PgConnection};

use super::LedgerError;
use crate::limits::{DATABASE_ANSWER_SECONDS, DATABASE_BUSY_SECONDS, DATABASE_IDLE_SECONDS, DATABASE_PING_SECONDS};

/// How long to wait for another one's lock (or for a connection), and for an answer at all.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub lock: Duration,
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        let lock = Duration::from_secs(DATABASE_BUSY_SECONDS);
        Patience { lock, answer: Duration::from_secs(DATABASE_ANSWER_SECONDS) }
    }
}

impl Patience {
    /// The settings of a session on PostgreSQL. Ours are statements over sets: each is planned for the
    /// tables as they are now, never as they were when the first of its kind came; compiling one takes
    /// longer than running it; and a look into an index costs little more than reading on, for nobody keeps
    /// a ledger on turning disks: with the default a chunk's keys would be met by reading whole tables.
    pub(super) fn of_session(self) -> String {
        let idle = DATABASE_IDLE_SECONDS;
        format!(
            "SET client_min_messages = warning; SET lock_timeout = {}; SET jit = off; \
             SET plan_cache_mode = force_custom_plan; SET random_page_cost = 1.1; \
             SET idle_in_transaction_session_timeout = '{idle}s'; \
             SET tcp_keepalives_idle = {idle}; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; \
             SET tcp_user_timeout = '{idle}s'; SET client_connection_check_interval = '10s'",
            self.lock.as_millis()
        )
    }
}

/// What a statement gives, or that no answer came in time.
pub(super) async fn within<T>(
    patience: Option<Duration>,
    statement: &str,
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, LedgerError> {
    let answer = match patience {
        None => asked.await,
        Some(patience) => match tokio::time::timeout(patience, asked).await {
            Ok(answer) => answer,
            Err(_) => return Err(LedgerError::silent(statement, patience.as_secs())),
        },
    };
    answer.map_err(|e| LedgerError::sql(statement, e))
}

/// Whether a connection that is given back may be used again.
pub(super) async fn still_answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(Duration::from_secs(DATABASE_PING_SECONDS), connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}
