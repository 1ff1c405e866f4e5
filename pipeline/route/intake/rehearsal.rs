//! Intake without effect: chunks are settled in one transaction that is never committed.
//!
//! On SQLite a writer keeps all others out, so there it is done on a copy. With PostgreSQL those that bring the
//! same ids wait for its end, and the numbers of rows it used up are not used again.

use jiff::civil::Date;
use tempfile::TempDir;

use super::positions::positions_in;
use super::settle::{ArrivingMessage, ChunkSource, IntakeCounts, settle_in};
use crate::args;
use crate::store::{Engine, Ledger, LedgerError, Stamp, Tx};

/// A dry run under way. Dropped or ended, it leaves nothing behind.
pub struct Rehearsal {
    tx: Tx,
    /// What it is done on instead, and the folder it lies in.
    copy: Option<(Ledger, TempDir)>,
    /// Newest message before it began.
    newest: i64,
    counts: IntakeCounts,
}

/// What intake would have done.
#[derive(serde::Serialize)]
pub struct Rehearsed {
    #[serde(flatten)]
    pub counts: IntakeCounts,
    /// Rule, severity and how many messages, by rule.
    pub findings: Vec<RuleCount>,
    /// Why messages would be quarantined, conflicting or waiting, and how many.
    pub reasons: Vec<ReasonCount>,
}

/// How many messages a rule found something in.
#[derive(serde::Serialize)]
pub struct RuleCount {
    pub rule: String,
    pub severity: String,
    pub messages: i64,
}

/// How many messages were set aside for a reason.
#[derive(serde::Serialize)]
pub struct ReasonCount {
    pub outcome: String,
    pub reason: String,
    pub messages: i64,
}

impl Ledger {
    /// Begins a dry run of intake.
    pub async fn rehearse(&self) -> Result<Rehearsal, LedgerError> {
        let copy = if self.engine() == Engine::Sqlite { Some(self.aside().await?) } else { None };
        let mut tx = copy.as_ref().map_or(self, |(ledger, _)| ledger).begin().await?;
        let newest = tx.number("SELECT COALESCE(max(id), 0) FROM message", args![]).await?;
        Ok(Rehearsal { tx, copy, newest, counts: IntakeCounts::default() })
    }

    /// A copy of a SQLite ledger, gone with its folder.
    async fn aside(&self) -> Result<(Ledger, TempDir), LedgerError> {
        let without_room = |source: Box<dyn std::error::Error + Send + Sync>| LedgerError::Copy {
            folder: std::env::temp_dir().display().to_string(),
            source,
        };
        let folder = tempfile::tempdir().map_err(|error| without_room(error.into()))?;
        let file = folder.path().join("ledger.sqlite");
        self.copy_into(&file).await.map_err(|error| without_room(error.into()))?;
        Ok((Ledger::open(&format!("sqlite:{}", file.display())).await?, folder))
    }
}

impl Rehearsal {
    /// The positions intake would go on from.
    pub async fn positions(&mut self, topic: &str, partitions: &[i64]) -> Result<Vec<(i64, i64)>, LedgerError> {
        positions_in(&mut self.tx, topic, partitions).await
    }

    /// Settles one chunk as intake would.
    pub async fn settle(
        &mut self,
        source: &ChunkSource,
        messages: Vec<ArrivingMessage>,
        why: Stamp<'_>,
        today: Date,
    ) -> Result<(), LedgerError> {
        let (counts, _) = settle_in(&mut self.tx, source, messages, why, today).await?;
        self.counts.add(counts);
        Ok(())
    }

    /// Reads what came of it, and undoes it all.
    pub async fn end(mut self) -> Result<Rehearsed, LedgerError> {
        let findings = self
            .tx
            .rows::<(String, String, i64)>(
                "SELECT rule, severity, count(DISTINCT message) FROM finding WHERE message > $1 GROUP BY rule, severity ORDER BY rule",
                args![self.newest],
            )
            .await?;
        let reasons = self
            .tx
            .rows::<(String, String, i64)>(
                "SELECT outcome, reason, count(*) FROM message WHERE id > $1 AND reason IS NOT NULL
                 GROUP BY outcome, reason ORDER BY outcome, reason",
                args![self.newest],
            )
            .await?;
        self.tx.roll_back().await?;
        if let Some((ledger, _folder)) = self.copy {
            ledger.close().await;
        }
        let rule = |(rule, severity, messages)| RuleCount { rule, severity, messages };
        let reason = |(outcome, reason, messages)| ReasonCount { outcome, reason, messages };
        Ok(Rehearsed {
            counts: self.counts,
            findings: findings.into_iter().map(rule).collect(),
            reasons: reasons.into_iter().map(reason).collect(),
        })
    }
}
