//! The table `progress`: what is written of work under way, and what is read of it.

use jiff::Timestamp;
use serde::Serialize;

use crate::limits::{PROGRESS_DAYS, PROGRESS_SHOWN, PROGRESS_SILENT_SECONDS};
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};
use crate::time::rfc3339_stored;
use crate::{args, row};

/// What is under way, and whose it is.
#[derive(Clone, Debug)]
pub struct Work {
    /// `cut`, `split`, `import`, `books`, or an act on pickup windows or points.
    pub kind: &'static str,
    /// A stream, the number of a batch, a table: what it is done to.
    pub subject: String,
    /// Bank and area whose people may see it; empty where it concerns more than one.
    pub bank: String,
    pub area: String,
    pub actor: String,
    /// Empty: a command.
    pub worker: String,
}

impl Work {
    /// Work of a command that concerns every bank and area.
    pub fn of_everybody(kind: &'static str, subject: &str, actor: &str) -> Work {
        let (bank, area, worker) = (String::new(), String::new(), String::new());
        Work { kind, subject: subject.into(), bank, area, actor: actor.into(), worker }
    }
}

/// A row as it is written.
pub(super) struct ProgressRow<'w> {
    /// None before there is a row.
    pub id: Option<i64>,
    pub work: &'w Work,
    pub phase: &'static str,
    pub done: i64,
    pub total: Option<i64>,
    pub started_at: Timestamp,
}

/// How a piece of work ended: `done` or `failed`, and what came of it.
pub(super) struct WorkEnd {
    pub word: &'static str,
    pub result: String,
}

row! {
    struct StoredProgress {
        id: i64,
        work: String,
        subject: String,
        bank: String,
        area: String,
        actor: String,
        worker: String,
        phase: String,
        done: i64,
        total: Option<i64>,
        started_at: i64,
        changed_at: i64,
        ended: Option<String>,
        result: Option<String>,
    }
}

/// Where a piece of work stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkState {
    Running,
    /// Its worker has not told anything for a while: it may be gone.
    Silent,
    Done,
    Failed,
}

/// How far a piece of work is, as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct ProgressRecord {
    pub id: i64,
    /// `cut`, `split`, `import`, `books`, or an act on pickup windows or points.
    pub work: String,
    pub subject: String,
    pub bank: String,
    pub area: String,
    pub actor: String,
    pub worker: String,
    /// What it is at: `records`, `photos`, `package`, a law.
    pub phase: String,
    pub done: i64,
    /// None where it is not known how much there is.
    pub total: Option<i64>,
    pub state: WorkState,
    /// RFC 3339.
    pub started_at: String,
    /// When its worker last told of it.
    pub changed_at: String,
    /// What came of it, such as the number of a batch.
    pub result: Option<String>,
}

impl StoredProgress {
    fn shown(self, now: Timestamp) -> ProgressRecord {
        let silence = now.as_microsecond() - self.changed_at;
        let state = match self.ended.as_deref() {
            Some("done") => WorkState::Done,
            Some(_) => WorkState::Failed,
            None if silence > PROGRESS_SILENT_SECONDS * 1_000_000 => WorkState::Silent,
            None => WorkState::Running,
        };
        let StoredProgress { id, work, subject, bank, area, actor, worker, phase, done, total, result, .. } = self;
        let (started_at, changed_at) = (rfc3339_stored(self.started_at), rfc3339_stored(self.changed_at));
        ProgressRecord {
            id,
            work,
            subject,
            bank,
            area,
            actor,
            worker,
            phase,
            done,
            total,
            state,
            started_at,
            changed_at,
            result,
        }
    }
}

impl Ledger {
    /// Work within the viewer's scope that is under way or has ended since, the newest first. Silence is measured by
    /// the database's clock, by which it is written.
    pub async fn progress(&self, since: Timestamp) -> Result<Vec<ProgressRecord>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let now = tx.clock().await?;
        let rows = tx
            .rows::<StoredProgress>(
                concat!(
                    "SELECT p.id, p.work, p.subject, p.bank, p.area, p.actor, p.worker, p.phase, p.done, p.total, p.started_at, p.changed_at, p.ended, p.result
                     FROM progress p WHERE (p.ended IS NULL OR p.changed_at >= $1) AND ",
                    in_scope!("p.bank", "p.area"),
                    " ORDER BY p.id DESC LIMIT $2"
                ),
                args![since, PROGRESS_SHOWN],
            )
            .await?;
        Ok(rows.into_iter().map(|row| row.shown(now)).collect())
    }

    /// Writes how far a piece of work is, in a transaction of its own; returns the id of its row. Rows that nobody
    /// looks at any more go when a new one comes.
    pub(super) async fn write_progress(
        &self,
        row: &ProgressRow<'_>,
        end: Option<&WorkEnd>,
    ) -> Result<i64, LedgerError> {
        let mut tx = self.begin().await?;
        let now = tx.clock().await?;
        let (word, result) = (end.map(|end| end.word), end.map(|end| end.result.as_str()));
        if let Some(id) = row.id {
            tx.run(
                "UPDATE progress SET phase = $2, done = $3, total = $4, changed_at = $5, ended = $6, result = $7 WHERE id = $1",
                args![id, row.phase, row.done, row.total, now, word, result],
            )
            .await?;
            tx.commit().await?;
            return Ok(id);
        }
        let old = now.as_microsecond() - PROGRESS_DAYS * 86_400_000_000;
        tx.run("DELETE FROM progress WHERE changed_at < $1", args![old]).await?;
        let Work { kind, subject, bank, area, actor, worker } = row.work;
        // The instants of one row are of one clock.
        let since = Timestamp::now().duration_since(row.started_at);
        let started_at = now.saturating_sub(since).unwrap_or(now);
        let id = tx
            .run_returning::<(i64,)>(
                "INSERT INTO progress (work, subject, bank, area, actor, worker, phase, done, total, started_at, changed_at, ended, result)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id",
                args![
                    *kind, subject, bank, area, actor, worker, row.phase, row.done, row.total, started_at, now, word, result
                ],
            )
            .await?;
        tx.commit().await?;
        id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("progress id".into()))
    }
}
