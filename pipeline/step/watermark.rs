//! The watermark: how far the ledger had come, recorded outside of it (`step/watermark_place.rs`).
//!
//! A database that was restored, or a standby that was behind, forgets what was already done: files lie at
//! partners, messages were published. Invariant: before anything is sent out, the watermark covers it. So a
//! ledger behind its watermark is found, and everything halts until a person accepts.

use std::fs::File;
use std::path::PathBuf;

use jiff::Timestamp;

use super::{StageError, Worker};
use crate::step::reached::Reached;
use crate::store::{Ledger, LedgerError};

impl Worker {
    /// Fails while a halt waits for a person.
    pub async fn refuse_while_halted(&self) -> Result<(), StageError> {
        match self.ledger.halt().await? {
            Some(halt) => Err(LedgerError::Reconciling { found: halt.found }.into()),
            None => Ok(()),
        }
    }

    /// Halts everything when the ledger is behind its watermark; returns how far it has come.
    pub async fn watch_history(&self, now: Timestamp) -> Result<Reached, StageError> {
        let reached = self.ledger.reached().await?;
        if let Some(found) = self.shrunk(&reached).await? {
            tracing::error!(found, "the database's history shrank");
            self.ledger.halt_after_restore(&found, now).await?;
        }
        Ok(reached)
    }

    /// As [`Worker::watch_history`], and remembers how far the ledger has come: a restore is found even where only
    /// users changed since.
    pub async fn follow_history(&self, now: Timestamp) -> Result<(), StageError> {
        let reached = self.watch_history(now).await?;
        if self.ledger.halt().await?.is_none() {
            // What a power cut takes back must not look like a restore.
            self.flush_database()?;
            self.keep_watermark(&reached).await?;
        }
        Ok(())
    }

    /// Makes what is committed outlast a power cut. SQLite does so by itself only now and then, a server always.
    fn flush_database(&self) -> Result<(), StageError> {
        let Some(file) = Ledger::file(&self.config.database.value) else { return Ok(()) };
        let mut log = file.into_os_string();
        log.push("-wal");
        match File::open(&log).and_then(|log| log.sync_all()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(StageError::file(PathBuf::from(log).display(), error))
            }
            _ => Ok(()),
        }
    }

    /// To be called before anything is cut, sent or published: fails while halted, halts when history shrank,
    /// and remembers how far it has come.
    pub(crate) async fn before_leaving(&self, now: Timestamp) -> Result<(), StageError> {
        let reached = self.watch_history(now).await?;
        self.refuse_while_halted().await?;
        self.keep_watermark(&reached).await
    }

    /// What of the watermark the ledger does not know, in words.
    async fn shrunk(&self, reached: &Reached) -> Result<Option<String>, StageError> {
        if self.ledger.counts_transactions_anew().await? {
            let found = "the server counts transactions anew: a dump was loaded into a server whose count was not raised before";
            return Ok(Some(found.into()));
        }
        let Some(mark) = self.watermark(&reached.identity).await? else { return Ok(None) };
        if mark.seal > 0 && self.ledger.seal_digest(mark.seal).await?.as_deref() != Some(mark.digest.as_str()) {
            let found = format!("seal {} of the history, seen here before, is gone or another one", mark.seal);
            return Ok(Some(found));
        }
        // Another worker of this folder may have gone on between the two: what counts is the ledger after
        // the mark was read.
        match behind(&mark, reached) {
            None => Ok(None),
            Some(_) => Ok(behind(&mark, &self.ledger.reached().await?)),
        }
    }

    /// Remembers how far the ledger has come. Of two workers that looked one after the other, the slower one
    /// takes nothing back: what was sent out stays covered.
    async fn keep_watermark(&self, reached: &Reached) -> Result<(), StageError> {
        self.change_watermark(&reached.identity, |mark| mark.iter().fold(reached.clone(), Reached::or_further)).await
    }

    /// From here on this is the history, whatever was seen before.
    pub(crate) async fn begin_watermark(&self, reached: &Reached) -> Result<(), StageError> {
        self.change_watermark(&reached.identity, |_| reached.clone()).await
    }
}

/// A counter that stands before what was seen of it, in words.
fn behind(mark: &Reached, reached: &Reached) -> Option<String> {
    mark.counters.iter().find_map(|(name, next)| {
        let ours = reached.counters.get(name).copied().unwrap_or(1);
        (ours < *next).then(|| format!("{name} stands at {ours}, and {next} was seen here before"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn reached(seal: i64, counters: &[(&str, i64)]) -> Reached {
        let counters = counters.iter().map(|(name, next)| ((*name).to_owned(), *next)).collect();
        Reached { identity: "one".into(), seal, digest: format!("of {seal}"), counters }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_slower_worker_takes_nothing_back_and_a_new_beginning_does() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::in_folder(folder.path(), None);
        let worker = Worker::open(config, jiff::civil::date(2026, 1, 5)).await.unwrap();
        worker.keep_watermark(&reached(3, &[("a", 5), ("b", 1)])).await.unwrap();
        worker.keep_watermark(&reached(2, &[("a", 4), ("b", 2), ("c", 9)])).await.unwrap();
        let both = reached(3, &[("a", 5), ("b", 2), ("c", 9)]);
        assert_eq!(worker.watermark("one").await.unwrap(), Some(both));
        worker.begin_watermark(&reached(1, &[("a", 2)])).await.unwrap();
        assert_eq!(worker.watermark("one").await.unwrap(), Some(reached(1, &[("a", 2)])));
        worker.ledger.close().await;
    }
}
