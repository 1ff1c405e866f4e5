//! How long a worker waits for the database: nothing waits forever, so that what is stuck is claimed again.
//!
//! The server is told the same (locks, transactions left idle, clients that are gone), or a worker that
//! was cut off would keep its locks until the system's own timers end, two hours later.

use std::future::Future;
use std::time::Duration;

use super::LedgerError;
use crate::limits::{DATABASE_ANSWER_SECONDS, DATABASE_BUSY_SECONDS, DATABASE_IDLE_SECONDS, DATABASE_LOOK_SECONDS};

/// A session sees everything, also as a role whose rows are narrowed (`postgres/row_security.rs`): without this such a
/// role sees no row.
const EVERYTHING_SEEN: &str = "SET cardline.bank = '*'; SET cardline.area = '*'";

/// How long to wait for another one's lock (or for a connection), for an answer at all, and for one until
/// it is looked whether the server works on it.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    pub lock: Duration,
    pub answer: Duration,
    pub look: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        let lock = Duration::from_secs(DATABASE_BUSY_SECONDS);
        let (answer, look) = (Duration::from_secs(DATABASE_ANSWER_SECONDS), Duration::from_secs(DATABASE_LOOK_SECONDS));
        Timeouts { lock, answer, look }
    }
}

impl Timeouts {
    /// The settings of a session on PostgreSQL. Ours are statements over sets: each is planned for the
    /// tables as they are now, never as they were when the first of its kind came; compiling one takes
    /// longer than running it; and a look into an index costs little more than reading on, for nobody keeps
    /// a ledger on turning disks: with the default a chunk's keys would be met by reading whole tables. The view of where
    /// a card is has seven tables, and is planned with those it is asked for by. A role may
    /// have a bound for statements that is shorter than the longest of ours: how long one may take is said here.
    pub(crate) fn of_session(self) -> String {
        let idle = DATABASE_IDLE_SECONDS;
        format!(
            "SET client_min_messages = warning; SET lock_timeout = {}; SET statement_timeout = 0; SET jit = off; \
             SET plan_cache_mode = force_custom_plan; SET random_page_cost = 1.1; \
             SET join_collapse_limit = 10; SET from_collapse_limit = 10; \
             SET idle_in_transaction_session_timeout = '{idle}s'; \
             SET tcp_keepalives_idle = {idle}; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; \
             SET tcp_user_timeout = '{idle}s'; SET client_connection_check_interval = '10s'; {EVERYTHING_SEEN}",
            self.lock.as_millis()
        )
    }
}

/// What is asked for, or that no answer came in time.
pub(crate) async fn within<T>(
    patience: Duration,
    statement: &str,
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, LedgerError> {
    match tokio::time::timeout(patience, asked).await {
        Ok(answer) => answer.map_err(|e| LedgerError::sql(statement, e)),
        Err(_) => Err(LedgerError::silent(statement, patience.as_secs())),
    }
}
