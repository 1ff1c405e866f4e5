//! How far a piece of work is: a row that any process may look at, for work that takes longer than a second.
//!
//! Invariants: a row is written by a task beside the work, in transactions of its own, at most once a second; where
//! that fails the work goes on. Work that ends within a second leaves no row. A row says nothing of any card. Not
//! here: what a page makes of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::progress_rows::{ProgressRow, Work, WorkEnd};
use crate::limits::{PROGRESS_END_SECONDS, PROGRESS_SECONDS};
use crate::store::Ledger;

/// How far a piece of work is. Dropped before [`Progress::finish`], it failed.
pub struct Progress {
    counts: Arc<Counts>,
    /// Ends the writing task; none where nobody looks.
    writing: Option<Writing>,
}

struct Writing {
    end: oneshot::Sender<WorkEnd>,
    task: JoinHandle<()>,
}

/// What the work tells and the task writes.
#[derive(Default)]
struct Counts {
    done: AtomicU64,
    /// 0 where it is not known how much there is.
    total: AtomicU64,
    phase: Mutex<&'static str>,
}

impl Counts {
    fn now(&self) -> (&'static str, i64, Option<i64>) {
        let phase = *self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let number = |count: &AtomicU64| i64::try_from(count.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        (phase, number(&self.done), Some(number(&self.total)).filter(|total| *total > 0))
    }
}

impl Progress {
    /// Of work at which nobody looks.
    pub fn unwatched() -> Progress {
        Progress { counts: Arc::default(), writing: None }
    }

    /// The work goes on with its next phase, of so many things where that is known.
    pub fn phase(&self, phase: &'static str, total: Option<usize>) {
        *self.counts.phase.lock().unwrap_or_else(PoisonError::into_inner) = phase;
        self.counts.done.store(0, Ordering::Relaxed);
        self.counts.total.store(total.unwrap_or(0) as u64, Ordering::Relaxed);
    }

    /// So many more things of the phase are done. From any thread.
    pub fn advance(&self, by: usize) {
        self.counts.done.fetch_add(by as u64, Ordering::Relaxed);
    }

    /// The work is done, with what came of it, such as the number of a batch.
    pub async fn finish(mut self, result: &str) {
        if let Some(Writing { end, task }) = self.writing.take() {
            let _ = end.send(WorkEnd { word: "done", result: result.to_owned() });
            // Who ends now would take the last row with it.
            let _ = tokio::time::timeout(Duration::from_secs(PROGRESS_END_SECONDS), task).await;
        }
    }
}

impl Ledger {
    /// Begins to tell how far a piece of work is.
    pub fn progress_of(&self, work: Work) -> Progress {
        let counts = Arc::<Counts>::default();
        let (end, ended) = oneshot::channel();
        let task = tokio::spawn(write(self.clone(), work, counts.clone(), ended));
        Progress { counts, writing: Some(Writing { end, task }) }
    }
}

/// Writes the row once a second until the work ends, and once more then. Nothing is written of work that ended
/// before there was a row.
async fn write(ledger: Ledger, work: Work, counts: Arc<Counts>, mut ended: oneshot::Receiver<WorkEnd>) {
    let (mut row, started_at) = (None, Timestamp::now());
    loop {
        let end = tokio::select! {
            biased;
            end = &mut ended => {
                let failed = WorkEnd { word: "failed", result: "the log of the worker says why".into() };
                Some(end.unwrap_or(failed))
            }
            () = tokio::time::sleep(Duration::from_secs(PROGRESS_SECONDS)) => None,
        };
        if end.is_some() && row.is_none() {
            return;
        }
        let (phase, done, total) = counts.now();
        let now = ProgressRow { id: row, work: &work, phase, done, total, started_at };
        match ledger.write_progress(&now, end.as_ref()).await {
            Ok(id) => row = Some(id),
            Err(error) => tracing::debug!(%error, work = work.kind, "how far it is was not written"),
        }
        if end.is_some() {
            return;
        }
    }
}
