//! A connection that falls silent: nothing comes, nothing is closed, and the server knows nothing of it.
//!
//! Whoever waits longer than a moment asks the server, on another connection, whether it works for this
//! one. If it does not, no answer will ever come: the session is given up and ended on the server.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connections::{Connections, PooledConnection};
use super::session::Backend;
use crate::store::LedgerError;
use crate::store::sqlite::soon::soon;

/// How a transaction waits for its answers.
#[derive(Clone)]
pub(crate) enum Waiting {
    /// SQLite has no server that could fall silent; its waiting is bounded by the busy timeout.
    Unwatched,
    Watched {
        connections: Arc<Connections>,
        backend: Backend,
        /// The longest a statement may take; `None` as long as the server works on it.
        answer: Option<Duration>,
    },
}

impl Waiting {
    /// How the answers of a transaction are waited for.
    pub fn of(pooled: &PooledConnection) -> Waiting {
        match pooled.answered_by() {
            None => Waiting::Unwatched,
            Some((connections, backend)) => {
                let answer = Some(connections.patience.answer);
                Waiting::Watched { connections, backend, answer }
            }
        }
    }

    /// What a statement gives, or that no answer will come.
    pub async fn within<T>(
        &self,
        statement: &str,
        asked: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, LedgerError> {
        let Waiting::Watched { connections, backend, answer } = self else {
            return soon(asked).await.map_err(|e| LedgerError::sql(statement, e));
        };
        let begun = Instant::now();
        tokio::select! {
            biased;
            answer = asked => answer.map_err(|e| LedgerError::sql(statement, e)),
            () = silence(connections, backend, *answer, begun) => Err(LedgerError::silent(statement, begun.elapsed().as_secs())),
        }
    }

    /// For the few who read everything: the server may take as long as it works.
    pub fn without_hurry(&mut self) {
        if let Waiting::Watched { answer, .. } = self {
            *answer = None;
        }
    }
}

/// Ends when no answer is to be expected any more.
async fn silence(connections: &Connections, backend: &Backend, answer: Option<Duration>, begun: Instant) {
    let patience = connections.patience;
    let (mut seen, mut idle) = (begun, false);
    loop {
        let pause = if idle { patience.look / 5 } else { patience.look };
        let left = answer.map_or(Duration::MAX, |answer| answer.saturating_sub(begun.elapsed()));
        tokio::time::sleep(pause.min(left)).await;
        if answer.is_some_and(|answer| begun.elapsed() >= answer) {
            return;
        }
        match connections.works_for(backend).await {
            Ok(true) => (seen, idle) = (Instant::now(), false),
            // Its answer may have been on its way; the second time it is not.
            Ok(false) if !idle => idle = true,
            Ok(false) => {
                if let Err(error) = connections.end(backend).await {
                    tracing::warn!(%error, "a silent session keeps its locks until the server sees that it is gone");
                }
                return;
            }
            Err(_) if seen.elapsed() > patience.answer => return,
            Err(_) => {}
        }
    }
}
