//! When the database is away or the disk is full the whole worker rests, and goes on by itself.

use std::path::Path;
use std::time::{Duration, Instant};

use super::watch::Watch;
use crate::limits::{DATA_FREE_BYTES_MIN, DATABASE_HEALTH_SECONDS, OUTAGE_REST_SECONDS_MAX};
use crate::step::Worker;
use crate::time::rest_seconds;

/// An outage, from its first sign until it is over. Told once at each end, not every time.
#[derive(Default)]
pub struct Outage {
    since: Option<Instant>,
    looked: u32,
}

impl Outage {
    /// Looks whether work can be done; rests a while when it cannot.
    pub async fn holds(&mut self, watch: &Watch, worker: &Worker) -> bool {
        match why_not(worker).await {
            Some(why) => {
                self.rests(watch, &why).await;
                true
            }
            None => {
                self.is_over();
                watch.rests(None);
                false
            }
        }
    }

    /// Rests, twice as long as the last time, and logs it the first time.
    pub async fn rests(&mut self, watch: &Watch, why: &str) {
        if self.since.is_none() {
            tracing::error!("{why}; the worker rests until this is over");
            self.since = Some(Instant::now());
        }
        watch.rests(Some(why.to_owned()));
        let seconds = rest_seconds(self.looked, OUTAGE_REST_SECONDS_MAX);
        self.looked += 1;
        watch.pause(Duration::from_secs(seconds)).await;
    }

    /// It is over, if there was one.
    pub fn is_over(&mut self) {
        if let Some(since) = self.since.take() {
            tracing::info!("the worker goes on after {} s of rest", since.elapsed().as_secs());
        }
        self.looked = 0;
    }
}

/// Why no work can be done now.
async fn why_not(worker: &Worker) -> Option<String> {
    if let Some(why) = disk_full(&worker.config.data.value) {
        return Some(why);
    }
    database_away(worker).await
}

/// Why the database does not count as there.
pub async fn database_away(worker: &Worker) -> Option<String> {
    match tokio::time::timeout(Duration::from_secs(DATABASE_HEALTH_SECONDS), worker.ledger.answers()).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) if error.is_read_only() => Some(error.to_string()),
        Ok(Err(error)) => Some(format!("the database does not answer: {error}")),
        Err(_) => Some(format!("the database did not answer within {DATABASE_HEALTH_SECONDS} s")),
    }
}

/// Why the data folder counts as full.
pub fn disk_full(data: &Path) -> Option<String> {
    match free_bytes(data) {
        Ok(free) if free < DATA_FREE_BYTES_MIN => Some(format!(
            "only {} MiB are free in {}, and {} are kept free",
            free >> 20,
            data.display(),
            DATA_FREE_BYTES_MIN >> 20
        )),
        Ok(_) => None,
        Err(error) => Some(format!("{}: {error}", data.display())),
    }
}

/// Free bytes where a folder lies, for who is not root.
pub fn free_bytes(folder: &Path) -> std::io::Result<u64> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}
